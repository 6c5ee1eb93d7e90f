"""Consent: who may be told what, what counts, what is refused, and how the tab shows it."""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.cases.consent import Recipient, mark_consent_in_error, may_tell, record_consent
from casework.cases.models import Consent
from casework.workflow import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("s-referral-to-services")]
CPTV, ATINA = Recipient("cptv"), Recipient("ngo", "Atina")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def answered(cast: SimpleNamespace, make: SimpleNamespace) -> Any:
    """Record answers on one case of Ana's, of an adult; `answered.case` is the case."""
    case = make.case(given="Milica", birth_date=datetime.date(1990, 5, 1))
    today = timezone.localdate()

    def record(answer: str = "given", ago: int = 0, **given: Any) -> Consent:
        spoken = {"given_by": "person", "manner": "oral"} if answer in ("given", "refused", "withdrawn") else {}
        values: dict[str, Any] = {
            "case": case,
            "purpose": "identification",
            "recipient_kind": "cptv",
            "answered_on": today - ago * DAY,
            "today": today,
            "recorded_by": cast.ana,
            **spoken,
        }
        return record_consent(answer=answer, **{**values, **given})

    record.case = case  # type: ignore[attr-defined]
    return record


def allowed(about: Any, recipient: Recipient = CPTV, purpose: str = "identification", day: Any = None) -> bool:
    return may_tell(about, purpose, recipient, day or timezone.localdate()).allowed


def test_nobody_may_be_told_before_somebody_was_asked(answered: Any) -> None:
    verdict = may_tell(answered.case, "identification", CPTV, timezone.localdate())
    assert not verdict.allowed and verdict.consent is None
    assert "Ask the person" in verdict.sentence and "CPTV" in verdict.sentence


def test_the_newest_answer_counts_and_a_withdrawal_is_a_new_row(answered: Any) -> None:
    given = answered(ago=10)
    assert allowed(answered.case) and allowed(answered.case.person)
    withdrawn = answered("withdrawn", ago=2)
    assert not allowed(answered.case)
    assert allowed(answered.case, day=timezone.localdate() - 5 * DAY)  # it had not been withdrawn yet
    given.refresh_from_db()
    assert given.answer == "given" and withdrawn.pk != given.pk
    answered()
    assert allowed(answered.case)


def test_an_answer_holds_for_its_purpose_and_its_recipient_alone(answered: Any) -> None:
    answered()
    assert not allowed(answered.case, purpose="report")
    assert not allowed(answered.case, recipient=Recipient("csw"))


def test_one_body_of_a_kind_has_answers_of_its_own(answered: Any) -> None:
    answered(recipient_kind="ngo", recipient="Atina", ago=5)
    assert allowed(answered.case, recipient=ATINA) and allowed(answered.case, recipient=Recipient("ngo", "АТИНА "))
    assert not allowed(answered.case, recipient=Recipient("ngo", "Astra")) and not allowed(
        answered.case, recipient=Recipient("ngo")
    )
    answered("refused", recipient_kind="ngo", ago=3)  # no organisation at all, said later
    assert not allowed(answered.case, recipient=ATINA)
    answered(recipient_kind="ngo", recipient="Atina", ago=2)  # but this one
    assert allowed(answered.case, recipient=ATINA)
    answered(recipient_kind="ngo", ago=1)
    assert allowed(answered.case, recipient=Recipient("ngo", "Astra"))


def test_a_no_to_one_body_holds_although_its_kind_is_allowed_later(answered: Any) -> None:
    answered("refused", recipient_kind="ngo", recipient="Atina", ago=3)
    answered(recipient_kind="ngo", ago=1)
    assert not allowed(answered.case, recipient=ATINA)
    assert allowed(answered.case, recipient=Recipient("ngo", "Astra"))


def test_a_legal_ground_allows_without_consent_and_says_which(answered: Any) -> None:
    answered("refused", ago=1)
    with pytest.raises(Refused) as refusal:
        answered("ground", ground="danger-to-life")
    assert refusal.value.field == "reason"
    with pytest.raises(Refused) as refusal:
        answered("ground", ground="nothing", reason="He said that he would come.")
    assert refusal.value.field == "ground"
    answered("ground", ground="danger-to-life", reason="He said that he would come.")
    verdict = may_tell(answered.case, "identification", CPTV, timezone.localdate())
    assert verdict.allowed and "Danger to somebody" in verdict.sentence


def test_not_possible_to_ask_does_not_allow(answered: Any) -> None:
    answered("not-possible", reason="She is unconscious.")
    verdict = may_tell(answered.case, "identification", CPTV, timezone.localdate())
    assert not verdict.allowed and "not possible to ask" in verdict.sentence


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"birth_date": timezone.localdate() - 15 * 365 * DAY}, "does not consent alone"),
        ({}, "age is not known"),
    ],
)
def test_a_child_does_not_consent_alone(
    cast: SimpleNamespace, make: SimpleNamespace, answered: Any, known: Any, words: str
) -> None:
    case = make.case(given="Mala", **known)
    with pytest.raises(Refused) as refusal:
        answered(case=case)
    assert words in refusal.value.sentence and refusal.value.field == "given_by"
    with pytest.raises(Refused) as refusal:
        answered(case=case, given_by="guardian")
    assert refusal.value.field == "giver"
    answered(case=case, given_by="guardian", giver="Njena majka")
    assert allowed(case)
    answered("refused", case=case)  # her own no is a no
    assert not allowed(case)


