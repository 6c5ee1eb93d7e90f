"""What the trail must hold of a page that a crawl has opened."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from casework.access.models import User
from casework.audit.models import Event, Kind
from tests.support.world import Dossier


def newest_event() -> int:
    newest = Event.objects.order_by("-id").first()
    return newest.pk if newest else 0


def text_of(response: Any) -> str:
    """What a page says; nothing of a file."""
    if not response.get("Content-Type", "").startswith(("text/", "application/json", "application/problem+json")):
        return ""
    return response.content.decode()


def shown(world: SimpleNamespace, response: Any) -> list[Dossier]:
    """Of whom an answer says something."""
    text = text_of(response)
    return [dossier for dossier in (world.home, world.other, world.sealed) if dossier.canary in text]


class TrailOfPages:
    """A crawl as one user: pages that showed somebody, rows written for them, and what does not fit."""

    def __init__(self, world: SimpleNamespace, who: User) -> None:
        self.world, self.who = world, who
        self.reads, self.pages = 0, 0
        self.wrong: list[str] = []

    def judge(self, what: str, response: Any, before: int, *, shows: bool | None = None) -> bool:
        """Compare an answer with the rows after `before`; `shows` says of an answer without text whether its page shows
        somebody. Returns whether the page does."""
        if response.status_code in (206, 304):
            self.wrong.append(f"{what}: answered {response.status_code}")
        if response.status_code != 200:
            return bool(shows)
        new = list(Event.objects.filter(pk__gt=before, kind=Kind.READ, actor=self.who))
        found = shown(self.world, response)
        shows = bool(found) if shows is None else shows
        if not shows:
            if len(new) > 1:
                self.wrong.append(f"{what}: {len(new)} rows for one page")
            return shows
        self.pages += 1
        self.reads += len(new)
        if len(new) != 1:
            self.wrong.append(f"{what}: {len(new)} rows for a page that shows somebody")
        named = {key for event in new for key in event.subjects}
        self.wrong += [f"{what} shows {each.canary}" for each in found if not named & set(_records_of(each))]
        return shows


def _records_of(dossier: Dossier) -> Iterator[str]:
    for one in (dossier.case, dossier.closed, dossier.referral, dossier.received):
        yield from (str(one.pk), str(one.person.pk))
    # the last two are of nobody in particular: under keys of their own
    for held in (dossier.placement, dossier.decision, dossier.visit, dossier.call):
        yield str(held.pk)
