"""The case page against a page that says hello: requests a second of the same gunicorn, over kept connections."""

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import reverse

from casework.cases.models import Case
from casework.config.bench.results import Result, Target
from casework.config.bench.world import DATABASE_VARIABLE, World

CASE_PAGE = Target("case-page", "requests a second of the case page, against a hello-world view", 0.12, "×", True)
HOST = "127.0.0.1"
CONNECTIONS = 4
START_SECONDS = 60


def measure(world: World, rounds: int) -> Iterator[Result]:
    """Both pages in turns, a second each (a fifth of one in a short run)."""
    world.grow(world.rows)
    number = Case.objects.visible_to(world.few).order_by("number").values_list("number", flat=True)[0]
    client = Client()
    client.force_login(world.few)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    address = reverse("cases:case", args=[number])
    seconds = 1.0 if rounds > 5 else 0.2
    with _served() as port:
        rates: dict[str, list[float]] = {"/hello/": [], address: []}
        for path in rates:
            _rate(port, path, cookie, seconds)
        for _round in range(rounds // 3 + 2):
            for path, found in rates.items():
                found.append(_rate(port, path, cookie, seconds))
    hello, page = statistics.median(rates["/hello/"]), statistics.median(rates[address])
    yield Result(CASE_PAGE, page / hello, world.rows, {"per_second": page, "hello_per_second": hello})


@contextlib.contextmanager
def _served() -> Iterator[int]:
    """gunicorn on a free port of this machine, in the database of this run."""
    with socket.create_server((HOST, 0), backlog=64) as server:
        handle = server.fileno()
        os.set_inheritable(handle, True)
        arguments = ["-m", "gunicorn", "casework.config.bench.server:application", "--bind", f"fd://{handle}"]
        arguments += ["--workers", "2", "--threads", "4", "--log-level", "error", "--no-control-socket"]
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            # the session is made here, without a second factor
            env=os.environ
            | {
                DATABASE_VARIABLE: connections.settings["default"]["NAME"],
                "CASEWORK_REQUIRE_MFA": "false",
                "CASEWORK_LOG_LEVEL": "ERROR",  # else a line per request
            },
            stdout=subprocess.DEVNULL,
            pass_fds=[handle],
        )
        try:
            yield int(server.getsockname()[1])
        finally:
            process.terminate()
            process.wait(timeout=20)


def _rate(port: int, path: str, cookie: str, seconds: float) -> float:
    """Requests a second over a few connections that stay open. Raises RuntimeError when the page is not served."""
    counts = [0] * CONNECTIONS
    problems: list[str] = []

    def ask(place: int) -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
        end = 0.0
        while not end or time.perf_counter() < end:
            connection.request("GET", path, headers={"Cookie": cookie, "Host": "localhost"})
            response = connection.getresponse()
            response.read()
            if response.status != http.HTTPStatus.OK:
                problems.append(f"{path.split('/')[1]}: {response.status} {response.headers.get('Location', '')}")
                return
            if not end:
                end = time.perf_counter() + seconds  # from the first answer, which opened everything
            else:
                counts[place] += 1

    threads = [threading.Thread(target=ask, args=[place]) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError(f"the server answered {problems[0]}")
    return sum(counts) / seconds
