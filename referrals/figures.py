"""Figures of referrals received and of official identification (EXCHANGE.md, section 2)."""

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from casework.access.models import Organisation
from casework.statistics import shares
from casework.statistics.checks import holds
from casework.statistics.dimensions import (
    CITIZENSHIP,
    DECIDING_BODY,
    EXPLOITATION,
    EXPLOITATION_SEPARATE,
    MAJORITY,
    NATIONALITY,
    SEX_AGE,
    SOURCE_GROUP,
    of_person,
)
from casework.statistics.periods import Period
from casework.statistics.registry import Chapter, Check, Counts, Figure, register, register_check
from referrals.models import CONFIRMED, POSITIVE, Call, Decision, Feared, Hotline, Onward, Referral, Related


def _received(period: Period) -> QuerySet[Referral]:
    return Referral.objects.valid().filter(received_at__gte=period.starts_at, received_at__lt=period.ends_at)


def _about_persons(period: Period) -> QuerySet[Referral]:
    return _received(period).filter(person__isnull=False, person__error_at=None).exclude(concern=Feared.VIOLENCE_ONLY)


def _cptv_calls(period: Period) -> QuerySet[Call]:
    return Call.objects.valid().filter(
        hotline=Hotline.CPTV,
        trafficking_related=Related.YES,
        received_at__gte=period.starts_at,
        received_at__lt=period.ends_at,
    )


def _found_by_calls(period: Period) -> QuerySet[Referral]:
    """Referrals about somebody to which a call of the year is tied, each once, whenever it was received itself."""
    called = Exists(_cptv_calls(period).filter(referral=OuterRef("pk")))
    return Referral.objects.valid().filter(called, person__isnull=False, person__error_at=None)


def _decided(period: Period) -> QuerySet[Decision]:
    """Valid decisions of the year about somebody, whatever their outcome."""
    return Decision.objects.valid().filter(
        decided_on__gte=period.first_day,
        decided_on__lte=period.last_day,
        identification__error_at=None,
        identification__referral__error_at=None,
        person__isnull=False,
        person__error_at=None,
    )


register(
    Figure(
        Chapter.REFERRAL,
        "referrals-received",
        _("Referrals received"),
        "referrals",
        _("The organisation that received the referral"),
        _("Received in the calendar year, in Belgrade time."),
        _received,
        "organisation",
        lambda period: {"source_group": F("source_group")},
        (SOURCE_GROUP,),
    ),
    Figure(
        Chapter.REFERRAL,
        "potential-victims-referred",
        _("Potential victims referred"),
        "persons",
        _("The organisation that received the referral"),
        _(
            "Persons with a referral received in the calendar year; source and age are those of the year's first one."
            " A referral for other violence only, without trafficking, does not count."
        ),
        _about_persons,
        "organisation",
        lambda period: {"source_group": F("source_group"), **of_person(age=F("age_at_referral"))},
        (SOURCE_GROUP, SEX_AGE, NATIONALITY),
        one_per_person=("received_at", "created_at", "pk"),
    ),
    Figure(
        Chapter.REFERRAL,
        "cptv-hotline-calls",
        _("Calls to CPTV's hotline"),
        "calls",
        _("The organisation that logged the call"),
        _("Calls of the calendar year that had to do with trafficking, in Belgrade time."),
        _cptv_calls,
        "organisation",
        lambda period: {},
        (),
    ),
    Figure(
        Chapter.REFERRAL,
        "cptv-hotline-victims",
        _("Persons found by calls to CPTV's hotline"),
        "persons",
        _("The organisation that logged the call"),
        _("Persons of referrals that are tied to those calls, each once; nobody is identified by a call."),
        _found_by_calls,
        "organisation",
        lambda period: {},
        (),
        one_per_person=("received_at", "created_at", "pk"),
    ),
    Figure(
        Chapter.IDENTIFICATION,
        "victims-officially-identified",
        _("Victims officially identified or recognised"),
        "persons",
        _("CPTV or the centre for social work that decided, as recorded here"),
        _(
            "Persons whose newest decision dated in the calendar year is positive, whatever later years did to it;"
            " forms and age are those of that decision."
        ),
        _decided,
        "identification__referral__organisation",
        lambda period: {"forms": F("forms"), "body": F("authority"), **of_person(age=F("age_at_decision"))},
        (EXPLOITATION, EXPLOITATION_SEPARATE, SEX_AGE, MAJORITY, NATIONALITY, CITIZENSHIP, DECIDING_BODY),
        # on one day an appeal's decision is newer than a first one, then the later line
        one_per_person=("-decided_on", "-on_appeal", "-sequence", "-created_at", "-pk"),
        counts=Q(outcome__in=POSITIVE),
    ),
)


def _confirmed_onward(period: Period, organisation: Organisation | None) -> Q:
    """Of a decision's person: a valid onward referral that somebody acknowledged or accepted by the end of the year.

    Of the installation, that of another organisation's record of her counts too (people.links).
    """
    confirmed = Onward._base_manager.filter(
        status__in=CONFIRMED, error_at=None, case__error_at=None, acknowledged_at__lt=period.ends_at
    )
    hers = Q(Exists(confirmed.filter(case__person=OuterRef("person_id"))))
    if organisation is None:
        hers |= Q(Exists(confirmed.filter(case__person__counted_as=OuterRef("person__counted_as"))))
    return hers


shares.register(
    shares.Share(
        Chapter.IDENTIFICATION,
        "identified-with-confirmed-onward-referral",
        _("Identified persons referred onward, with confirmation"),
        "victims-officially-identified",
        _("The organisation that referred onward"),
        _(
            "Of the persons identified in the calendar year, those with an onward referral that its recipient"
            " acknowledged or accepted by 31 December, however early."
        ),
        _confirmed_onward,
    )
)


@register_check
def persons_within_referrals(counts: Counts) -> Iterable[Check]:
    """Every person counted as referred has a referral of her own among those received, of the same source group."""
    referrals = counts["referrals-received"].breakdown("source_group")
    persons = counts["potential-victims-referred"].breakdown("source_group")
    yield holds(
        "within:potential-victims-referred:referrals-received",
        [(cell.value, "≤", referrals.value(cell.category), cell.category) for cell in persons.cells],
    )


@register_check
def persons_within_calls(counts: Counts) -> Iterable[Check]:
    """A call belongs to one referral at most, and a referral to one person: there are no more persons than calls."""
    calls, persons = counts["cptv-hotline-calls"].value, counts["cptv-hotline-victims"].value
    yield holds("within:cptv-hotline-victims:cptv-hotline-calls", [(persons, "≤", calls, "cptv-hotline")])
