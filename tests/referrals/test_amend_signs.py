"""The checklist of signs: the same for everybody, with sources; what they point to is a count and never a verdict."""

import pytest

from reference import codes
from referrals import services


def checklist(referral, **signs):
    typed = {f"sign-{code}": "not-asked" for code in codes.ids("trafficking_indicators")}
    return (
        typed
        | {f"sign-{code.replace('_', '-')}": how for code, how in signs.items()}
        | {
            "version": referral.version,
            "other_signs": "",
        }
    )


@pytest.mark.requirement("s-indicator-checklist")
def test_ticked_signs_stand_on_the_referral_and_the_list_finds_them(cast, as_user, log):
    referral, other = log(), log()
    ana, page = as_user(cast.ana), f"/referrals/{referral.number}/signs/"
    typed = checklist(referral, passport_confiscation="seen", debt_bondage="said", street_begging_child="seen")
    ana.post(f"{page}amend/", typed | {"other_signs": "Tetovaža sa brojem."})
    printed = ana.get(f"/referrals/{referral.number}/").content.decode()
    assert "Passport confiscation" in printed
    assert "Debt bondage" in printed
    assert "Tetovaža sa brojem." in printed
    found = ana.get("/referrals/", {"sign": "passport-confiscation"}).context
    assert [row["cells"][0]["text"] for row in found["rows"]] == [referral.number]
    assert found["count"] == 1
    assert ana.get("/referrals/", {"sign": "threats"}).context["rows"] == []
    assert other.number in ana.get("/referrals/", {"sign": ""}).content.decode()


def test_the_summary_counts_signs_by_form_and_names_their_source(cast, as_user, log):
    referral = log(indicators=[("passport-confiscation", "seen"), ("takes-earnings", "said"), ("threats", "not-asked")])
    shown = as_user(cast.ana).get(f"/referrals/{referral.number}/signs/")
    assert dict(shown.context["chart"]) == {
        codes.label("exploitation_forms", form): ("passport-confiscation" in signs) + ("takes-earnings" in signs)
        for form, signs in codes.indicator_forms().items()
    }
    page = shown.content.decode()
    assert "passport confiscation” (United States Department of State, 2025 report on Serbia)" in page
    assert "Threats and intimidation" not in page
    assert "never a verdict" in page


def test_every_sign_is_asked_once_and_has_a_source(cast, as_user, log):
    form = as_user(cast.ana).get(f"/referrals/{log().number}/signs/amend/").context["form"]
    asked = [field for _legend, fields in form.fieldsets() for field in fields]
    assert sorted(field.name.removeprefix("sign-") for field in asked) == sorted(codes.ids("trafficking_indicators"))
    assert all(field.help_text for field in asked)


def test_two_who_fill_it_in_at_once_lose_nothing(cast, as_user, log):
    referral = log()
    ana, page = as_user(cast.ana), f"/referrals/{referral.number}/signs/amend/"
    services.amend_referral(
        referral=referral, version=referral.version, indicators=[("threats", "said")], amended_by=cast.ana
    )
    answer = ana.post(page, checklist(referral, passport_confiscation="seen") | {"other_signs": "Moja beleška."})
    assert answer.status_code == 200
    assert "Moja beleška." in answer.content.decode()
    assert [(label, mine, theirs) for label, mine, theirs in answer.context["form"].conflicts][:1]
    referral.refresh_from_db()
    ana.post(page, checklist(referral, passport_confiscation="seen", threats="said") | {"other_signs": "Moja beleška."})
    held = {row.code: row.how for row in referral.indicators.all()}
    assert held == {"threats": "said", "passport-confiscation": "seen"}


def test_a_sign_that_the_list_does_not_have_is_answered_with_a_sentence(cast, as_user, log):
    referral = log()
    answer = as_user(cast.ana).post(
        f"/referrals/{referral.number}/signs/amend/", checklist(referral, passport_confiscation="certainly")
    )
    assert "Select a valid choice" in answer.content.decode()
    assert not referral.indicators.exists()


def test_the_page_asks_a_pinned_number_of_questions(cast, as_user, log, django_assert_max_num_queries):
    referral = log(indicators=[(code, "seen") for code in codes.ids("trafficking_indicators")])
    ana = as_user(cast.ana)
    ana.get(f"/referrals/{referral.number}/signs/")
    with django_assert_max_num_queries(16):
        ana.get(f"/referrals/{referral.number}/signs/")
