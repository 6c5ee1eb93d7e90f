"""Who sees a case: its caseworker, the supervisors of its organisation, the named; everybody else nothing."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.access import services as access
from casework.cases import services
from casework.cases.models import Case, CaseGrant
from casework.people.models import Person
from casework.workflow import Refused

TOMORROW = datetime.timedelta(days=1)


@pytest.mark.requirement("s-limited-users")
@pytest.mark.parametrize(
    ("who", "sees"),
    [("ana", True), ("vesna", True)]
    + [(who, False) for who in ("boris", "dragan", "olga", "ivana", "jelena", "milan", "nada", "petar")],
)
def test_case_and_person_are_visible_to_the_same(cast, make, who, sees):
    case = make.case(given="Gorica")
    user = getattr(cast, who)
    assert Case.objects.visible_to(user).filter(pk=case.pk).exists() == sees
    assert Person.objects.visible_to(user).filter(pk=case.person_id).exists() == sees


@pytest.mark.requirement("s-limited-users")
def test_a_named_colleague_sees_the_case_until_the_day_is_over(cast, as_user, make):
    case = make.case(given="Gorica", family="Skrivena")
    address = reverse("cases:case", args=[case.number])
    vesna, boris = as_user(cast.vesna), as_user(cast.boris)
    assert boris.get(address).status_code == 404

    until = timezone.localdate() + TOMORROW
    named = vesna.post(
        reverse("cases:name-colleague", args=[case.number]),
        {"colleague": cast.boris.pk, "until": f"{until:%d.%m.%Y.}"},
    )
    assert named.status_code == 302
    assert "Gorica Skrivena" in boris.get(address).content.decode()
    assert case.number in boris.get(reverse("cases:cases")).content.decode()

    CaseGrant.objects.update(expires_at=timezone.now())
    assert boris.get(address).status_code == 404
    assert case.number not in boris.get(reverse("cases:cases")).content.decode()
    assert not Person.objects.visible_to(cast.boris).exists()


def test_a_named_colleague_is_released_at_once(cast, as_user, make):
    case = make.case()
    services.name_colleague(
        case=case,
        colleague=cast.boris,
        until=timezone.localdate() + TOMORROW,
        named_by=cast.vesna,
        now=timezone.now(),
    )
    page = as_user(cast.vesna)
    assert "Boris Probni" in page.get(reverse("cases:colleagues", args=[case.number])).content.decode()
    page.post(reverse("cases:release-colleague", args=[case.number]), {"colleague": cast.boris.pk})
    assert not Case.objects.visible_to(cast.boris).exists()


@pytest.mark.parametrize(
    ("who", "days", "sentence"),
    [
        ("olga", 1, "choose an active colleague of this organisation"),
        ("petar", 1, "choose an active colleague of this organisation"),
        ("boris", -1, "This day is over"),
        ("boris", 400, "at most a year"),
    ],
)
def test_not_everybody_can_be_named_for_ever(cast, make, who, days, sentence):
    case, now = make.case(), timezone.now()
    with pytest.raises(Refused, match=sentence):
        services.name_colleague(
            case=case,
            colleague=getattr(cast, who),
            until=timezone.localdate(now) + datetime.timedelta(days=days),
            named_by=cast.vesna,
            now=now,
        )


@pytest.mark.requirement("s-limited-users")
def test_a_sealed_case_is_seen_by_the_named_few(cast, as_user, make):
    case = make.case(given="Gorica", family="Skrivena")
    done = as_user(cast.vesna).post(
        reverse("cases:seal-case", args=[case.number]), {"named": [cast.boris.pk, cast.vesna.pk]}
    )
    assert done.status_code == 302
    address = reverse("cases:case", args=[case.number])
    assert as_user(cast.vesna).get(address).status_code == 200
    assert as_user(cast.boris).get(address).status_code == 200
    assert as_user(cast.ana).get(address).status_code == 404
    assert not Person.objects.visible_to(cast.ana).exists()


def test_sealing_needs_two_and_a_supervisor_and_ends_earlier_names(cast, make):
    case, now = make.case(), timezone.now()
    until = timezone.localdate(now) + TOMORROW
    services.name_colleague(case=case, colleague=cast.boris, until=until, named_by=cast.vesna, now=now)
    for few, sentence in (([cast.vesna], "two people"), ([cast.ana, cast.boris], "supervisor")):
        with pytest.raises(Refused, match=sentence):
            services.seal_case(case=case, named=few, sealed_by=cast.vesna, now=now)
    services.seal_case(case=case, named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=now)
    assert not Case.objects.visible_to(cast.boris).exists()
    with pytest.raises(Refused, match="two people"):
        services.release_colleague(case=case, colleague=cast.ana, released_by=cast.vesna, now=now)
    with pytest.raises(Refused, match="Name Boris Probni on it"):
        services.reassign_case(case=case, caseworker=cast.boris, reassigned_by=cast.vesna, now=now)


def test_sealing_covers_the_older_and_the_next_case_of_the_same_person(cast, make):
    old, now = make.case(), timezone.now()
    services.close_case(case=old, reason="Done.", closed_on=timezone.localdate(), closed_by=cast.ana)
    new = make.case(person=old.person)
    services.seal_case(case=new, named=[cast.boris, cast.vesna], sealed_by=cast.vesna, now=now)
    assert not Case.objects.visible_to(cast.ana).exists()
    assert Case.objects.visible_to(cast.boris).count() == 2
    services.close_case(case=new, reason="Done.", closed_on=timezone.localdate(), closed_by=cast.vesna)
    again = make.case(person=old.person, caseworker=cast.ana)
    assert again.sealed and not Case.objects.visible_to(cast.ana).exists()


def test_a_disabled_account_sees_nothing(cast, as_user, make):
    case = make.case()
    ana = as_user(cast.ana)
    assert ana.get(reverse("cases:case", args=[case.number])).status_code == 200
    access.disable_user(user=cast.ana, disabled_by=cast.ivana)
    assert ana.get(reverse("cases:case", args=[case.number])).status_code == 302  # to sign-in
    cast.ana.refresh_from_db()
    assert not Case.objects.visible_to(cast.ana).exists()
