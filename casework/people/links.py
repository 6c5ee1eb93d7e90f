"""Linking two organisations' records of one person, so that figures of the installation count her once."""

import datetime
import uuid

from django.db import transaction

from casework.access.models import User
from casework.audit import services as audit
from casework.people.models import Person, PersonLink


@transaction.atomic
def link_persons(*, first: Person, second: Person, because: str, now: datetime.datetime, linked_by: User) -> PersonLink:
    """Say that two records are of one person. `because` is the number of the record that says so.

    Asked by the services that know it (an accepted onward referral); whoever is not in one of the organisations learns
    nothing from it.
    """
    _hold(first, second)
    link, made = PersonLink.objects.live().get_or_create(
        first=first, second=second, defaults={"because": because, "linked_by": linked_by, "linked_at": now}
    )
    if made:
        _recount({first.pk, second.pk})
        audit.act("link_persons", first, second, by=linked_by, note=because)
    return link


@transaction.atomic
def unlink_persons(*, because: str, now: datetime.datetime, unlinked_by: User) -> int:
    """The record that said so was wrong: its links end, and each person counts by itself again."""
    links = list(PersonLink.objects.live().filter(because=because).select_related("first", "second"))
    for link in links:
        _hold(link.first, link.second)
        PersonLink.objects.filter(pk=link.pk).update(ended_at=now)
        _recount({link.first_id, link.second_id})
        audit.act("unlink_persons", link.first, link.second, by=unlinked_by, note=because)
    return len(links)


def _hold(*persons: Person) -> None:
    """Take the rows in one order, so that two who link at once wait for each other."""
    list(
        Person._base_manager.filter(pk__in=[each.pk for each in persons]).select_for_update(no_key=True).order_by("pk")
    )


def _recount(changed: set[uuid.UUID]) -> None:
    """Write down for everybody who is, or was, linked to the changed ones under whose key they are counted."""
    left = set(changed)
    before = Person._base_manager.filter(pk__in=changed).exclude(counted_as=None).values_list("counted_as", flat=True)
    left |= set(Person._base_manager.filter(counted_as__in=list(before)).values_list("pk", flat=True))
    while left:
        group: set[uuid.UUID] = set()
        edge = {left.pop()}
        while edge:
            group |= edge
            pairs = PersonLink.objects.live().filter(first__in=edge).values_list("second", flat=True)
            others = PersonLink.objects.live().filter(second__in=edge).values_list("first", flat=True)
            edge = (set(pairs) | set(others)) - group
        counted_as = min(group, key=str) if len(group) > 1 else None
        Person._base_manager.filter(pk__in=group).update(counted_as=counted_as)
        left -= group
