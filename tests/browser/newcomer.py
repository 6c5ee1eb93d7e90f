"""Somebody before a browser for the first time: reads labels and buttons, knows no ids, classes or addresses."""

import re

from playwright.sync_api import Locator, Page, expect


class Newcomer:
    """What a person can do with a page. Every verb takes the words that stand on the page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def complaints(self) -> list[str]:
        """What the browser complained of: errors of scripts, refusals of the content policy."""
        return self.page.complaints  # type: ignore[attr-defined,no-any-return]

    @property
    def _main(self) -> Locator:
        return self.page.get_by_role("main")

    def sign_in(self, username: str, password: str) -> None:
        self.page.goto("/")
        self.types("Username", username)
        self.page.get_by_role("textbox", name="Password").fill(password)
        self.presses("Sign in")

    def sign_out(self) -> None:
        self.presses("Sign out")
        expect(self._main.get_by_role("button", name="Sign in")).to_be_visible()

    def types(self, label: str, text: str, *, nth: int = 0) -> None:
        """Fill in the field whose label begins with these words."""
        self._field(label).nth(nth).fill(text)

    def value(self, label: str) -> str:
        return self._field(label).first.input_value()

    def _field(self, label: str) -> Locator:
        return self._main.get_by_role("textbox", name=re.compile(rf"^{re.escape(label)}"))

    def chooses(self, label: str, option: str, *, nth: int = 0) -> None:
        """Pick from a list by the option's words, whether it is a plain list or one with a search box."""
        box = self._main.get_by_role("combobox", name=re.compile(rf"^{re.escape(label)}")).nth(nth)
        if box.evaluate("box => box.tagName") == "SELECT":
            box.select_option(value=self._option(box, option))
        else:
            box.fill(option)
            self._main.get_by_role("option", name=re.compile(rf"^{re.escape(option)}")).first.click()

    @staticmethod
    def _option(box: Locator, words: str) -> str:
        offered = box.evaluate("box => [...box.options].map(option => [option.value, option.text])")
        for value, text in offered:
            if words.casefold() in text.casefold():
                return str(value)
        raise AssertionError(f"the list offers no “{words}”: {[text for _value, text in offered]}")

    def picks(self, question: str, answer: str) -> None:
        """Answer a question that offers round or square buttons."""
        group = self._main.get_by_role("group", name=re.compile(rf"^{re.escape(question)}"))
        group.last.get_by_label(answer, exact=True).first.check()

    @property
    def questions(self) -> list[str]:
        """What a form asks, from the top."""
        return [text.strip() for text in self._main.locator("fieldset fieldset legend, label").all_inner_texts()]

    def opens(self, summary: str) -> None:
        """Unfold a part of the page."""
        self._main.locator("summary", has_text=summary).first.click()

    def presses(self, words: str) -> None:
        """Press a button of the page, or of the frame around it where the page has none of that name."""
        within = self._main.get_by_role("button", name=words, exact=True)
        self._goes(within if within.count() else self.page.get_by_role("button", name=words))

    def turns_to(self, place: str) -> None:
        """Follow a link of the main navigation."""
        self._goes(self.page.get_by_role("navigation", name="Main").get_by_role("link", name=place))

    def follows(self, words: str | re.Pattern[str]) -> None:
        """Follow a link, also one that looks like a button; first of the page, then of the frame around it."""
        for place in (self._main, self.page):
            for role in ("link", "button"):
                found = place.get_by_role(role, name=words)  # type: ignore[arg-type]
                if found.count():
                    self._goes(found)
                    return
        raise AssertionError(f"no link says “{words}” on “{self.page.title()}”: {self._main.inner_text()}")

    def _goes(self, way: Locator) -> None:
        with self.page.expect_navigation():
            way.first.click()

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self._main).to_contain_text(words, use_inner_text=True)

    def sees_not(self, words: str) -> None:
        expect(self._main).not_to_contain_text(words, use_inner_text=True)

    def number_beside(self, label: str) -> int:
        """The number that a page of figures shows above these words."""
        card = self._main.get_by_role("listitem").filter(has_text=label).first
        found = re.search(r"\d+", card.inner_text())
        assert found, card.inner_text()
        return int(found.group())

    @property
    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()
