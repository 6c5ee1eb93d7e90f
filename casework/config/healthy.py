"""Health checks of the services, for Docker and systemd: `python -m casework.config.healthy web|process`.

Exits 0 or says in a sentence what is wrong. Asks without loading the product, so that it may be asked often.
"""

import http.client
import os
import sys
import time
from pathlib import Path

OLDEST_PULSE_SECONDS = 90.0


def web(address: str, *, timeout: float = 5) -> str | None:
    """What is wrong with the web server at `address` (host:port), or None. It is asked as the proxy would ask."""
    name = os.environ.get("CASEWORK_HOSTS", "localhost").split(",")[0].strip()
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request("GET", "/readyz", headers={"Host": name, "X-Forwarded-Proto": "https"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"The web server at {address} does not answer ({type(error).__name__})."
    finally:
        connection.close()
    return None if status == 200 else f"The web server answers {status}: see its log."


def process(pulse: Path, *, now: float) -> str | None:
    """What is wrong with a worker, relay or beat that touches `pulse`, or None."""
    try:
        age = now - pulse.stat().st_mtime
    except OSError:
        return f"There is no sign of life in {pulse}."
    return None if age <= OLDEST_PULSE_SECONDS else f"The last sign of life in {pulse} is {age:.0f} seconds old."


def main(arguments: list[str]) -> int:
    if arguments == ["web"]:
        wrong = web(os.environ.get("CASEWORK_WEB", "127.0.0.1:8000"))
    elif arguments == ["process"]:
        wrong = process(Path(os.environ.get("CASEWORK_PULSE_FILE", "/tmp/pulse")), now=time.time())  # noqa: S108
    else:
        wrong = "Say what to ask: web or process."
    if wrong:
        sys.stderr.write(f"{wrong}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
