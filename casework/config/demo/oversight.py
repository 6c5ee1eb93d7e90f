"""What waits to be looked at by somebody else: openings, a conflict of interest, what people ask about their data."""

import datetime

from django.utils import timezone

from casework.access.models import User
from casework.cases import services as cases
from casework.config.demo.history import History
from casework.config.demo.stories import DAY, HOUR, House, Story
from casework.people import access_requests, corrections, erasure, holds


def add_oversight(
    history: History, house: House, stories: dict[str, Story], users: dict[str, User], now: datetime.datetime
) -> None:
    """Put one act of each kind into the history. `stories`: the ones that live today, by name."""
    ana, maja, vesna = users["ana"], users["maja"], users["vesna"]
    staying, undecided, leaving = stories["staying"], stories["undecided"], stories["leaving"]

    def reveal(moment: datetime.datetime) -> None:
        cases.reveal_field(
            person=staying.case.person,
            field="identifiers",
            reason_kind="papers",
            reason="Zahtev za privremeni boravak (izmišljeno).",
            revealed_by=ana,
            now=moment,
        )

    def break_glass(moment: datetime.datetime) -> None:
        cases.break_glass(
            number=undecided.case.number,
            reason_kind="cannot-wait",
            reason="Zvala je bolnica, a Boris se ne javlja (izmišljeno).",
            broken_by=maja,
            now=moment,
        )

    def declare_conflict(moment: datetime.datetime) -> None:
        cases.declare_conflict(
            case=leaving.case,
            user=maja,
            kind="acquainted",
            reason="Porodice su u susedstvu (izmišljeno).",
            declared_by=vesna,
            now=moment,
        )

    def ask_for_access(moment: datetime.datetime) -> None:
        access_requests.record_access_request(
            person=staying.case.person,
            received_on=timezone.localdate(moment),
            asked_by="representative",
            asked_by_name="Advokat Primer Uzorković",
            identity_checked="Punomoćje i lična karta (izmišljeno)",
            language="sr-latn",
            recorded_by=ana,
        )

    def ask_for_correction(moment: datetime.datetime) -> None:
        corrections.record_correction(
            person=leaving.case.person,
            received_on=timezone.localdate(moment),
            asked_by="self",
            wrong="Državljanstvo je pogrešno upisano (izmišljeno).",
            recorded_by=ana,
        )

    def hold(moment: datetime.datetime) -> None:
        holds.set_hold(
            person=leaving.case.person,
            ground="court",
            reason="Glavni pretres još traje (izmišljeno).",
            until=None,
            set_by=vesna,
        )

    def ask_for_erasure(moment: datetime.datetime) -> None:
        erasure.ask_erasure(
            person=forgotten.case.person,
            ground="asked",
            reason="Zahtev je stigao pisanim putem (izmišljeno).",
            asked_by=vesna,
            now=moment,
        )

    # somebody whose case is over, and who wants to be forgotten
    forgotten = Story(history, house, "primer forgotten", now - 120 * DAY, age=29, sex="female", worker=ana)
    initiated = forgotten.begin_case(forgotten.received_at)
    forgotten.at(initiated + 60 * DAY, forgotten.close)
    acts = (reveal, 5), (break_glass, 3), (declare_conflict, 30), (ask_for_access, 26), (ask_for_correction, 50)
    for act, hours in (*acts, (hold, 96), (ask_for_erasure, 4)):
        history.at(now - hours * HOUR, act)
