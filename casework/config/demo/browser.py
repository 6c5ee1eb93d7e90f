"""A small browser for the check: it keeps cookies, fills in the forms it is shown, and presses their buttons."""

import dataclasses
import html.parser
import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

PATIENCE = 60  # seconds


@dataclasses.dataclass
class Form:
    """A form as the page shows it: where it goes, what is filled in, and what may be chosen."""

    action: str
    method: str
    values: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    names: set[str] = dataclasses.field(default_factory=set)
    choices: dict[str, list[tuple[str, str]]] = dataclasses.field(default_factory=dict)

    def choice(self, name: str, text: str) -> str:
        """The value of the choice whose label holds this text. Raises LookupError when there is none."""
        for value, label in self.choices.get(name, []):
            if text.casefold() in label.casefold():
                return value
        offered = "; ".join(label for _value, label in self.choices.get(name, []))
        raise LookupError(f"“{name}” offers no “{text}” (it offers: {offered})")


class _Reader(html.parser.HTMLParser):
    """Collects a page's forms, its text, and its links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms, self.links, self.text = list[Form](), list[tuple[str, str]](), list[str]()
        self.title = ""
        self._form: Form | None = None
        self._silent = 0
        self._select = self._option = self._area = self._link = ""
        self._option_at, self._collecting = 0, list[str]()
        self._in_title = False
        self._ids: dict[str, tuple[str, str]] = {}
        self._label_for = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "title":
            self._in_title = not self.title  # charts have titles too
        elif tag == "a":
            self._link, self._collecting = found.get("href", ""), []
        elif tag == "form":
            self._form = Form(found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, found)

    def _field(self, form: Form, tag: str, found: dict[str, str]) -> None:
        name = found.get("name", "")
        if tag == "label":
            self._label_for, self._collecting = found.get("for", ""), []
        elif tag == "input" and name:
            form.names.add(name)
            kind = found.get("type", "text")
            if kind in ("radio", "checkbox"):
                self._ids[found.get("id", "")] = (name, found.get("value", "on"))
                if "checked" in found:
                    form.values.setdefault(name, []).append(found.get("value", "on"))
            elif kind not in ("submit", "button", "image", "file"):
                form.values.setdefault(name, []).append(found.get("value", ""))
        elif tag == "button" and name and name not in form.names:
            form.names.add(name)
            form.values[name] = [found.get("value", "")]  # the first button is the one that is pressed
        elif tag == "textarea" and name:
            form.names.add(name)
            self._area, self._collecting = name, []
        elif tag == "select" and name:
            form.names.add(name)
            self._select = name
            form.choices.setdefault(name, [])
        elif tag == "option" and self._select:
            self._option, self._collecting = found.get("value", ""), []
            form.choices[self._select].append((self._option, ""))
            if "selected" in found:
                form.values.setdefault(self._select, []).append(self._option)

    def handle_endtag(self, tag: str) -> None:
        said = " ".join("".join(self._collecting).split())
        if tag in ("script", "style"):
            self._silent -= 1
        elif tag == "title":
            self._in_title = False
        elif tag == "a" and self._link:
            self.links.append((self._link, said))
            self._link = ""
        elif tag == "form":
            self._form = None
        elif self._form is not None and tag == "textarea" and self._area:
            self._form.values.setdefault(self._area, []).append("".join(self._collecting).removeprefix("\n"))
            self._area = ""
        elif self._form is not None and tag == "option" and self._select:
            self._form.choices[self._select][-1] = (self._option, said)
        elif tag == "select":
            self._select = ""
        elif self._form is not None and tag == "label" and self._label_for in self._ids:
            name, value = self._ids[self._label_for]
            self._form.choices.setdefault(name, []).append((value, said))
        if tag in ("p", "div", "li", "tr", "h1", "h2", "h3", "dd", "dt", "td", "th", "br", "section", "caption"):
            self.text.append(" ")

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._in_title:
            self.title += data
        self._collecting.append(data)
        self.text.append(data)


class Page:
    """What came back."""

    def __init__(self, status: int, address: str, body: str) -> None:
        self.status, self.address, self.body = status, address, body
        reader = _Reader()
        reader.feed(body)
        self.forms, self.links, self.title = reader.forms, reader.links, " ".join(reader.title.split())
        self.text = " ".join("".join(reader.text).split())

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.address).path

    def form(self, *fields: str, action: str = "") -> Form:
        """The form that has all these fields, and whose address holds `action`. Raises LookupError without one."""
        for form in self.forms:
            if set(fields) <= form.names and action in (form.action or self.path):
                return form
        raise LookupError(f"the page {self.path} (“{self.title}”) has no form with {', '.join(fields) or action}")

    def link(self, fragment: str) -> str:
        """The address of the first link that holds this text. Raises LookupError without one."""
        for address, _said in self.links:
            if fragment in address:
                return address
        raise LookupError(f"the page {self.path} (“{self.title}”) has no link to {fragment}")


class _SameSite(urllib.request.HTTPRedirectHandler):
    """Follows redirects; an error page is an answer like any other."""


class Browser:
    """One person's browser at one site."""

    def __init__(self, address: str) -> None:
        self.address = address
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(_SameSite(), jar)

    def get(self, path: str) -> Page:
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.address, path)))  # noqa: S310

    def submit(self, page: Page, form: Form, **filled: Any) -> Page:
        """Send a form of a page with these fields changed; a list chooses several, None leaves a field out."""
        unknown = {name for name in filled if name not in form.names}
        if unknown:
            raise LookupError(f"the form on {page.path} has no {', '.join(sorted(unknown))}")
        values = form.values | {
            name: [] if value is None else [str(each) for each in (value if isinstance(value, list) else [value])]
            for name, value in filled.items()
        }
        pairs = [(name, value) for name, several in values.items() for value in several]
        target = urllib.parse.urljoin(page.address, form.action or "")
        data = urllib.parse.urlencode(pairs)
        if form.method != "post":
            return self._open(urllib.request.Request(f"{target.split('?')[0]}?{data}"))  # noqa: S310
        request = urllib.request.Request(target, data.encode(), headers={"Referer": page.address})  # noqa: S310
        return self._open(request)

    def sign_in(self, username: str, password: str) -> Page:
        page = self.get("/account/login/")
        return self.submit(page, page.form("login", "password"), login=username, password=password)

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                return Page(answer.status, answer.geturl(), answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.code, error.geturl() or request.full_url, error.read().decode(errors="replace"))
