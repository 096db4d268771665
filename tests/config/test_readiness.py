"""What makes a web process not ready, each thing by itself, and that it is alive all the same."""

import errno

import psycopg
import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client

from config import schema
from config.watching import readiness as watched
from config.watching.figures import LISTENING
from people.services.listening import connection_parameters

pytestmark = pytest.mark.django_db
READY = {"database": True, "migrations": True, "storage": True}


@pytest.fixture(autouse=True)
def asked_anew():
    cache.delete("readiness.storage")
    yield
    cache.delete("readiness.storage")


def told():
    answer = Client().get("/readyz")
    said = answer.json()
    assert answer.status_code == (200 if said.pop("status") == "ok" else 503)
    return answer.status_code, {name: value for name, value in said.items() if value is not None}


def reached(monkeypatch, **other):
    given = connection_parameters()
    monkeypatch.setattr(watched, "connection_parameters", lambda: {**given, **other})


def test_it_is_ready_and_says_what_makes_nothing_unready():
    status, said = told()
    assert status == 200
    before = said.pop("inference_processes")
    assert said == READY | {"projects_without_champion": 0}
    with psycopg.connect(**connection_parameters(), autocommit=True) as listening:
        listening.execute(LISTENING)
        assert told()[1]["inference_processes"] == before + 1


def test_not_while_the_database_does_not_answer(monkeypatch):
    reached(monkeypatch, host="127.0.0.1", port=1)
    assert told() == (503, {"database": False, "migrations": False, "storage": True})
    assert Client().get("/healthz").status_code == 200


def test_not_while_the_database_takes_no_writes(monkeypatch):
    reached(monkeypatch, options="-c default_transaction_read_only=on")
    assert told() == (503, {"database": False, "migrations": False, "storage": True})


def test_not_before_the_migrations_of_this_release(monkeypatch):
    coming = schema.leaves() | {("people", "9999_to_come")}
    monkeypatch.setattr(schema, "leaves", lambda: coming)
    assert told() == (503, {"database": True, "migrations": False, "storage": True})


def test_not_in_a_database_with_nothing_in_it(monkeypatch):
    reached(monkeypatch, dbname="postgres")
    assert told() == (503, {"database": True, "migrations": False, "storage": True})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_not_while_the_storage_takes_no_file(monkeypatch, number):
    def refused(name, content):
        raise OSError(number, "no")

    with monkeypatch.context() as broken:
        broken.setattr(default_storage, "save", refused)
        status, said = told()
        assert (status, said["storage"]) == (503, False)
    # It is asked again in a while, not with every question.
    assert told()[0] == 503
    cache.delete("readiness.storage")
    assert told()[0] == 200


def test_the_probe_leaves_no_file():
    told()
    assert default_storage.listdir("readiness")[1] == []
