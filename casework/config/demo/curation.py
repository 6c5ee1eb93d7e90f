"""What the demo's organisation does about the published world: changes, progress, trainings, a licence that ends."""

import datetime
from decimal import Decimal

from django.utils import timezone

from casework.access.models import User
from casework.config.demo.history import History
from casework.config.demo.stories import DAY
from casework.curation import proposals, services
from reference.models import Entry

CONTACTS, LICENCES = "directory.contacts", "directory.licences"
PROGRESS = (
    ("code_lists.tip_recommendations", "tip-rec-03", "in-progress", "Mesečni sastanci sa partnerima.", ""),
    ("code_lists.tip_recommendations", "tip-rec-05", "in-progress", "Obilasci sa listom indikatora.", ""),
    (
        "code_lists.tip_recommendations",
        "tip-rec-12",
        "done",
        "Godišnji izveštaj iz ove aplikacije.",
        "Izveštaj (primer)",
    ),
    ("code_lists.tip_recommendations", "tip-rec-02", "not-ours", "", ""),
    ("directory.activities", "local-action-plans", "in-progress", "Učestvujemo u dve opštine (izmišljeno).", ""),
)
TRAININGS = (
    (300, "Prvi razgovor (primer)", ["police", "social-workers"], "", 18, Decimal("4.4")),
    (120, "Indikatori u praksi (primer)", ["first-responders"], "atina", 24, Decimal("4.7")),
    (25, "Rad sa decom (primer)", ["judges", "prosecutors"], "", 11, None),
)


def add_curation(history: History, users: dict[str, User], now: datetime.datetime) -> None:
    """Put changes to the reference, progress, trainings and a declaration into the history."""
    ivana, vesna = users["ivana"], users["vesna"]

    def licence(moment: datetime.datetime) -> None:
        until = timezone.localdate(now) + datetime.timedelta(days=40)
        proposal = proposals.propose_change(
            section=LICENCES,
            entry=None,
            base=None,
            data={
                "holder": "Primer NGO Sunce",
                "kind": "licence of an NGO (invented)",
                "status": "granted",
                "valid_until": until.isoformat(),
                "source": {"given_by": "Invented for the demo", "given_on": timezone.localdate(moment).isoformat()},
            },
            holds_from=None,
            reason="Our own licence (invented for the demo)",
            proposed_by=ivana,
            now=moment,
        )
        proposals.approve_change(proposal=proposal, reason="", decided_by=vesna, now=moment)

    def contact(moment: datetime.datetime) -> None:
        entry = Entry.objects.get(section=CONTACTS, code="mods-phone")
        wording = proposals.current(entry)
        proposals.propose_change(
            section=CONTACTS,
            entry=entry,
            base=wording.pk if wording else None,
            data={
                **entry.data,
                "purpose": "Answered on weekdays (invented for the demo)",
                "source": {"given_by": "Invented for the demo", "given_on": timezone.localdate(moment).isoformat()},
            },
            holds_from=None,
            reason="They told us on the telephone (invented for the demo)",
            proposed_by=ivana,
            now=moment,
        )

    def progress(moment: datetime.datetime) -> None:
        for section, code, status, what, evidence in PROGRESS:
            services.record_progress(
                entry=Entry.objects.get(section=section, code=code),
                version=0,
                status=status,
                what=what,
                target="2" if section == "directory.activities" else "",
                actual="1" if section == "directory.activities" else "",
                evidence=evidence,
                recorded_by=vesna,
                now=moment,
            )

    def training(days: int, topic: str, groups: list[str], body: str, people: int, score: Decimal | None) -> None:
        def act(moment: datetime.datetime) -> None:
            services.record_training(
                held_on=timezone.localdate(moment),
                topic=topic,
                groups=groups,
                body=Entry.objects.get(section="organisations.organisations", code=body) if body else None,
                head_count=people,
                satisfaction=score,
                scale_min=Decimal(1) if score else None,
                scale_max=Decimal(5) if score else None,
                recorded_by=vesna,
                now=moment,
            )

        history.at(now - days * DAY, act)

    def declare(moment: datetime.datetime) -> None:
        for username in ("ana", "vesna", "nada"):
            services.record_declaration(
                user=users[username], made_on=timezone.localdate(moment), recorded_by=ivana, now=moment
            )

    for one in TRAININGS:
        training(*one)
    for act, days in ((declare, 60), (licence, 20), (progress, 12), (contact, 2)):
        history.at(now - days * DAY, act)