def test_what_was_never_given_cannot_be_withdrawn(answered: Any) -> None:
    with pytest.raises(Refused) as refusal:
        answered("withdrawn")
    assert refusal.value.field == "answer"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"purpose": "gossip"}, "purpose"),
        ({"recipient_kind": "neighbour"}, "recipient_kind"),
        ({"answer": "perhaps"}, "answer"),
        ({"ago": -1}, "answered_on"),
        ({"given_by": ""}, "given_by"),
        ({"manner": "nod"}, "manner"),
        ({"language": "klingon"}, "language"),
        ({"interpreter": "perhaps"}, "interpreter"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(answered: Any, given: Any, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        answered(**given)
    assert refusal.value.field == field
    assert not Consent.objects.exists()


def test_the_database_refuses_halves(answered: Any) -> None:
    row = answered()
    halves: list[dict[str, Any]] = [
        {"given_by": ""},
        {"answer": "ground"},
        {"ground": "court-order"},
        {"answer": "not-possible", "given_by": "", "manner": ""},
        {"given_by": "guardian"},
    ]
    for half in halves:
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.filter(pk=row.pk).update(**half)


def test_entered_in_error_brings_back_the_answer_before(cast: SimpleNamespace, answered: Any) -> None:
    answered("refused", ago=3)
    wrong = answered(ago=1)
    mark_consent_in_error(consent=wrong, why="Of another person", marked_by=cast.ana)
    assert not allowed(answered.case)


def test_a_colleague_who_does_not_see_the_case_records_nothing(cast: SimpleNamespace, answered: Any) -> None:
    for user in (cast.boris, cast.dragan, cast.milan, cast.ivana):
        with pytest.raises(Refused):
            answered(recorded_by=user)
    assert not Consent.objects.exists()


# The pages ------------------------------------------------------------------------------------------------------------
def posted(**given: Any) -> dict[str, Any]:
    return {
        "purpose": "services",
        "recipient_kind": "shelter",
        "answer": "given",
        "answered_on": f"{timezone.localdate():%d.%m.%Y.}",
        "given_by": "person",
        "manner": "written",
        "language": "sr",
        "interpreter": "no",
        **given,
    }


def test_an_answer_is_recorded_through_the_tab(cast: SimpleNamespace, answered: Any, as_user: Any) -> None:
    client, number = as_user(cast.ana), answered.case.number
    tab = client.get(reverse("cases:consents", args=[number])).content.decode()
    assert "Nobody has been asked yet." in tab
    url = reverse("cases:record-consent", args=[number])
    form = client.get(url, {"purpose": "services", "recipient_kind": "<b>"}).content.decode()
    assert '<option value="services" selected>' in form and "&lt;b&gt;" not in form.partition("<main")[2]
    done = client.post(url, posted(recipient="Kuća Kanarinka"), follow=True).content.decode()
    assert "Kuća Kanarinka may be told (Services and support)" in done and "Counts now" in done
    event = Event.objects.filter(verb="record_consent").get()
    assert "Kanarinka" not in f"{event.note}{event.fields}"
    with_ground = posted(answer="ground", ground="court-order", reason="Order K 12/26", recipient_kind="police")
    done = client.post(url, with_ground, follow=True).content.decode()
    assert "Order of a court or a prosecutor" in done
    refused = client.post(url, posted(answer="withdrawn", recipient_kind="csw", giver="Ostaje upisano"))
    assert refused.status_code == 200 and "Ostaje upisano" in refused.content.decode()


def test_an_answer_is_struck_through_through_the_page(cast: SimpleNamespace, answered: Any, as_user: Any) -> None:
    row = answered()
    client, number = as_user(cast.ana), answered.case.number
    page = client.get(reverse("cases:consents", args=[number])).content.decode()
    url = reverse("cases:mark-consent-in-error", args=[number, row.pk])
    assert url in page
    page = client.post(url, {"why": "Of another person"}, follow=True).content.decode()
    assert "<s>" in page and "Of another person" in page and url not in page


def test_the_tab_asks_as_often_for_many_answers_as_for_few(
    cast: SimpleNamespace, answered: Any, as_user: Any, django_assert_num_queries: Any
) -> None:
    client, url = as_user(cast.ana), reverse("cases:consents", args=[answered.case.number])
    answered()
    client.get(url)
    for ago in range(9):
        answered(ago=ago, recipient_kind="ngo", recipient=f"NVO {ago}")
    with django_assert_num_queries(12):
        assert client.get(url).status_code == 200
