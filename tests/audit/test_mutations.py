"""Whatever somebody with the superuser's password does to the sealed trail is found; what nobody did is not."""

import base64
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from casework.audit import chain, seals
from casework.audit.models import Event
from casework.audit.seal_models import Seal
from casework.audit.services import act
from tests.audit.trails import checked, in_threads, sealed_history, some_events, start_anew, superuser

Dice = random.Random
SOAK_ROUNDS = 2 if os.environ.get("CASEWORK_SOAK") == "ci" else 25


def _events(db: Any) -> list[int]:
    rows = db.execute("SELECT unnest(event_ids) FROM audit_seal").fetchall()
    return sorted(row[0] for row in rows)


def _positions(db: Any) -> list[int]:
    return [row[0] for row in db.execute("SELECT position FROM audit_seal ORDER BY position").fetchall()]


def _batch_of(db: Any, event: int) -> int:
    return int(db.execute("SELECT position FROM audit_seal WHERE %s = ANY(event_ids)", [event]).fetchone()[0])


def _reseal(db: Any, start: int, key: Ed25519PrivateKey | None = None) -> None:
    """Compute the chain anew from a batch on, from what the tables hold now, signed with a key or with rubbish."""
    columns = [field.attname for field in Seal._meta.concrete_fields]
    names = ", ".join(columns)
    rows = db.execute(f"SELECT {names} FROM audit_seal WHERE position >= %s ORDER BY position", [start]).fetchall()
    before = db.execute("SELECT head FROM audit_seal WHERE position = %s", [start - 1]).fetchone()
    previous = before[0] if before else chain.NOTHING_BEFORE
    for row in rows:
        seal = Seal(**dict(zip(columns, row, strict=True)))
        with psycopg_cursor(db) as cursor:
            found = chain.digests_of(cursor, seal.event_ids)
        seal.event_ids = [each for each in seal.event_ids if each in found]
        if not seal.event_ids:
            continue
        seal.count, seal.first, seal.last = len(seal.event_ids), min(seal.event_ids), max(seal.event_ids)
        seal.digests = b"".join(found[each] for each in seal.event_ids)
        seal.previous = previous
        if key is not None:
            raw = key.public_key().public_bytes_raw()
            seal.key_id = chain._key_id(raw)
        seal.head = chain.head_of(seal)
        seal.signature = key.sign(b"casework head\n" + seal.head) if key else os.urandom(64)
        previous = seal.head
        values = [getattr(seal, name) for name in columns]
        assigned = ", ".join(f"{name} = %s" for name in columns)
        db.execute(f"UPDATE audit_seal SET {assigned} WHERE position = %s", [*values, seal.position])


def psycopg_cursor(db: Any) -> Any:
    import psycopg

    return psycopg.ClientCursor(db)


# Each mutation takes the superuser's connection and dice, and returns the position or event that must be named, if any.
Mutation = Callable[[Any, Dice], tuple[int | None, int | None]]


