"""Search codes made anew, after the key of the blind index was changed."""

from collections.abc import Callable

from django.db import transaction

from casework.people.models import Person
from casework.vault import crypto

BATCH = 200  # persons whose names are opened at once


def recode_names(*, done: Callable[[int], object] = lambda count: None, batch: int = BATCH) -> int:
    """Make the codes of every person's names with the newest index key; returns how many persons were gone through.

    Safe while people work: each batch is a transaction of its own that holds its persons' rows. Whose key was destroyed
    keeps no codes. Raises `crypto.Tampered` when a name does not open.
    """
    count, after = 0, None
    while persons := _recode_batch(after, batch):
        count, after = count + len(persons), persons[-1].pk
        done(count)
    return count


@transaction.atomic
def _recode_batch(after: object, batch: int) -> list[Person]:
    waiting = Person.objects.select_for_update(of=("self",), no_key=True).select_related("key").order_by("pk")
    persons = list((waiting if after is None else waiting.filter(pk__gt=after))[:batch])
    for person in persons:
        try:
            person.set_names(person.names or [])
        except crypto.Erased:
            person.set_names([])
    Person.objects.bulk_update(persons, ["name_codes", "name_grams"])
    return persons
