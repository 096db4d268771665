"""The audit log's chain: all of it is sealed whoever writes at the same time, and what is touched is named."""

import json
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from people.models import AuditEvent, AuditSeal
from people.queries.audit_chain import verify
from people.services import audit, sealing
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def write(count, action="thing.done"):
    return [
        audit.record(actor=None, action=action, target=f"thing {number}", detail={"share": 0.1, "n": number})
        for number in range(count)
    ]


def untriggered(statement, values=()):
    """As somebody does who owns the tables."""
    with connection.cursor() as cursor:
        switch = (
            "ALTER TABLE people_auditevent {0} TRIGGER USER; ALTER TABLE people_auditseal {0} TRIGGER USER"
        )
        cursor.execute(switch.format("DISABLE"))
        try:
            cursor.execute(statement, values)
            assert cursor.rowcount == 1
        finally:
            cursor.execute(switch.format("ENABLE"))


@pytest.fixture
def events(monkeypatch):
    """Nine events under four seals: of what had no number, and of four, four and one."""
    monkeypatch.setattr(sealing, "LARGEST", 4)
    made = write(9)
    assert sealing.seal() == 9
    return made


def test_events_are_sealed_once_and_in_order(events):
    assert list(AuditSeal.objects.order_by("number").values_list("number", "count")) == [
        (1, 0),
        (2, 4),
        (3, 4),
        (4, 1),
    ]
    assert sealing.seal() == 0
    write(2)
    assert sealing.seal() == 2
    found = verify()
    assert (found.fault, found.events, found.seals, found.unsealed) == (None, 11, 5, 0)


def test_events_from_before_there_were_numbers_are_in_the_first_seal():
    before = [AuditEvent.objects.create(action="old", target=f"thing {n}", number=None) for n in range(3)]
    write(1)
    assert sealing.seal() == 4
    assert AuditSeal.objects.get(number=1).count == 3
    untriggered("DELETE FROM people_auditevent WHERE id = %s", [before[1].pk])
    assert (verify().fault.event, verify().fault.what) == (str(before[1].pk), "missing")


def test_an_event_committed_after_later_ones_is_sealed_with_them(monkeypatch):
    monkeypatch.setattr(sealing, "PATIENCE_SECONDS", 0.05)
    is_written, may_commit = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                write(1, action="slow")
                is_written.set()
                assert may_commit.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert is_written.wait(30)
    try:
        write(3)
        assert sealing.seal() == 0
    finally:
        may_commit.set()
        thread.join()
    assert sealing.seal() == 4
    assert verify().fault is None


def test_events_written_by_many_while_it_seals_are_each_sealed_once():
    stop = threading.Event()

    def writing():
        try:
            while not stop.is_set():
                with transaction.atomic():
                    write(2)
        finally:
            connection.close()

    threads = [threading.Thread(target=writing) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            sealing.seal()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    sealing.seal()
    found = verify()
    assert (found.fault, found.unsealed, found.events) == (None, 0, AuditEvent.objects.count())
    assert found.seals > 2


@pytest.mark.parametrize(
    "change",
    [
        "actor_id = %s",
        "action = 'thing.undone' WHERE %s > 0 AND id = %s",
        "at = at + interval '1 microsecond' WHERE %s > 0 AND id = %s",
        'detail = \'{"n": 5, "share": 0.10}\' WHERE %s > 0 AND id = %s',
    ],
)
def test_a_changed_event_is_named(events, change):
    where = "" if "WHERE" in change else " WHERE id = %s"
    untriggered(f"UPDATE people_auditevent SET {change}{where}", [UserFactory().pk, events[5].pk])
    fault = verify().fault
    assert (fault.event, fault.what, fault.seal) == (str(events[5].pk), "changed", 3)


def test_an_event_taken_out_and_one_put_in_are_named(events):
    untriggered("DELETE FROM people_auditevent WHERE id = %s", [events[8].pk])
    assert (verify().fault.event, verify().fault.what) == (str(events[8].pk), "missing")
    forged = AuditEvent.objects.create(action="forged", target="thing", number=events[8].number)
    assert (verify().fault.event, verify().fault.what) == (str(forged.pk), "added")
    forged = AuditEvent.objects.create(action="forged", target="thing", number=-4)
    assert (verify().fault.event, verify().fault.seal) == (str(forged.pk), 1)


def test_a_seal_taken_out_changed_or_made_anew_is_named(events):
    kept = str(AuditSeal.objects.get(number=3))
    untriggered("UPDATE people_auditseal SET last_event = last_event + 1 WHERE number = 4")
    assert (verify().fault.seal, verify().fault.what) == (4, "broken")
    untriggered("DELETE FROM people_auditseal WHERE number = 2")
    assert (verify().fault.seal, verify().fault.what) == (2, "missing")
    for number in (3, 4):
        untriggered("DELETE FROM people_auditseal WHERE number = %s", [number])
    untriggered("UPDATE people_auditevent SET action = 'thing.undone' WHERE id = %s", [events[0].pk])
    sealing.seal()
    # Whoever can change everything can make the chain anew; a seal kept elsewhere tells.
    call_command("verify_audit", stdout=StringIO())
    with pytest.raises(CommandError, match="made anew"):
        call_command("verify_audit", expect=(3, kept.split(":")[1]), stdout=StringIO())


def test_the_database_refuses_to_change_events_and_seals(events):
    for refused in (
        lambda: AuditEvent.objects.filter(pk=events[0].pk).update(action="other"),
        lambda: AuditEvent.objects.filter(pk=events[0].pk).delete(),
        lambda: AuditSeal.objects.filter(number=2).update(count=3),
        lambda: AuditSeal.objects.filter(number=2).delete(),
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            refused()


def test_the_command_prints_the_last_seal_and_takes_it_back(events):
    out = StringIO()
    call_command("verify_audit", "--json", stdout=out)
    told = json.loads(out.getvalue())
    last = AuditSeal.objects.get(number=4)
    assert told["intact"]
    assert told["last_seal"] == str(last)
    write(1)
    out = StringIO()
    call_command("verify_audit", "--expect", told["last_seal"], stdout=out)
    assert "9 events under 4 seals" in out.getvalue()
    assert "1 events are not sealed yet" in out.getvalue()
    with pytest.raises(CommandError, match="Seal 9 is missing"):
        call_command("verify_audit", "--expect", f"9:{'0' * 64}", stdout=StringIO())
