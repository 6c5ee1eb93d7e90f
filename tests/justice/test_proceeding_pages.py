"""Pages of proceedings, as the cast sees them."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.audit.models import Event
from casework.cases import services as cases
from casework.justice.chain import PROGRAMME
from casework.justice.models import Proceeding
from tests.justice.builders import day

pytestmark = pytest.mark.django_db
WHY = "Nijedan nije slobodan u ovom gradu."
ADDED = datetime.date(2017, 6, 1)


def url(name, *args):
    return reverse(f"justice:{name}", args=args)


def shown(day):
    return f"{day:%d.%m.%Y.}"


def text(response):
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("&quot;", '"')


def posted(**given):
    values = {
        "opened_on": shown(day(2)),
        "specialised_prosecutor": "yes",
        "cyber": "unknown",
        "suspect_juvenile": "unknown",
        "proceeds_confiscated": "unknown",
    }
    return values | given


@pytest.mark.requirement("f-no-referral-to-specialists")
def test_the_answer_is_asked_and_a_no_needs_its_reason(cast, as_user, make):
    case, ana = make.case(), as_user(cast.ana)
    form = ana.get(url("open-proceeding", case.number))
    assert not form.context["form"]["specialised_prosecutor"].value()  # nothing is chosen for anybody
    unanswered = ana.post(url("open-proceeding", case.number), posted(specialised_prosecutor="", court="Viši sud"))
    assert "Choose an answer" in text(unanswered)
    bare = ana.post(
        url("open-proceeding", case.number), posted(specialised_prosecutor="no", court="Viši sud", offence="rape")
    )
    assert "Say why the case is not with a specialised prosecutor" in text(bare)
    assert bare.context["form"].errors.keys() == {"why_no_specialist"}
    assert 'value="Viši sud"' in bare.content.decode()
    assert not Proceeding.objects.exists()
    done = ana.post(
        url("open-proceeding", case.number),
        posted(specialised_prosecutor="no", why_no_specialist=WHY, offence="rape"),
        follow=True,
    )
    one = Proceeding.objects.get()
    assert done.redirect_chain[-1][0] == url("proceeding", one.pk)
    assert WHY in text(done)
    assert WHY in text(ana.get(url("case-proceedings", case.number)))


@pytest.mark.requirement("f-no-referral-to-specialists")
def test_supervisors_list_those_without_with_their_reasons_and_the_share(cast, as_user, make):
    without = make.case()
    make.proceeding(without, specialised_prosecutor="no", why_no_specialist=WHY)
    with_one, unknown = make.case(), make.case()
    make.proceeding(with_one)
    make.proceeding(unknown, specialised_prosecutor="unknown")
    marked = make.case()
    from casework.justice import proceedings

    wrong = make.proceeding(marked, specialised_prosecutor="no", why_no_specialist="Greška u unosu.")
    proceedings.mark_proceeding_in_error(proceeding=wrong, why="Drugi predmet.", marked_by=cast.ana)
    vesna = as_user(cast.vesna)
    everything = vesna.get(url("proceedings"))
    assert [everything.context["counted"].yes, everything.context["counted"].no] == [1, 1]
    assert "33 % of 3" in text(everything)
    page = text(vesna.get(url("proceedings"), {"specialised": "no"}))
    assert without.number in page and WHY in page
    assert not any(each.number in page for each in (with_one, unknown, marked))
    assert unknown.number in text(vesna.get(url("proceedings"), {"specialised": "unknown"}))
    assert without.number not in text(as_user(cast.dragan).get(url("proceedings")))
    assert as_user(cast.ana).get(url("proceedings")).status_code == 403


@pytest.mark.requirement("f-no-referral-to-specialists")
def test_the_years_figure_shows_the_share_with_a_specialised_prosecutor(cast, as_user, make):
    for answer, why in (("yes", ""), ("yes", ""), ("no", WHY), ("unknown", "")):
        make.proceeding(make.case(), specialised_prosecutor=answer, why_no_specialist=why)
    page = as_user(cast.ivana).get(reverse("statistics:annual-report"), {"year": 2026})
    (table,) = next(each for each in page.context["figures"] if each["id"] == "proceedings-opened")["breakdowns"]
    assert [(row[1]["text"], row[1]["hint"]) for row in table["rows"]] == [("2", "50 %"), ("1", "25 %"), ("1", "25 %")]
    assert "50 %" in text(page)


def test_a_sealed_case_is_in_nobodys_list_and_count(cast, as_user, make):
    case = make.case()
    make.proceeding(case, specialised_prosecutor="no", why_no_specialist=WHY)
    cases.seal_case(case=case, named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=timezone.now())
    from django.contrib.auth.models import Group

    from casework.access.models import User

    other = User.objects.create(username="sava", full_name="Sava", organisation=cast.home)
    other.groups.add(Group.objects.get(name="supervisor"))
    page = as_user(other).get(url("proceedings"))
    assert page.context["counted"].all == 0
    assert WHY not in text(page)
    assert WHY in text(as_user(cast.vesna).get(url("proceedings")))


def test_the_list_goes_on_page_by_page_in_few_queries(cast, as_user, make, django_assert_max_num_queries):
    case = make.case()
    for number in range(30):
        make.proceeding(
            case, opened_on=day(1 + number % 3), specialised_prosecutor="no", why_no_specialist=f"W{number}."
        )
    vesna = as_user(cast.vesna)
    vesna.get(url("proceedings"))
    with django_assert_max_num_queries(16):
        first = vesna.get(url("proceedings"), {"specialised": "no"})
    second = vesna.get(first.context["next_url"])
    reasons = [row[3]["hint"] for page in (first, second) for row in page.context["rows"]]
    assert len(reasons) == 30 == len(set(reasons))
    opened = [row[2] for page in (first, second) for row in page.context["rows"]]
    assert opened == sorted(opened, reverse=True)
    assert not second.context["next_url"]
    for odd in ("x", "2026-13-45_x", "2026-01-01_x", "_", "2026-01-01_00000000-0000-0000-0000-000000000000"):
        assert vesna.get(url("proceedings"), {"after": odd}).status_code == 200


def harassment(make, committed_on):
    opened = max(committed_on, day(2))
    return make.proceeding(make.case(), offence="sexual-harassment", committed_on=committed_on, opened_on=opened)


def test_an_act_before_the_offence_was_added_says_so_with_its_source(cast, as_user, make):
    one = harassment(make, ADDED - datetime.timedelta(days=1))
    page = text(as_user(cast.ana).get(url("proceeding", one.pk)))
    assert "As published for 31.5.2017., the day of the act." in page
    assert "Not yet an offence of its own on that day (added on 1.6.2017.)" in page
    assert "Under the Criminal Code Amendments in effect as of 1 June 2017" in page
    assert "Not on that day" in page
    assert "Penalty range" not in page


def test_an_act_of_the_first_day_has_the_offence_and_its_penalty(cast, as_user, make):
    one = harassment(make, ADDED)
    page = text(as_user(cast.ana).get(url("proceeding", one.pk)))
    assert "Not yet an offence" not in page
    assert "3 months" in page and "3 years" in page
    assert "Not on that day" not in page


@pytest.mark.parametrize(("born", "least"), [(2004, "3 years"), (1980, "2 years")])
def test_the_penalty_is_that_for_the_victims_age_on_the_day_of_the_act(cast, as_user, make, born, least):
    case = make.case(birth_date=datetime.date(born, 1, 1))
    one = make.proceeding(case, offence="human-trafficking", committed_on=datetime.date(2017, 10, 1))
    page = as_user(cast.ana).get(url("proceeding", one.pk))
    assert [row[1] for row in page.context["penalties"]] == [least]
    assert reverse("reference:entry", args=["offences", "388"]) in page.content.decode()


def test_without_the_day_of_the_act_no_age_is_guessed(cast, as_user, make):
    case = make.case(birth_date=datetime.date(2004, 1, 1))
    one = make.proceeding(case, offence="human-trafficking")
    page = as_user(cast.ana).get(url("proceeding", one.pk))
    assert len(page.context["penalties"]) == 2
    assert "the day of the act is not known" in text(page)
    bare = make.proceeding(make.case())
    assert "The offence is not known" in text(as_user(cast.ana).get(url("proceeding", bare.pk)))


def test_the_competent_authorities_follow_from_its_facts_with_rule_and_source(cast, as_user, make):
    one = make.proceeding(make.case(), offence="human-trafficking", cyber="yes", suspect_juvenile="no")
    page = as_user(cast.ana).get(url("proceeding", one.pk))
    answers = page.context["law"].competence.answers
    assert "ppo-specialised" in answers["prosecution"].authorities
    said = text(page)
    assert "Specialised prosecutors for trafficking cases" in said
    assert "Specialised prosecutors for trafficking" in said
    assert "did not have a system to consistently refer trafficking cases" in said


@pytest.mark.requirement("s-prosecutor-contact")
def test_the_case_shows_the_contact_point_at_the_prosecution(cast, as_user, make):
    case, ana = make.case(), as_user(cast.ana)
    one = make.proceeding(case)
    for address in (url("case-proceedings", case.number), url("proceeding", one.pk)):
        page = text(ana.get(address))
        assert "Contact point at the prosecution" in page
        assert "Specialised prosecutors for trafficking cases" in page
        assert "points of contact for investigators and care providers" in page


@pytest.mark.requirement("s-witness-protection-law")
def test_a_case_in_the_programme_shows_its_law_and_supervisors_how_often_it_was_used(cast, as_user, make):
    case, other = make.case(), make.case()
    make.grant(make.request(case, PROGRAMME))
    make.request(other, PROGRAMME)  # asked for, not used
    words = "Your organisation has 1 case in which it was granted."
    page = text(as_user(cast.vesna).get(url("case-proceedings", case.number)))
    assert "Witness Protection Law" in page and words in page
    caseworker = text(as_user(cast.ana).get(url("case-proceedings", case.number)))
    assert "Witness Protection Law" in caseworker and words not in caseworker
    assert "Witness Protection Law" not in text(as_user(cast.ana).get(url("case-proceedings", make.case().number)))
    assert "granted in 1 case." in text(as_user(cast.vesna).get(url("proceedings")))
    assert "granted in 0 cases." in text(as_user(cast.dragan).get(url("proceedings")))


@pytest.mark.requirement("s-seizure-proceeds")
def test_a_confiscation_is_noted_beside_its_law(cast, as_user, make):
    one = make.proceeding(make.case(), proceeds_confiscated="yes", confiscation_note="Stan u Nišu.")
    page = as_user(cast.ana).get(url("proceeding", one.pk))
    assert "Stan u Nišu." in text(page)
    assert "Confiscation of Property Proceeds from Criminal Offence Law" in text(page)
    assert reverse("reference:entry", args=["laws", "confiscation-of-proceeds-law"]) in page.content.decode()


def test_two_people_amend_and_nothing_typed_is_lost(cast, as_user, make):
    one = make.proceeding(make.case(), court="Viši sud")
    ana, vesna = as_user(cast.ana), as_user(cast.vesna)
    address = url("amend-proceeding", one.pk)
    opened = ana.get(address).context["form"]
    assert opened["court"].value() == "Viši sud"
    theirs = posted(version="1", court="Apelacioni sud", specialised_prosecutor="yes")
    assert vesna.post(address, theirs).status_code == 302
    stale = ana.post(address, posted(version="1", court="Osnovni sud", confiscation_note="Novac."))
    assert "Somebody else saved this record" in text(stale)
    assert ("Court", "Osnovni sud", "Apelacioni sud") in stale.context["form"].conflicts
    assert "Novac." in stale.content.decode()
    again = ana.post(address, posted(version="2", court="Osnovni sud", confiscation_note="Novac."))
    assert again.status_code == 302
    one.refresh_from_db()
    assert (one.court, one.confiscation_note, one.version) == ("Osnovni sud", "Novac.", 3)


def test_marked_in_error_it_is_struck_on_tab_and_timeline(cast, as_user, make):
    case, ana = make.case(), as_user(cast.ana)
    one = make.proceeding(case, ended_on=day(20))
    assert ana.post(url("mark-proceeding-in-error", one.pk), {"why": "Druga osoba."}).status_code == 302
    for address in (url("case-proceedings", case.number), url("proceeding", one.pk)):
        assert "Druga osoba." in text(ana.get(address))
    timeline = text(ana.get(reverse("cases:timeline", args=[case.number])))
    assert "Proceeding opened" in timeline and "Proceeding ended" in timeline and "Druga osoba." in timeline


@pytest.mark.parametrize("who", ["boris", "dragan", "olga", "ivana", "jelena", "milan", "nada", "petar"])
def test_nobody_else_opens_it(cast, as_user, make, who):
    case = make.case(given="Gorica", family="Skrivena")
    one = make.proceeding(case, court="Tajni sud")
    client = as_user(getattr(cast, who))
    for address in (
        url("case-proceedings", case.number),
        url("open-proceeding", case.number),
        *(url(name, one.pk) for name in ("proceeding", "amend-proceeding", "mark-proceeding-in-error")),
    ):
        page = client.get(address)
        assert page.status_code in (403, 404)
        assert "Gorica" not in page.content.decode() and "Tajni" not in page.content.decode()


def test_every_look_is_in_the_trail(cast, as_user, make):
    one = make.proceeding(make.case())
    ana = as_user(cast.ana)
    for address in (url("proceeding", one.pk), url("amend-proceeding", one.pk)):
        before = Event.objects.count()
        ana.get(address)
        assert Event.objects.count() == before + 1
    as_user(cast.vesna).get(url("proceedings"))
    listed = Event.objects.get(verb="proceedings")
    assert {str(one.pk), str(one.case_id), str(one.case.person_id)} == {str(each) for each in listed.subjects}


def test_queries_of_a_proceeding(cast, as_user, make, django_assert_max_num_queries):
    case = make.case()
    make.grant(make.request(case, PROGRAMME))
    one = make.proceeding(case, offence="human-trafficking", committed_on=day(1))
    vesna = as_user(cast.vesna)
    with django_assert_max_num_queries(40):
        vesna.get(url("proceeding", one.pk))
