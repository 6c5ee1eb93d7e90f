"""Import of `calls`: twice the same is once, and what does not fit is refused where it stands."""

import pytest

from casework.statistics.engine import annual_report
from referrals.models import Call
from tests.exchange.folders import write

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("s-hotline-cptv")]

REFERRALS = (
    "referral_id,received_at,source,person_id,given_name\n"
    "R1,2024-03-01T10:00,cptv-hotline,P1,Jana\n"
    "R2,2024-04-01T10:00,cptv-hotline,P1,Jana\n"
    "R3,2024-05-01T10:00,cptv-hotline,,\n"
)
HEAD = "call_id,received_at,hotline,trafficking_related,referral_id\n"
CALLS = HEAD + (
    "C1,2024-03-01T09:50,cptv,yes,R1\n"
    "C2,2024-04-01T09:50,cptv,yes,R2\n"
    "C3,2024-05-01T09:50,cptv,yes,R3\n"
    "C4,2024-05-02T09:50,cptv,yes,\n"
    "C5,2024-05-03T09:50,cptv,no,\n"
    "C6,2024-05-04T09:50,ngo,yes,\n"
    "C7,2024-12-31T23:30Z,cptv,yes,\n"
    "C4,2024-05-02T09:50,cptv,yes,\n"
)


def test_calls_and_persons_are_counted_apart(import_records, tmp_path):
    folder = write(tmp_path / "in", {"referrals": REFERRALS, "calls": CALLS})
    ran = import_records(folder)
    assert (ran.code, ran.err) == (0, [])
    assert ran.out == ["referrals: 3 new, 0 already there", "calls: 7 new, 1 already there"]
    report = annual_report(2024)
    counted = {each.figure.id: each.value for each in report.figures}
    assert (counted["cptv-hotline-calls"], counted["cptv-hotline-victims"]) == (4, 1)
    assert annual_report(2025).figure("cptv-hotline-calls").value == 1  # half past midnight in Belgrade
    assert not report.failed
    call = Call.objects.exclude(referral=None).select_related("referral").earliest("received_at")
    assert (call.key_id, call.imported, call.number) == (call.referral.key_id, True, "H-2024-000001")
    again = import_records(folder)
    assert again.out[:2] == ["referrals: 0 new, 3 already there", "calls: 0 new, 8 already there"]
    assert Call.objects.count() == 7


def test_a_call_follows_a_referral_that_was_imported_before(import_records, tmp_path):
    assert import_records(write(tmp_path / "one", {"referrals": REFERRALS})).code == 0
    later = {
        "referrals": REFERRALS,
        "calls": HEAD + "C1,2024-03-01T09:50,cptv,yes,R1\nC3,2024-05-01T09:50,cptv,yes,R3\n",
    }
    assert import_records(write(tmp_path / "two", later)).code == 0
    assert Call.objects.count() == 2
    for call in Call.objects.select_related("referral"):
        assert call.key_id == call.referral.key_id


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ("C1,2024-03-01T09:50,cptv,yes,R9\n", "calls.csv:2:referral_id: No referral has this key."),
        (
            "C1,2999-03-01T09:50,cptv,yes,\n",
            "calls.csv:2:received_at: This call would have been received in the future.",
        ),
        (
            "C1,2024-03-01T09:50,cptv,yes,\nC1,2024-03-01T09:50,ngo,yes,\n",
            "calls.csv:3:call_id: Line 2 has the same call_id with different content.",
        ),
        ("C1,2024-03-01T09:50,astra,yes,\n", "calls.csv:2:hotline: “astra” is not a code of this column."),
        ("C1,2024-03-01T09:50,cptv,unknown,\n", "calls.csv:2:trafficking_related: “unknown” is not a code"),
        ("C1,2024-03-01T09:50,cptv,,\n", "calls.csv:2:trafficking_related:"),
        (",2024-03-01T09:50,cptv,yes,\n", "calls.csv:2:call_id:"),
        ("C1,yesterday,cptv,yes,R1\n", "calls.csv:2:received_at:"),
    ],
)
def test_what_does_not_fit_is_refused(import_records, tmp_path, rows, error):
    ran = import_records(write(tmp_path / "in", {"referrals": REFERRALS, "calls": HEAD + rows}))
    assert ran.code != 0
    assert any(line.startswith(error) for line in ran.err), ran.err
    assert not Call.objects.exists()


def test_the_same_key_with_other_content_later_is_refused(import_records, tmp_path):
    one = {"referrals": REFERRALS, "calls": HEAD + "C1,2024-03-01T09:50,cptv,yes,\n"}
    assert import_records(write(tmp_path / "one", one)).code == 0
    two = one | {"calls": HEAD + "C1,2024-03-01T09:50,cptv,yes,R1\n"}
    ran = import_records(write(tmp_path / "two", two))
    assert ran.err[0] == "calls.csv:2:call_id: This call_id is already in the records with different content."
