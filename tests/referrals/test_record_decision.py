"""The competent body decides in its own words; only its decision moves the victim status."""

import datetime

import pytest
from django.utils import timezone

from casework.cases.models import Case, VictimStatus
from casework.outbox.models import Message, Subject
from casework.people.services import amend_person
from casework.workflow import Refused
from referrals import services
from referrals.models import Decision, Identification, IdentificationStatus, Route

DAY = datetime.timedelta(days=1)


@pytest.fixture
def referral(initiated):
    return initiated(received_at=timezone.now() - 10 * DAY)


def status():
    return Case.objects.get().victim_status


@pytest.mark.requirement("s-potential-vs-identified")
def test_only_a_decision_moves_a_person_from_potential_to_identified(cast, as_user, referral):
    ana = as_user(cast.ana)
    assert status() == "potential-victim"
    ana.post(
        f"/cases/{Case.objects.get().number}/amend/",
        {"victim_status": "officially-identified", "risk_level": "high", "version": Case.objects.get().version},
    )
    assert status() == "potential-victim"  # no form sets it
    typed = {
        "outcome": "identified",
        "decided_on": f"{timezone.localdate():%d.%m.%Y.}",
        "forms": ["labor-trafficking"],
        "reasons": "Prema nalazu.",
        "reference": "123/26",
    }
    page = ana.post(f"/referrals/{referral.number}/decision/", typed, follow=True).content.decode()
    assert "Prema nalazu." in page
    assert status() == "officially-identified"
    assert [row.status for row in VictimStatus.objects.all()] == ["potential-victim", "officially-identified"]
    tab = ana.get(f"/referrals/cases/{Case.objects.get().number}/").content.decode()
    assert "This decision counts now." in tab
    told = Message.objects.filter(subject=Subject.DECISION_RECORDED)
    assert {message.recipient for message in told} == {cast.ana, cast.vesna}


@pytest.mark.requirement("s-multiple-forms")
def test_who_was_exploited_in_several_forms_is_counted_once(cast, as_user, initiated):
    ana, today = as_user(cast.ana), timezone.localdate()
    for forms in (["sex-trafficking", "forced-begging"], ["sex-trafficking"], ["forced-begging", "labor-trafficking"]):
        number = initiated(received_at=timezone.now() - 10 * DAY).number
        typed = {"outcome": "identified", "decided_on": f"{today:%d.%m.%Y.}", "forms": forms, "reasons": "Po nalazu."}
        page = ana.post(f"/referrals/{number}/decision/", typed, follow=True).content.decode()
        assert "The decision is recorded." in page
    shown = as_user(cast.ivana).get("/statistics/annual-report/", {"year": today.year}).context["figures"]
    [identified] = [figure for figure in shown if figure["id"] == "victims-officially-identified"]
    parted = [
        {str(label): number for label, number in breakdown["rows"] if not str(label).startswith("of which")}
        for breakdown in identified["breakdowns"]
    ]
    together, apart = [rows for rows in parted if "Multiple forms of trafficking" in rows]
    assert identified["value"] == sum(together.values()) == sum(apart.values()) == 3
    # begging is a kind of labour: two forms in the first partition, three kinds in the second
    assert (together["Multiple forms of trafficking"], apart["Multiple forms of trafficking"]) == (1, 2)


@pytest.mark.requirement("s-adult-identification")
def test_an_adult_goes_to_cptv_and_a_csw_decision_is_refused(cast, as_user, referral, decide):
    page = as_user(cast.ana).get(f"/referrals/{referral.number}/").content.decode()
    assert "CPTV assessment" in page
    with pytest.raises(Refused, match="an adult: CPTV decides"):
        decide(referral, authority="csw", outcome="recognised")
    asked = as_user(cast.ana).get(f"/referrals/{referral.number}/decision/").context["form"]
    assert "recognised" not in dict(asked.fields["outcome"].choices)
    assert decide(referral).age_at_decision == 20


@pytest.mark.requirement("s-child-recognition")
def test_a_child_is_recognised_by_a_named_csw(cast, as_user, initiated):
    referral = initiated(given_age=15)
    ana = as_user(cast.ana)
    assert "CSW recognition" in ana.get(f"/referrals/{referral.number}/").content.decode()
    form = ana.get(f"/referrals/{referral.number}/decision/").context["form"]
    assert "identified" not in dict(form.fields["outcome"].choices)
    typed = {
        "outcome": "recognised",
        "decided_on": f"{timezone.localdate():%d.%m.%Y.}",
        "forms": ["forced-begging"],
        "reasons": "Po nalazu.",
        "body": "CSR Probno",
    }
    page = ana.post(f"/referrals/{referral.number}/decision/", typed, follow=True).content.decode()
    assert "CSR Probno" in page
    assert "Officially recognised (child)" in page
    assert Decision.objects.get().authority == "csw"
    assert status() == "officially-recognised-child"


