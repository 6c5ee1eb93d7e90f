"""Invented consent, onward referrals and leaflets, so that those pages and their figure are not empty."""

import datetime
import random

from django.utils import timezone

from casework.cases.consent import record_consent
from casework.config.demo.history import History
from casework.config.demo.stories import DAY, HOUR, Story
from referrals import services
from referrals.models import Onward, Referral

SHARED = ["name", "age", "sex", "language", "safe_contact", "needs"]


def tell_of_rights(story: Story, now: datetime.datetime) -> None:
    """The leaflet, in the language of the person."""
    services.record_leaflet(
        referral=Referral.objects.get(pk=story.referral.pk),
        audience="child" if story.invented.child else "adult",
        language=story.invented.language or "sr",
        given_on=timezone.localdate(now),
        given_by=story.worker.full_name,
        today=timezone.localdate(now),
        recorded_by=story.worker,
    )


def agree(story: Story, now: datetime.datetime, purpose: str, kind: str, answer: str = "given") -> None:
    """An answer; for a child and where no age is known, of a guardian."""
    story.case.refresh_from_db()
    adult = story.case.person.child_on(timezone.localdate(now)) is False
    record_consent(
        case=story.case,
        purpose=purpose,
        recipient_kind=kind,
        answer=answer,
        answered_on=timezone.localdate(now),
        today=timezone.localdate(now),
        given_by="person" if adult else "guardian",
        giver="" if adult else "Staratelj Primer (izmišljeno)",
        manner="oral",
        language=story.invented.language or "sr",
        recorded_by=story.worker,
    )


def prepare(story: Story, now: datetime.datetime, purpose: str, kind: str, recipient: str = "") -> Onward:
    """A draft with consent, and what is shared chosen."""
    draft = services.prepare_onward(
        case=story.case,
        purpose=purpose,
        recipient_kind=kind,
        recipient=recipient,
        now=now,
        prepared_by=story.worker,
    )
    return services.choose_shared(
        onward=draft,
        version=draft.version,
        shared=SHARED,
        needs="Smeštaj i psihološka podrška (izmišljeno).",
        today=timezone.localdate(now),
        chosen_by=story.worker,
    )


def pass_on(story: Story, now: datetime.datetime, *, purpose: str, kind: str, recipient: str = "") -> Onward:
    """Consent, fields, sent by e-mail."""
    agree(story, now, purpose, kind)
    return services.send_onward(
        onward=prepare(story, now, purpose, kind, recipient), channel="e-mail", now=now, sent_by=story.worker
    )


def refer_identified(story: Story, decided: datetime.datetime) -> None:
    """Somebody who was identified is passed on to a service, which mostly answers. In the history of the past years."""
    chance = random.Random(decided.isoformat())  # noqa: S311  (reproducible, not secret)
    if chance.random() < 0.3:
        return
    sent_at = decided + 3 * DAY
    answered = sent_at + chance.uniform(0.2, 9) * DAY
    refused = chance.random() < 0.15

    def passed(now: datetime.datetime) -> None:
        tell_of_rights(story, now)
        onward = pass_on(story, now, purpose="services", kind="service-provider", recipient="Savetovalište Primer")
        story.history.at(answered, lambda then: answer(onward, then))

    def answer(onward: Onward, now: datetime.datetime) -> None:
        if refused:
            services.refuse_onward(
                onward=onward, why="Nema slobodnih termina (izmišljeno).", at=now, now=now, refused_by=story.worker
            )
            return
        services.accept_onward(onward=onward, at=now, now=now, their_number=f"SP-{now:%m%d}", accepted_by=story.worker)

    story.history.at(sent_at, passed)


def add_onward(history: History, staying: Story, arriving: Story, now: datetime.datetime) -> None:
    """Today: one waits for CPTV and its reminder is due, one is a draft without consent, one consent was withdrawn."""

    def waiting(moment: datetime.datetime) -> None:
        pass_on(staying, moment, purpose="identification", kind="cptv")
        tell_of_rights(staying, moment)

    def withdrawn(moment: datetime.datetime) -> None:
        agree(staying, moment, "statistics", "international-organisation")
        later = moment + HOUR
        history.at(later, lambda then: agree(staying, then, "statistics", "international-organisation", "withdrawn"))

    def draft(moment: datetime.datetime) -> None:
        services.prepare_onward(
            case=arriving.case,
            purpose="services",
            recipient_kind="shelter",
            recipient="Kuća Primer",
            now=moment,
            prepared_by=arriving.worker,
        )

    history.at(now - 5 * DAY, waiting)
    history.at(now - 4 * DAY, withdrawn)
    history.at(now - 2 * HOUR, draft)