def edit_event(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    event = dice.choice(_events(db))
    change = dice.choice(
        [
            "verb = verb || 'x'",
            "note = note || ' '",
            "at = at + interval '1 microsecond'",
            "actor_id = (SELECT id FROM access_user WHERE id IS DISTINCT FROM actor_id LIMIT 1)",
            "organisation_id = gen_random_uuid()",
            "kind = CASE kind WHEN 'read' THEN 'act' ELSE 'read' END",
            "subjects = subjects || '[\"x\"]'",
            "labels = labels || '[\"x\"]'",
            "fields = fields || '[\"x\"]'",
        ]
    )
    db.execute(f"UPDATE audit_event SET {change} WHERE id = %s", [event])
    return _batch_of(db, event), event


def move_a_boundary_between_columns(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    event = dice.choice(_events(db))
    db.execute("UPDATE audit_event SET verb = left(verb, -1), note = right(verb, 1) || note WHERE id = %s", [event])
    return _batch_of(db, event), event


def delete_event(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    event = dice.choice(_events(db))
    batch = _batch_of(db, event)
    db.execute("DELETE FROM audit_event WHERE id = %s", [event])
    return batch, event


def delete_event_and_its_line(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    event = dice.choice(_events(db))
    batch = _batch_of(db, event)
    db.execute("DELETE FROM audit_event WHERE id = %s", [event])
    db.execute(
        "UPDATE audit_seal SET event_ids = array_remove(event_ids, %s), count = greatest(count - 1, 1)"
        " WHERE position = %s",
        [event, batch],
    )
    return batch, None


def insert_past_the_product(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    """A row in the past that no batch holds: nothing waits for it, because no trigger fired."""
    taken = set(_events(db))
    low = min(taken) - dice.randint(1, 50)
    forged = dice.choice([low, db.execute("SELECT max(id) + 1000 FROM audit_event").fetchone()[0]])
    db.execute(
        "INSERT INTO audit_event (id, at, kind, verb, subjects, labels, fields, note)"
        " VALUES (%s, now() - interval '1 day', 'read', 'case', '[]', '[]', '[]', '')",
        [forged],
    )
    return None, forged


def insert_into_a_batch(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    _position, forged = insert_past_the_product(db, dice)
    batch = dice.choice(_positions(db))
    db.execute(
        "UPDATE audit_seal SET event_ids = event_ids || %s::bigint, count = count + 1,"
        " first = least(first, %s), last = greatest(last, %s), digests = digests || %s WHERE position = %s",
        [forged, forged, forged, os.urandom(32), batch],
    )
    return batch, None


def swap_two_events(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    """Two events change places: everything of one under the id of the other."""
    one, two = dice.sample(_events(db), 2)
    db.execute("UPDATE audit_event SET verb = 'first', note = '1' WHERE id = %s", [one])
    for now, then in ((one, -1), (two, one), (-1, two)):
        db.execute("UPDATE audit_event SET id = %s WHERE id = %s", [then, now])
    return min(_batch_of(db, one), _batch_of(db, two)), None


def reorder_in_a_batch(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    rows = db.execute("SELECT position, event_ids FROM audit_seal WHERE count > 1 ORDER BY position").fetchall()
    if not rows:
        return edit_event(db, dice)
    batch, ids = dice.choice(rows)
    db.execute("UPDATE audit_seal SET event_ids = %s WHERE position = %s", [ids[::-1], batch])
    return batch, None


def swap_two_batches(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    one, two = sorted(dice.sample(_positions(db), 2))
    for now, then in ((one, 10_000), (two, one), (10_000, two)):
        db.execute("UPDATE audit_seal SET position = %s WHERE position = %s", [then, now])
    return one, None


def delete_a_batch(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    batch = dice.choice(_positions(db)[:-1])
    if dice.random() < 0.5:
        db.execute("DELETE FROM audit_event USING audit_seal WHERE id = ANY(event_ids) AND position = %s", [batch])
    db.execute("DELETE FROM audit_seal WHERE position = %s", [batch])
    return batch, None


def delete_a_batch_and_close_the_gap(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    batch = delete_a_batch(db, dice)[0]
    rows = [each for each in _positions(db) if batch is not None and each > batch]
    for position in rows:
        db.execute("UPDATE audit_seal SET position = position - 1 WHERE position = %s", [position])
    return batch, None


def unseal_a_batch(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    """The batch goes, and its events wait again as if they were new."""
    batch = dice.choice(_positions(db)[:-1])
    db.execute("INSERT INTO audit_waiting SELECT unnest(event_ids) FROM audit_seal WHERE position = %s", [batch])
    db.execute("DELETE FROM audit_seal WHERE position = %s", [batch])
    return batch, None


def change_a_seal(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    batch = dice.choice(_positions(db))
    change = dice.choice(
        [
            "made_at = made_at - interval '1 hour'",
            "count = count + 1",
            "first = first - 1",
            "last = last + 1",
            "form = 2",
            "previous = set_byte(previous, 0, (get_byte(previous, 0) + 1) % 256)",
            "head = set_byte(head, 3, (get_byte(head, 3) + 1) % 256)",
            "signature = set_byte(signature, 9, (get_byte(signature, 9) + 1) % 256)",
            "digests = set_byte(digests, 0, (get_byte(digests, 0) + 1) % 256)",
            "key_id = reverse(key_id)",
        ]
    )
    db.execute(f"UPDATE audit_seal SET {change} WHERE position = %s", [batch])
    return batch, None


def cut_the_tail(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    """Events and batches go together from some point on: the chain that is left is whole."""
    start = dice.choice(_positions(db))
    db.execute("DELETE FROM audit_event USING audit_seal WHERE id = ANY(event_ids) AND position >= %s", [start])
    db.execute("DELETE FROM audit_event USING audit_waiting WHERE id = event_id")
    db.execute("DELETE FROM audit_waiting")
    db.execute("DELETE FROM audit_seal WHERE position >= %s", [start])
    return None, None


def truncate_everything(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    db.execute("TRUNCATE audit_event, audit_seal, audit_waiting")
    return None, None


def truncate_the_events(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    db.execute("TRUNCATE audit_event")
    return 1, None


def truncate_the_seals(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    """Nothing is sealed, everything waits: what a trail looks like that never was sealed."""
    db.execute("TRUNCATE audit_seal")
    db.execute("INSERT INTO audit_waiting SELECT id FROM audit_event ON CONFLICT DO NOTHING")
    return None, None


def rewrite_without_the_key(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    batch, _event = edit_event(db, dice)
    assert batch is not None
    _reseal(db, batch)
    return batch, None


def rewrite_with_another_key(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    batch, _event = edit_event(db, dice)
    assert batch is not None
    _reseal(db, batch, Ed25519PrivateKey.generate())
    return batch, None


def rewrite_with_the_key_itself(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    """The key was stolen too: only what lies outside can tell."""
    from django.conf import settings

    batch, _event = edit_event(db, dice) if dice.random() < 0.5 else delete_event(db, dice)
    assert batch is not None
    _reseal(db, batch, Ed25519PrivateKey.from_private_bytes(base64.b64decode(settings.CASEWORK_AUDIT_KEY)))
    return None, None


def forge_a_batch_at_the_end(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    """What the app's own access allows, without the key: one more row in the seal table."""
    event = dice.choice(_events(db))
    head, position = db.execute("SELECT head, position FROM audit_seal ORDER BY position DESC LIMIT 1").fetchone()
    seal = Seal(
        position=position + 1,
        made_at=timezone.now(),
        first=event,
        last=event,
        count=1,
        event_ids=[event],
        digests=os.urandom(32),
        previous=head,
        key_id=dice.choice([chain.own_key_id(), "0" * 16]),
        signature=os.urandom(64),
    )
    seal.head = chain.head_of(seal)
    columns = [field.attname for field in Seal._meta.concrete_fields]
    marks = ", ".join(["%s"] * len(columns))
    names = ", ".join(columns)
    db.execute(f"INSERT INTO audit_seal ({names}) VALUES ({marks})", [getattr(seal, name) for name in columns])
    return position + 1, None


def let_one_wait_again(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    event = dice.choice(_events(db))
    db.execute("INSERT INTO audit_waiting VALUES (%s)", [event])
    return None, event


def take_one_from_those_that_wait(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    """An event that waits is hidden from the sealer, which the app's own access allows."""
    db.execute(
        "INSERT INTO audit_event (at, kind, verb, subjects, labels, fields, note)"
        " VALUES (now(), 'read', 'case', '[]', '[]', '[]', '')"
    )
    return None, db.execute("SELECT max(id) FROM audit_event").fetchone()[0]


def delete_one_that_waits(db: Any, dice: Dice) -> tuple[int | None, int | None]:
    waiting = [row[0] for row in db.execute("SELECT event_id FROM audit_waiting ORDER BY 1").fetchall()]
    if not waiting:
        return delete_event(db, dice)
    event = dice.choice(waiting)
    db.execute("DELETE FROM audit_event WHERE id = %s", [event])
    return None, event


MUTATIONS: list[Mutation] = [
    edit_event,
    move_a_boundary_between_columns,
    delete_event,
    delete_event_and_its_line,
    insert_past_the_product,
    insert_into_a_batch,
    swap_two_events,
    reorder_in_a_batch,
    swap_two_batches,
    delete_a_batch,
    delete_a_batch_and_close_the_gap,
    unseal_a_batch,
    change_a_seal,
    cut_the_tail,
    truncate_everything,
    truncate_the_events,
    truncate_the_seals,
    rewrite_without_the_key,
    rewrite_with_another_key,
    rewrite_with_the_key_itself,
    forge_a_batch_at_the_end,
    let_one_wait_again,
    take_one_from_those_that_wait,
    delete_one_that_waits,
]


def missed(mutation: Mutation, db: str, cast: Any, anchor: Any, seed: int) -> Iterator[str]:
    """What verification fails to say about one mutation of a fresh history."""
    dice = Dice(seed)
    start_anew(db, anchor)
    sealed_history([cast.ana, cast.boris, cast.vesna], dice)
    what = f"{mutation.__name__}, seed {seed}"
    before = checked(anchor).finding
    if before is not None:
        yield f"{what}: a false alarm before: {before}"
    with superuser(db) as open_to_all:
        position, event = mutation(open_to_all, dice)
    finding = checked(anchor).finding
    if finding is None:
        yield f"{what}: not found"
    elif (position is not None and finding.position != position) or (event is not None and finding.event_id != event):
        yield f"{what}: found at {finding.position}, {finding.event_id}, not {position}, {event}: {finding}"
    elif str(finding.position or finding.event_id) not in str(finding):
        yield f"{what}: the sentence does not say where: {finding}"


@pytest.fixture
def anchor(settings: Any, tmp_path: Any) -> Any:
    settings.CASEWORK_AUDIT_ANCHOR = str(tmp_path / "anchor")
    return tmp_path / "anchor"


@pytest.mark.requirement("f-complicity")
def test_every_mutation_is_found(committed_db: str, cast: Any, anchor: Any) -> None:
    rounds = [missed(mutation, committed_db, cast, anchor, seed) for seed, mutation in enumerate(MUTATIONS)]
    assert [what for each in rounds for what in each] == []


@pytest.mark.soak
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_mutation_is_found_at_random(mutation: Mutation, committed_db: str, cast: Any, anchor: Any) -> None:
    rounds = [missed(mutation, committed_db, cast, anchor, 1000 + seed) for seed in range(SOAK_ROUNDS)]
    assert [what for each in rounds for what in each] == []


def test_an_old_copy_put_back_is_found(committed_db: str, cast: Any, anchor: Any) -> None:
    """The database goes back to yesterday; the anchor knows more, also after the copy has gone on."""
    dice = Dice(7)
    sealed_history([cast.ana], dice, batches=3)
    with superuser(committed_db) as db:
        for table in ("audit_event", "audit_seal", "audit_waiting", "audit_sealer"):
            db.execute(f"CREATE TABLE copy_of_{table} AS SELECT * FROM {table}")
    sealed_history([cast.boris], dice, batches=3)
    with superuser(committed_db) as db:
        for table in ("audit_event", "audit_seal", "audit_waiting", "audit_sealer"):
            db.execute(f"TRUNCATE {table}")
            db.execute(f"INSERT INTO {table} SELECT * FROM copy_of_{table}")
    found = checked(anchor).finding
    assert found and (found.code, found.position) == ("anchor-ahead", 4)
    sealed_history([cast.ana], dice, batches=5)
    found = checked(anchor).finding
    assert found and (found.code, found.position) == ("anchor-differs", 4)


def test_a_replaced_key_is_found_by_whoever_kept_the_public_one(
    committed_db: str, cast: Any, anchor: Any, settings: Any
) -> None:
    """Whoever runs the server rewrites the trail with a key of their own, in the settings too, and the file with it."""
    sealed_history([cast.ana], Dice(3))
    kept = chain.public_key()
    fresh = Ed25519PrivateKey.generate()
    settings.CASEWORK_AUDIT_KEY = base64.b64encode(fresh.private_bytes_raw()).decode()
    with superuser(committed_db) as db:
        edit_event(db, Dice(3))
        _reseal(db, 1, fresh)
    assert checked().finding is None  # their own key finds nothing, without an anchor
    assert checked(anchor).finding
    found = checked(keys=chain.trusted([kept])).finding
    assert found and (found.code, found.position) == ("seal-other-key", 1)


def test_a_key_that_was_changed_for_good_reason_raises_no_alarm(
    committed_db: str, cast: Any, anchor: Any, settings: Any
) -> None:
    sealed_history([cast.ana], Dice(4), batches=2)
    settings.AUDIT_OLD_PUBLIC_KEYS = [chain.public_key()]
    settings.CASEWORK_AUDIT_KEY = base64.b64encode(os.urandom(32)).decode()
    sealed_history([cast.ana], Dice(5), batches=2)
    assert checked(anchor).finding is None
    settings.AUDIT_OLD_PUBLIC_KEYS = []
    found = checked(anchor).finding
    assert found and found.code == "seal-other-key"


def test_lines_of_the_mails_do_what_the_file_does(
    committed_db: str, cast: Any, anchor: Any, tmp_path: Any, mailoutbox: Any
) -> None:
    """The auditor has nothing but yesterday's mails, and the file is in the same hands as the database."""
    cast.petar.email = "petar@example.org"
    cast.petar.save()
    dice = Dice(8)
    for _day in range(3):
        sealed_history([cast.ana], dice, batches=2)
        seals.Sealer.objects.update(mailed_at=None)
        assert seals.mail_anchor(now=timezone.now()) == 1
    lines = [line for mail in mailoutbox for line in mail.body.splitlines() if chain.read_anchor(line)]
    saved = tmp_path / "mails"
    saved.write_text("\n".join(lines))
    assert checked(saved).anchors == 3 and checked(saved).finding is None
    with superuser(committed_db) as db:
        rewrite_with_the_key_itself(db, Dice(1))
    os.remove(anchor)
    assert checked().finding is None
    found = checked(saved).finding
    assert found and found.code == "anchor-differs"


def honest(cast: Any, dice: Dice, writers: int, events: int) -> None:
    """Several people at work, two sealers, one who reads the whole trail, and an act that commits after all others."""
    people = [cast.ana, cast.boris, cast.vesna, cast.nada]
    seeds = [dice.randrange(10**6) for _each in range(writers)]

    def write(seed: int) -> None:
        some_events(people, events, Dice(seed))

    def slow() -> None:
        with transaction.atomic():
            act("import_records", cast.home, by=cast.ana)
            some_times(lambda: None)
        assert checked().finding is None

    def some_times(work: Any) -> None:
        import time

        for _each in range(8):
            work()
            time.sleep(0.01)

    def seal() -> None:
        some_times(lambda: seals.seal_waiting(now=timezone.now()))

    def check() -> None:
        for _each in range(4):
            report = checked()
            assert report.finding is None, report

    in_threads(*[lambda seed=seed: write(seed) for seed in seeds], slow, seal, seal, check)


def nothing_found(cast: Any, anchor: Any, seed: int) -> None:
    honest(cast, Dice(seed), writers=3, events=12)
    while seals.seal_waiting(now=timezone.now()):
        pass
    report = checked(anchor)
    assert report.finding is None, report
    assert report.waiting == 0 and report.events == Event.objects.count() and report.unreadable == 0


def test_nothing_is_found_where_nobody_did_anything(committed_db: str, cast: Any, anchor: Any) -> None:
    nothing_found(cast, anchor, seed=1)


@pytest.mark.soak
def test_nothing_is_found_where_nobody_did_anything_at_random(committed_db: str, cast: Any, anchor: Any) -> None:
    for seed in range(SOAK_ROUNDS * 4):
        nothing_found(cast, anchor, seed=2000 + seed)


def test_the_command_says_what_it_found_and_ends_with_an_error(
    committed_db: str, cast: Any, anchor: Any, capsys: Any
) -> None:
    some_events([cast.ana], 3, Dice(2))
    call_command("verify_audit", "--seal")
    said = capsys.readouterr().out
    assert "The audit trail is sound." in said and "0 events are not sealed yet" in said and "1 anchors fit" in said
    with superuser(committed_db) as db:
        _position, event = edit_event(db, Dice(2))
    with pytest.raises(CommandError, match=f"Event {event} of batch 1 was changed") as stopped:
        call_command("verify_audit")
    assert stopped.value.returncode == 1
    with pytest.raises(CommandError, match="cannot be read") as stopped:
        call_command("verify_audit", "--anchor", str(anchor) + "-not-there")
    assert stopped.value.returncode == 2
    with pytest.raises(CommandError, match="32 bytes"):
        call_command("verify_audit", "--public-key", "rubbish")