@pytest.mark.requirement("s-age-unknown")
def test_with_unknown_age_a_supervisor_decides_the_route_first(cast, as_user, initiated, decide):
    referral = initiated(given_age=None)
    ana, vesna = as_user(cast.ana), as_user(cast.vesna)
    with pytest.raises(Refused, match="A supervisor decides the route first"):
        decide(referral, authority="cptv")
    assert "A supervisor decides the route first" in ana.get(f"/referrals/{referral.number}/decision/").content.decode()
    assert ana.get(f"/referrals/{referral.number}/route/").status_code == 403
    url = f"/referrals/{referral.number}/route/"
    assert "This field is required" in vesna.post(url, {"route": "csw"}).content.decode()
    page = vesna.post(url, {"route": "csw", "reason": "Izgleda kao dete."}, follow=True).content.decode()
    assert "Izgleda kao dete." in page
    identification = Identification.objects.get()
    assert (identification.route, identification.route_decided_by) == (Route.CSW, cast.vesna)
    decide(referral.__class__.objects.get())
    assert status() == "officially-recognised-child"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"reasons": "  "}, "reasons that the body gave"),
        ({"forms": []}, "at least one form"),
        ({"outcome": "not_identified", "forms": ["sex-trafficking"]}, "positive decision only"),
        ({"forms": ["nonsense"]}, "from the list"),
        ({"outcome": "nonsense"}, "from the list"),
        ({"outcome": "recognised"}, "word of the body"),
        ({"authority": "police"}, "CPTV or CSW"),
        ({"decided_on": datetime.date(2199, 1, 1)}, "in the future"),
        ({"decided_on": datetime.date(2020, 1, 1)}, "before the referral was received"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(referral, decide, given, sentence):
    with pytest.raises(Refused, match=sentence):
        decide(referral, **given)
    assert not Decision.objects.exists()


@pytest.mark.asvs("2.3.1")
def test_before_the_case_is_initiated_it_is_refused(cast, as_user, log, decide):
    referral = log()
    with pytest.raises(Refused, match="Initiate the case first"):
        decide(referral)
    page = as_user(cast.ana).get(f"/referrals/{referral.number}/decision/").content.decode()
    assert "Initiate the case first" in page


def test_the_page_keeps_what_was_typed(cast, as_user, referral):
    typed = {"outcome": "identified", "decided_on": "1.1.2020.", "reasons": "Dugo obrazloženje"}
    page = as_user(cast.ana).post(f"/referrals/{referral.number}/decision/", typed).content.decode()
    assert "before the referral was received" in page
    assert "Dugo obrazloženje" in page
    typed["decided_on"] = f"{timezone.localdate():%d.%m.%Y.}"
    form = as_user(cast.ana).post(f"/referrals/{referral.number}/decision/", typed).context["form"]
    assert "at least one form" in str(form.errors["forms"])


def test_the_newest_decision_counts_whatever_was_recorded_last(referral, decide):
    today = timezone.localdate()
    decide(referral, decided_on=today - 3 * DAY)
    decide(referral, decided_on=today - DAY, outcome="not_identified")
    assert status() == "not-identified"
    decide(referral, decided_on=today - 5 * DAY)  # found in a drawer
    assert status() == "not-identified"
    decide(referral, decided_on=today - DAY, outcome="inconclusive")  # the later of one day
    assert status() == "potential-victim"
    assert list(Decision.objects.filter(decided_on=today - DAY).values_list("sequence", flat=True)) == [0, 1]


def test_a_decision_in_error_gives_the_word_to_the_one_before(cast, as_user, referral, decide):
    today = timezone.localdate()
    decide(referral, decided_on=today - 3 * DAY)
    wrong = decide(referral, decided_on=today - DAY, outcome="not_identified")
    ana, url = as_user(cast.ana), f"/referrals/decisions/{wrong.pk}/mark-in-error/"
    assert as_user(cast.boris).get(url).status_code == 404
    page = ana.post(url, {"why": "Tuđa odluka."}, follow=True).content.decode()
    assert "Tuđa odluka." in page
    assert status() == "officially-identified"
    services.mark_decision_in_error(
        decision=Decision.objects.valid().get(), why="I ova.", now=timezone.now(), marked_by=cast.ana
    )
    assert status() == "potential-victim"
    assert Identification.objects.get().status == IdentificationStatus.OPEN
    assert [row.status for row in VictimStatus.objects.order_by("recorded_at")] == [
        "potential-victim",
        "officially-identified",
        "not-identified",
        "officially-identified",
        "potential-victim",
    ]


def test_a_referral_in_error_takes_its_decision_out(cast, referral, decide):
    decide(referral)
    services.mark_referral_in_error(referral=referral, why="Dvaput.", now=timezone.now(), marked_by=cast.vesna)
    assert status() == "potential-victim"


def test_the_age_beside_a_decision_follows_the_birth_date(cast, referral, decide):
    decision = decide(referral)
    referral.person.refresh_from_db()
    year = timezone.localdate().year - 41
    amend_person(
        person=referral.person,
        version=referral.person.version,
        amended_by=cast.ana,
        birth_date=datetime.date(year, 1, 1),
    )
    decision.refresh_from_db()
    assert decision.age_at_decision == 41


def test_the_timeline_of_the_case_tells_it(cast, referral, decide):
    from casework.cases.timeline import entries

    decide(referral)
    titles = [str(entry.title) for entry in entries(Case.objects.get(), cast.ana)]
    for title in (f"Referral {referral.number} received", f"Case initiated from {referral.number}"):
        assert title in titles
    assert "Decision of CPTV: Officially identified" in titles
