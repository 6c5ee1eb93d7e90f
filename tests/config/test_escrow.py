"""The keys among people: enough of them open, fewer never, a wrong or foreign share is told."""

import io

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from casework.audit.models import Event
from casework.config import escrow
from casework.config.escrow import EscrowProblem, Share
from casework.config.models import Chore, Run

SECRET = {"CASEWORK_KEYS": "k1:abc", "CASEWORK_INDEX_KEY": "def", "CASEWORK_AUDIT_KEY": "ghi"}


def split(people=5, needed=3, secret=SECRET):
    return escrow.split(secret, people=people, needed=needed, made_on="2026-11-22")


@st.composite
def splittings(draw):
    people = draw(st.integers(2, 8))
    needed = draw(st.integers(2, people))
    return people, needed, draw(st.permutations(range(people)))


@given(splittings(), st.dictionaries(st.text(max_size=10), st.text(max_size=60), max_size=4))
@hypothesis_settings(max_examples=60, deadline=None)
def test_any_k_of_n_open_and_any_fewer_do_not(splitting, secret):
    people, needed, order = splitting
    shares = split(people, needed, secret)
    assert escrow.combine([shares[at] for at in order[:needed]]) == secret
    assert escrow.combine([shares[at] for at in order]) == secret
    with pytest.raises(EscrowProblem, match=f"{needed} shares are needed"):
        escrow.combine([shares[at] for at in order[: needed - 1]])
    few = [shares[at] for at in order[: needed - 1]]
    with pytest.raises(EscrowProblem, match="one of them twice"):
        escrow.combine([*few, few[0]])


@given(st.data())
@hypothesis_settings(max_examples=60, deadline=None)
def test_a_changed_letter_of_a_card_is_noticed(data):
    share = split()[2]
    code = share.code()
    at = data.draw(st.integers(len(escrow.FORM) + 1, len(code) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_=").filter(lambda each: each != code[at]))
    try:
        read = Share.read(code[:at] + letter + code[at + 1 :])
    except EscrowProblem:
        return
    assert read == share, "the letter changed nothing but padding"


@given(st.integers(1, 3), st.binary(min_size=32, max_size=32))
@hypothesis_settings(max_examples=40, deadline=None)
def test_a_forged_share_opens_nothing(number, halves):
    from dataclasses import replace

    shares = split()
    forged = replace(shares[number - 1], halves=halves)
    with pytest.raises(EscrowProblem, match="not genuine"):
        escrow.combine([forged, *[share for share in shares[:3] if share.number != number]])


def test_shares_of_two_splittings_are_told_apart():
    with pytest.raises(EscrowProblem, match="not of one splitting"):
        escrow.combine([*split()[:2], split()[2]])


def test_fewer_than_two_would_be_one_person_with_the_keys():
    for people, needed in ((1, 1), (3, 1), (3, 4), (21, 2)):
        with pytest.raises(EscrowProblem):
            split(people, needed)


def test_a_card_is_read_whole_however_it_is_broken_into_lines():
    share = split()[0]
    card = escrow.card(share, "Ana Probna")
    assert Share.read(card) == share
    assert Share.read(card.replace("\n", "\r\n   ")) == share
    assert "Ana Probna" in card and share.words in card and "abc" not in card
    for text in ("", "hello", f"{escrow.FORM}:", f"{escrow.FORM}:AAAA"):
        with pytest.raises(EscrowProblem):
            Share.read(text)


# --- The command -----------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards(tmp_path):
    folder = tmp_path / "cards"
    call_command("escrow", "split", "--people", "Ana", "Boris", "Vesna", "--needed", "2", "--cards", str(folder),
                 stdout=io.StringIO())  # fmt: skip
    return sorted(folder.iterdir())


def test_cards_are_private_and_the_splitting_is_on_record(cards, settings):
    assert [card.stat().st_mode & 0o777 for card in cards] == [0o600] * 3
    assert all(settings.CASEWORK_KEYS[0] not in card.read_text() for card in cards)
    run = Run.objects.newest(Chore.ESCROW_SPLIT)
    assert run.note == "2/3" and Event.objects.filter(verb="split_keys", note=run.reference).exists()
    assert "Ana" not in run.reference + run.note


def test_a_drill_proves_the_keys_and_shows_none(cards, settings):
    out = io.StringIO()
    call_command("escrow", "drill", str(cards[2]), str(cards[0]), stdout=out)
    assert "open all of today's keys" in out.getvalue()
    assert settings.CASEWORK_KEYS[0].split(":")[1] not in out.getvalue()
    assert Run.objects.newest(Chore.ESCROW_DRILL) is not None


def test_a_drill_with_too_few_or_after_a_rotation_fails_with_a_sentence(cards, settings):
    with pytest.raises(CommandError, match="2 shares are needed, and there are 1"):
        call_command("escrow", "drill", str(cards[0]))
    settings.CASEWORK_KEYS = ["k2:" + "B" * 43 + "=", *settings.CASEWORK_KEYS]
    with pytest.raises(CommandError, match=r"do not hold all of today's keys: CASEWORK_KEYS \(k2\)"):
        call_command("escrow", "drill", str(cards[0]), str(cards[1]))
    assert Run.objects.newest(Chore.ESCROW_DRILL) is None
    assert Run.objects.newest(Chore.ESCROW_DRILL, ok=False) is not None


def test_combining_writes_a_private_file_of_settings(cards, tmp_path, settings):
    file = tmp_path / "env"
    call_command("escrow", "combine", str(cards[1]), str(cards[2]), "--write", str(file), stdout=io.StringIO())
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"CASEWORK_KEYS={','.join(settings.CASEWORK_KEYS)}\n" in file.read_text()
    with pytest.raises(CommandError, match="File exists"):
        call_command("escrow", "combine", str(cards[1]), str(cards[2]), "--write", str(file))


def test_shares_are_typed_one_after_the_other(cards, monkeypatch):
    typed = iter([*cards[0].read_text().split("\n\n")[1].splitlines(), "", "nonsense", "",
                  *cards[1].read_text().split("\n\n")[1].splitlines(), ""])  # fmt: skip
    monkeypatch.setattr("builtins.input", lambda prompt="": next(typed))
    out, err = io.StringIO(), io.StringIO()
    call_command("escrow", "drill", stdout=out, stderr=err)
    assert "open all of today's keys" in out.getvalue() and "This is no share" in err.getvalue()


def test_people_without_or_with_the_same_name_and_files_that_are_none(tmp_path):
    for people in (["Ana", "Ana"], ["Ana", " "]):
        with pytest.raises(CommandError, match="name of their own"):
            call_command("escrow", "split", "--people", *people, "--needed", "2")
    (tmp_path / "noise").write_bytes(b"\xff\xfe\x00")
    for file, sentence in ((tmp_path / "noise", "no share"), (tmp_path / "none", "No such file")):
        with pytest.raises(CommandError, match=sentence):
            call_command("escrow", "drill", str(file))
