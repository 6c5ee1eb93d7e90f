"""Health checks of the services, for Docker and systemd: `python -m casework.config.healthy web` or `process [FILE …]`.

Exits 0 or says in a sentence what is wrong. Asks without loading the product, so that it may be asked often.
"""

import http.client
import os
import socket
import sys
import time
from pathlib import Path

OLDEST_PULSE_SECONDS = 90.0


class _OverSocket(http.client.HTTPConnection):
    """HTTP over a unix socket, whose path stands where the host would."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


def web(address: str, *, timeout: float = 5) -> str | None:
    """What is wrong with the web server at `address` (host:port or unix:PATH), or None; asked as the proxy asks."""
    name = os.environ.get("CASEWORK_HOSTS", "localhost").split(",")[0].strip()
    kind = _OverSocket if address.startswith("unix:") else http.client.HTTPConnection
    connection = kind(address.removeprefix("unix:"), timeout=timeout)
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
    what, *files = arguments or [""]
    wrong: list[str | None]
    if what == "web":
        wrong = [web(os.environ.get("CASEWORK_WEB", "127.0.0.1:8000"))]
    elif what == "process":
        pulses = files or [os.environ.get("CASEWORK_PULSE_FILE", "/tmp/pulse")]  # noqa: S108
        wrong = [process(Path(file), now=time.time()) for file in pulses]
    else:
        wrong = ["Say what to ask: web or process."]
    found = [sentence for sentence in wrong if sentence]
    sys.stderr.writelines(f"{sentence}\n" for sentence in found)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
