"""Two people agree on what the reference says: services, constraints, two at once."""

import threading
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from casework.audit.models import Event
from casework.curation import proposals
from casework.curation.models import Proposal, ProposalStatus
from casework.outbox.models import Message
from casework.workflow import Refused
from reference import services
from reference.models import Entry, Version
from reference.services import on_day
from tests.curation.conftest import contact, propose


def approve(proposal, by, reason=""):
    return proposals.approve_change(proposal=proposal, reason=reason, decided_by=by, now=timezone.now())


def new_licence(by, **more):
    data = {
        "holder": "Đorđe Ćirić Centar",
        "kind": "licence of an NGO",
        "status": "granted",
        "source": {"given_by": "Official Gazette 12/2026", "given_on": "2026-03-01"},
        **more,
    }
    return proposals.propose_change(
        section="directory.licences",
        entry=None,
        base=None,
        data=data,
        holds_from=None,
        reason="A new licence",
        proposed_by=by,
        now=timezone.now(),
    )


@pytest.mark.django_db
class TestOne:
    def test_nothing_changes_until_a_second_person_has_approved(self, loaded):
        before = contact().data
        proposal = propose(loaded.ivana)
        assert contact().data == before and proposal.status == ProposalStatus.PROPOSED
        approve(proposal, loaded.vesna)
        entry = contact()
        assert entry.data["purpose"] == "Answered on weekdays" and entry.filed == before
        proposal.refresh_from_db()
        assert proposal.made == entry.versions.get(replaced_at=None)
        assert proposal.made.origin == Version.Origin.CURATION and proposal.number in proposal.made.reason
        assert entry.versions.get(replaced_at__isnull=False).data == before  # nothing is lost
        assert [event.verb for event in Event.objects.filter(subjects__contains=[str(proposal.pk)]).order_by("pk")] == [
            "propose_change",
            "approve_change",
        ]

    def test_a_loader_run_afterwards_keeps_what_two_agreed_on(self, loaded):
        approve(propose(loaded.ivana), loaded.vesna)
        services.load_reference()
        assert contact().data["purpose"] == "Answered on weekdays"

    def test_nobody_approves_or_rejects_their_own(self, loaded):
        proposal = propose(loaded.ivana)
        for decide in (proposals.approve_change, proposals.reject_change):
            with pytest.raises(Refused, match="somebody else decides"):
                decide(proposal=proposal, reason="Why not", decided_by=loaded.ivana, now=timezone.now())
        with pytest.raises(IntegrityError), transaction.atomic():
            Proposal.objects.update(
                status="rejected", decided_by=loaded.ivana, decided_at=timezone.now(), decision_reason="x"
            )

    @pytest.mark.parametrize("change", [{"decided_at": timezone.now()}, {"status": "approved"}, {"reason": ""}])
    def test_the_database_refuses_half_a_decision(self, change, loaded):
        propose(loaded.ivana)
        with pytest.raises(IntegrityError), transaction.atomic():
            Proposal.objects.update(**change)

    def test_a_caseworker_neither_proposes_nor_decides_and_a_supervisor_only_decides(self, loaded):
        for user in (loaded.ana, loaded.vesna):
            with pytest.raises(Refused, match="role"):
                propose(user)
        with pytest.raises(Refused, match="role"):
            approve(propose(loaded.ivana), loaded.ana)

    def test_one_open_proposal_per_entry(self, loaded):
        first = propose(loaded.ivana)
        with pytest.raises(Refused, match="waits for a second person already"):
            propose(loaded.ivana)
        proposals.withdraw_change(proposal=first, withdrawn_by=loaded.ivana)
        assert propose(loaded.ivana).status == ProposalStatus.PROPOSED

    def test_what_the_file_changed_meanwhile_stops_an_approval(self, loaded):
        proposal = propose(loaded.ivana)
        entry = contact()
        services.write_entry(
            section=entry.section, code=entry.code, data={**entry.data, "value": "011 000"}, reason="Elsewhere"
        )
        assert proposals.is_outdated(proposal)
        with pytest.raises(Refused, match="changed since this was proposed"):
            approve(proposal, loaded.vesna)
        assert contact().data["value"] == "011 000"
        with pytest.raises(Refused, match="Say why"):
            proposals.reject_change(proposal=proposal, reason=" ", decided_by=loaded.vesna, now=timezone.now())
        proposals.reject_change(proposal=proposal, reason="Out of date", decided_by=loaded.vesna, now=timezone.now())

    def test_a_form_opened_on_an_older_wording_is_stale(self, loaded):
        entry = contact()
        old = proposals.current(entry).pk
        approve(propose(loaded.ivana), loaded.vesna)
        with pytest.raises(proposals.Outdated) as caught:
            propose(loaded.ivana, base=old)
        assert caught.value.wording.data["purpose"] == "Answered on weekdays"

    def test_a_succession_keeps_the_old_wording_for_its_days(self, loaded):
        day = timezone.localdate() - timedelta(days=3)
        proposal = propose(loaded.ivana, holds_from=day)
        approve(proposal, loaded.vesna)
        entry = contact()
        assert on_day(entry, day).data["purpose"] == "Answered on weekdays"
        assert on_day(entry, day - timedelta(days=1)).data != entry.data
        with pytest.raises(Refused, match="choose a later day"):
            propose(loaded.ivana, holds_from=day, data={**entry.data, "purpose": "Another"})

    def test_a_wording_of_tomorrow_waits_for_tomorrow(self, loaded):
        with pytest.raises(Refused, match="first day has come"):
            propose(loaded.ivana, holds_from=timezone.localdate() + timedelta(days=2))

    def test_wordings_that_would_hold_on_the_same_day_are_refused_with_a_sentence(self, loaded):
        day = timezone.localdate() - timedelta(days=3)
        approve(propose(loaded.ivana, holds_from=day), loaded.vesna)
        back = {**contact().data, "valid_from": "2020-01-01"}
        proposal = propose(loaded.ivana, data=back)
        with pytest.raises(Refused, match="Another wording"):
            approve(proposal, loaded.vesna)
        proposal.refresh_from_db()
        assert proposal.status == ProposalStatus.PROPOSED

    def test_an_end_keeps_the_entry(self, loaded):
        entry = contact()
        today = timezone.localdate()
        proposal = proposals.propose_end(
            entry=entry,
            base=proposals.current(entry).pk,
            ends_on=today,
            source={"given_by": "The body itself", "given_on": today.isoformat()},
            reason="The number is switched off",
            proposed_by=loaded.ivana,
            now=timezone.now(),
        )
        approve(proposal, loaded.vesna)
        entry = contact()
        assert entry.active and entry.valid_until == today
        assert "The body itself" in proposal.made.reason
        assert not Entry.objects.in_force_on(today + timedelta(days=1)).filter(pk=entry.pk).exists()

    def test_a_new_entry_gets_a_code_from_its_name_that_is_free(self, loaded):
        first = new_licence(loaded.ivana)
        second = new_licence(loaded.ivana)
        assert (first.code, second.code) == ("dorde-ciric-centar", "dorde-ciric-centar-2")
        approve(first, loaded.vesna)
        entry = Entry.objects.get(section="directory.licences", code="dorde-ciric-centar")
        assert entry.active and entry.file == "" and entry.versions.count() == 1
        assert Entry.objects.search("gazette centar").filter(pk=entry.pk).exists()

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"status": "perhaps"}, "none of the values"),
            ({"body": "nobody-there"}, "not among"),
            ({"holder": ""}, "missing"),
            ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "ends before"),
            ({"source": {"given_by": "Somebody"}}, "which day"),
            ({"source": None}, "no source"),
        ],
    )
    def test_what_the_section_cannot_hold_is_a_sentence(self, data, sentence, loaded):
        with pytest.raises(Refused, match=sentence):
            new_licence(loaded.ivana, **data)

    def test_sections_that_are_not_editable_and_changes_that_change_nothing_are_refused(self, loaded):
        figure = Entry.objects.filter(section="published_figures.figures").first()
        with pytest.raises(Refused, match="not changed here"):
            propose(loaded.ivana, figure)
        with pytest.raises(Refused, match="already"):
            propose(loaded.ivana, data=contact().data)
        with pytest.raises(Refused, match="Say why"):
            propose(loaded.ivana, reason="  ")

    def test_approvers_and_the_proposer_are_told_by_number_alone(self, loaded):
        proposal = propose(loaded.ivana)
        told = Message.objects.filter(reference=proposal.number)
        usernames = set(told.values_list("recipient__username", flat=True))
        assert "vesna" in usernames and not usernames & {"ivana", "ana", "dragan"}
        approve(proposal, loaded.vesna)
        assert told.get(subject="change-decided").recipient == loaded.ivana
        assert all("weekdays" not in f"{one.reference}{one.path}" for one in told)

    def test_only_the_proposer_withdraws_and_only_while_it_waits(self, loaded):
        proposal = propose(loaded.ivana)
        with pytest.raises(Refused, match="Only the person"):
            proposals.withdraw_change(proposal=proposal, withdrawn_by=loaded.vesna)
        approve(proposal, loaded.vesna)
        with pytest.raises(Refused, match="cannot be done now"):
            proposals.withdraw_change(proposal=proposal, withdrawn_by=loaded.ivana)

    def test_a_day_is_a_day(self, loaded):
        assert date.fromisoformat(new_licence(loaded.ivana).data["source"]["given_on"]) == date(2026, 3, 1)


def at_once(*acts):
    """Run each in a thread of its own with real commits; what each gave or raised."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            gate.wait()
            found[place] = act()
        except Exception as error:
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_approvals_at_once_make_one_version(committed_db, cast):
    proposal = propose(cast.ivana)

    def approving(user):
        return lambda: approve(Proposal.objects.get(pk=proposal.pk), user)

    found = at_once(approving(cast.vesna), approving(cast.dragan))
    assert sorted(type(one).__name__ for one in found) == ["Proposal", "Refused"]
    assert contact().versions.count() == 2


def test_two_proposals_at_once_leave_one_open(committed_db, cast):
    found = at_once(lambda: propose(cast.ivana), lambda: propose(cast.ivana))
    assert sorted(type(one).__name__ for one in found) == ["Proposal", "Refused"]
    assert Proposal.objects.waiting().count() == 1
