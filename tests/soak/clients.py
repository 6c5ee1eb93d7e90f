"""Caseworkers who log referrals over HTTP, and know of each whether the server has it, whatever is killed."""

import http.client
import re
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from casework.config.demo.browser import Browser, Form
from tests.soak.accounts import PASSWORD

TIMEOUT = 30.0
NUMBER = re.compile(r"R-\d{4}-\d{6,}")
PATIENCE = 300.0  # seconds for one referral; a machine may be busy with other things


@dataclass
class Client:
    """One caseworker with one browser. `known` are the referrals that the server acknowledged."""

    address: str
    username: str
    known: list[str] = field(default_factory=list)
    uncertain: int = 0  # answers that never came, or were errors
    committed_unseen: int = 0  # of these, the referral was there all the same
    cookies: dict[str, str] = field(default_factory=dict)
    form: Form | None = None

    def sign_in(self) -> None:
        browser = Browser(self.address)
        browser.sign_in(self.username, PASSWORD)
        page = browser.get("/referrals/log/")
        self.form = page.form("source", "received_at_0")
        jar = next(iter(handler.cookiejar for handler in browser._opener.handlers if hasattr(handler, "cookiejar")))
        self.cookies = {cookie.name: cookie.value or "" for cookie in jar}

    def log(self, received_at: str, summary: str) -> None:
        """Log one referral. Returns when the server is known to have it, once."""
        end = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < end, f"{self.username} got no further"
            number = self._post(received_at, summary)
            if number is None:
                self.uncertain += 1
                number = self._look(end)
                self.committed_unseen += number is not None
            if number is not None:
                assert number not in self.known
                self.known.append(number)
                return

    def _post(self, received_at: str, summary: str) -> str | None:
        """The number that the server answers with; None when it is not known whether it did anything."""
        assert self.form is not None
        values = self.form.values | {
            "received_at_0": [received_at.split()[0]],
            "received_at_1": [received_at.split()[1]],
            "source": ["police"],
            "sex": ["female"],
            "given_age": ["20"],
            "summary": [summary],
        }
        body = urllib.parse.urlencode([(name, value) for name, several in values.items() for value in several])
        status, location, text = self._ask("POST", "/referrals/log/", body)
        if status == 302 and (found := NUMBER.search(location)):
            return found[0]
        assert status in (0, 302, 500, 502, 503), f"{status} {location}: {re.sub('<[^>]+>', ' ', text)[:2000]}"
        assert "login" not in location, "the session was lost"
        return None

    def _look(self, end: float) -> str | None:
        """The newest own referral that is not known yet: the one whose answer never came."""
        while True:
            assert time.monotonic() < end, f"{self.username} saw no list"
            status, _location, text = self._ask("GET", "/referrals/")
            if status == 200:
                break
            time.sleep(0.2)
        fresh = set(NUMBER.findall(text)) - set(self.known)
        assert len(fresh) <= 1, f"{self.username} has {fresh} and knows none of them"
        return next(iter(fresh), None)

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        """Status, where it leads, and the page; status 0 when no whole answer came."""
        host = urllib.parse.urlsplit(self.address).netloc
        connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": self.address + path}
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location", ""), answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
            return 0, "", ""
        finally:
            connection.close()


class Crowd:
    """The clients at work, each in a thread, with the same number of referrals to log."""

    def __init__(self, clients: list[Client], each: int, moments: list[str]) -> None:
        self.clients, self.each, self.moments = clients, each, moments
        self.problems: list[BaseException] = []
        self.threads = [threading.Thread(target=self._work, args=(client,), daemon=True) for client in clients]

    def _work(self, client: Client) -> None:
        try:
            for number in range(self.each):
                client.log(self.moments[number % len(self.moments)], f"{client.username} {number}")
        except BaseException as problem:
            self.problems.append(problem)

    @property
    def done(self) -> int:
        return sum(len(client.known) for client in self.clients)

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def at_work(self) -> bool:
        if self.problems:
            raise self.problems[0]
        return any(thread.is_alive() for thread in self.threads)
