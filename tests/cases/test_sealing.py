"""Sealing holds at once and is confirmed or undone by a second person; unsealing waits for the second."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from casework.access import services as access
from casework.cases import services
from casework.cases.models import Case, Sealing
from casework.cases.sealing import escalate_overdue_sealings
from casework.outbox.models import Message
from casework.workflow import Refused


@pytest.fixture
def sealed(cast, make):
    case = make.case(given="Gorica", family="Skrivena")
    services.seal_case(case=case, named=[cast.ana, cast.vesna], sealed_by=cast.vesna, now=timezone.now())
    return case


def decide(client, case, agree):
    return client.post(reverse("cases:decide-sealing", args=[case.number]), {"agree": agree})


def test_the_second_of_the_few_confirms_and_the_asker_cannot(cast, as_user, sealed):
    page = reverse("cases:case", args=[sealed.number])
    assert "waits for a second person" in as_user(cast.vesna).get(page).content.decode()
    assert "Keep it sealed" not in as_user(cast.vesna).get(page).content.decode()
    decide(as_user(cast.vesna), sealed, "yes")
    assert Sealing.objects.get().decided_at is None
    assert "Keep it sealed" in as_user(cast.ana).get(page).content.decode()
    decide(as_user(cast.ana), sealed, "yes")
    assert Sealing.objects.get().outcome == "agreed"
    assert Case.objects.get(pk=sealed.pk).sealed
    assert "waits for a second person" not in as_user(cast.ana).get(page).content.decode()
    with pytest.raises(IntegrityError, match="sealing_takes_two"), transaction.atomic():
        Sealing.objects.update(decided_by=cast.vesna)


def test_unsealing_is_offered_once_nothing_waits_and_sealing_never_again(cast, as_user, sealed):
    page, unseal = (reverse(f"cases:{name}", args=[sealed.number]) for name in ("case", "ask-unsealing"))
    assert unseal not in as_user(cast.vesna).get(page).content.decode()
    decide(as_user(cast.ana), sealed, "yes")
    assert unseal in as_user(cast.vesna).get(page).content.decode()
    again = as_user(cast.vesna).get(reverse("cases:seal-case", args=[sealed.number]), follow=True)
    assert again.redirect_chain == [(page, 302)]
    assert "This case is sealed already." in again.content.decode()


def test_a_sealing_that_is_refused_is_undone(cast, as_user, sealed):
    decide(as_user(cast.ana), sealed, "no")
    fresh = Case.objects.select_related("person__key").get(pk=sealed.pk)
    assert not fresh.sealed and not fresh.person.sealed and fresh.person.name == "Gorica Skrivena"
    assert not Case.objects.visible_to(cast.boris).exists()


def test_unsealing_waits_for_the_second(cast, as_user, sealed):
    decide(as_user(cast.ana), sealed, "yes")
    address = reverse("cases:ask-unsealing", args=[sealed.number])
    assert as_user(cast.vesna).post(address, {"why": ""}).status_code == 200
    assert as_user(cast.vesna).post(address, {"why": "The trial is over."}).status_code == 302
    assert Case.objects.get(pk=sealed.pk).sealed
    asked = Sealing.objects.get(kind="unseal")
    with pytest.raises(Refused, match="two people"):
        services.decide_sealing(sealing=asked, agree=True, decided_by=cast.vesna, now=timezone.now())
    with pytest.raises(Refused, match="Only those who are named"):
        services.decide_sealing(sealing=asked, agree=True, decided_by=cast.boris, now=timezone.now())
    with pytest.raises(Refused, match="waits for a second person already"):
        services.ask_unsealing(case=sealed, why="Once more.", asked_by=cast.vesna, now=timezone.now())
    decide(as_user(cast.ana), sealed, "yes")
    assert not Case.objects.get(pk=sealed.pk).sealed


def test_what_nobody_decides_stays_sealed_and_is_told_once(cast, sealed):
    due = Sealing.objects.get().due_at
    later = due + datetime.timedelta(seconds=1)
    assert [escalate_overdue_sealings(now=moment) for moment in (due, later, later)] == [0, 1, 0]
    told = Message.objects.filter(subject="sealing-overdue").values_list("recipient__username", flat=True)
    assert sorted(told) == ["ana", "petar", "vesna"]
    assert Case.objects.get(pk=sealed.pk).sealed


def test_the_last_of_the_few_keep_their_accounts_and_their_role(cast, sealed):
    for user in (cast.ana, cast.vesna):
        with pytest.raises(Refused, match="one of the last that see a sealed case"):
            access.disable_user(user=user, disabled_by=cast.ivana)
    with pytest.raises(Refused, match="one of the last"):
        access.withdraw_role(user=cast.vesna, role="supervisor", withdrawn_by=cast.ivana)
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    services.name_colleague(case=sealed, colleague=cast.boris, until=tomorrow, named_by=cast.vesna, now=timezone.now())
    access.disable_user(user=cast.ana, disabled_by=cast.ivana)
