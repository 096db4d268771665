"""Backups that are made while the system works, and what becomes of them: restored whole, or refused with a reason."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from io import StringIO
from urllib.parse import quote

import psycopg
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client

from config.backup import BackupError, making
from config.backup.database import Database
from config.backup.folder import chosen, object_path, whole
from config.backup.manifest import DUMP, MANIFEST, OBJECTS, lines, read_manifest, write_manifest
from config.backup.named import NAMED, objects
from config.backup.restoring import restore
from config.backup.trying import try_out
from inference.models import Capture, ModelJob, ModelVersion
from inference.services import model_jobs
from labeling.models import Image, LabelImport
from labeling.services.label_import import later
from people.models import AuditEvent
from people.services import audit, sealing
from tests.config.processes import ROOT, manage, until
from tests.factories.inference import ModelVersionFactory, colour_project, coloured
from tests.factories.people import PASSWORD, client_of, member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def database():
    return Database.of_django(connection.settings_dict)


def _empty(database, name):
    with closing(psycopg.connect(autocommit=True, **database.parameters)) as connected:
        connected.execute(f"CREATE DATABASE {name}")
        yield Database({**database.parameters, "dbname": name})
        connected.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty(database):
    """A database of the same server in which there is nothing."""
    yield from _empty(database, "restored")


@pytest.fixture
def another(database):
    """And one more."""
    yield from _empty(database, "another")


@pytest.fixture
def colours(media):
    """A project with a model, twelve captures and a sealed audit log, one of whose people is signed in."""
    project = colour_project()
    engineer = member(project, "engineer")
    project.send = lambda seed: _send(client_of(engineer, project), project, seed)
    for seed in range(12):
        project.send(seed)
    Client().login(username=engineer.username, password=PASSWORD)
    audit.record(actor=engineer, action="thing.done", target="thing")
    sealing.seal()
    return project


def _send(client, project, seed):
    photograph = SimpleUploadedFile("shelf.jpg", coloured("red", seed), "image/jpeg")
    sent = {"project": project.slug, "source": project.sources.get().key, "image": photograph}
    key = {"Idempotency-Key": f"frame-{seed}"}
    answer = client.post("/api/v1/captures/", sent, format="multipart", headers=key)
    assert answer.status_code == 202, answer.content


def rows(database, statement):
    with database.connected() as connected:
        return connected.execute(statement).fetchall()


def environment_of(database, media):
    """For `manage.py` on one of the tests' own databases, with its storage in a folder named media."""
    at = database.parameters
    url = f"postgresql://{at['user']}@{quote(at['host'], safe='')}/{at['dbname']}"
    ours = ("DJANGO_SETTINGS_MODULE", "PGOPTIONS", "VOUCH_TESTS_VAR")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"VOUCH_VAR": str(media.parent), "DATABASE_URL": url}


def nothing_was_restored(empty, media):
    with empty.connected() as connected:
        (tables,) = connected.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    return tables == 0 and not media.exists()


def test_a_backup_made_while_captures_come_in_is_restored_whole(colours, database, empty, settings, tmp_path):
    stop, sent = threading.Event(), []

    def sending():
        try:
            while not stop.is_set():
                colours.send(1000 + len(sent))
                sent.append(1)
        finally:
            connection.close()

    writer = threading.Thread(target=sending)
    writer.start()
    try:
        until(lambda: len(sent) > 3, "captures come in")
        begun = len(sent)
        made = making.make(database, tmp_path / "backups")
        assert len(sent) > begun
    finally:
        stop.set()
        writer.join()
    backed_up = made.manifest.rows["inference_capture"]
    assert 12 + begun <= backed_up < Capture.objects.count()
    assert (made.manifest.deleted, made.manifest.lost, made.manifest.damaged) == (0, 0, 0)

    tried = try_out(made.path)
    assert (tried.faults, tried.sealed_events) == ([], 1)

    settings.MEDIA_ROOT = tmp_path / "other"
    assert restore(empty, made.path) == made.manifest
    images = rows(empty, "SELECT key, sha256 FROM labeling_image")
    assert len(images) == backed_up
    for key, sha256 in images:
        with default_storage.open(key) as file:
            assert hashlib.sha256(file.read()).hexdigest() == sha256
    ((model,),) = rows(empty, "SELECT key FROM inference_modelversion")
    assert (tmp_path / "other" / model).read_bytes() == (tmp_path / "media" / model).read_bytes()
    # Nobody is signed in by a backup.
    assert rows(database, "SELECT count(*) FROM django_session") == [(1,)]
    assert rows(empty, "SELECT count(*) FROM django_session") == [(0,)]
    with pytest.raises(BackupError, match=rf"not empty: it has .* {backed_up} images"):
        restore(empty, made.path)


def test_an_object_that_is_there_already_is_not_copied_again(colours, database, tmp_path):
    first = making.make(database, tmp_path)
    colours.send(50)
    second = making.make(database, tmp_path)
    assert (first.copied, first.manifest.objects) == (13, 13)
    assert (second.copied, second.manifest.objects) == (1, 14)
    # It is in the first as well, and the storage is not asked for it.
    default_storage.delete(Image.objects.order_by("pk").first().key)
    assert making.make(database, tmp_path).manifest.lost == 0


def test_what_was_deleted_meanwhile_lost_or_damaged_is_named(colours, database, tmp_path):
    ordered = list(Image.objects.order_by("key"))
    deleted, lost, damaged = ordered[-1], ordered[-2], ordered[-3]
    default_storage.delete(lost.key)
    default_storage.save(damaged.key, ContentFile(b"other bytes"))

    def delete():
        if Image.objects.filter(pk=deleted.pk).exists():
            Capture.objects.filter(image=deleted).delete()
            deleted.delete()
            default_storage.delete(deleted.key)

    made = making.make(database, tmp_path, progress=delete)
    whys = {stored.key: stored.why for stored in lines(made.path) if stored.why}
    assert whys == {deleted.key: "deleted", lost.key: "lost", damaged.key: "damaged"}
    assert try_out(made.path).faults == []
    with pytest.raises(CommandError, match="1 objects were lost before it, and 1 damaged"):
        call_command("backup", str(tmp_path), stdout=StringIO(), stderr=StringIO())
    told = AuditEvent.objects.get(action="backup.made")
    assert (told.actor, told.project_id, told.detail["lost"], told.detail["damaged"]) == (None, None, 1, 1)


def test_a_backup_is_whole_where_the_audit_log_does_not_take_that_it_was_made(colours, database, tmp_path):
    errors = StringIO()
    with database.connected() as connected:
        refusing = "ADD CONSTRAINT none CHECK (action <> 'backup.made') NOT VALID"
        connected.execute(f"ALTER TABLE people_auditevent {refusing}")
        try:
            call_command("backup", str(tmp_path), stdout=StringIO(), stderr=errors)
        finally:
            connected.execute("ALTER TABLE people_auditevent DROP CONSTRAINT none")
    assert "could not be written to the audit log" in errors.getvalue()
    assert try_out(chosen(tmp_path)).faults == []


@pytest.mark.parametrize("which", [MANIFEST, DUMP, OBJECTS, "object"])
def test_a_flipped_byte_is_named_and_nothing_restored(colours, database, empty, settings, tmp_path, which):
    backup = making.make(database, tmp_path / "backups").path
    settings.MEDIA_ROOT = tmp_path / "other"
    path = backup / which
    if which == "object":
        path = object_path(backup.parent, next(lines(backup)).sha256)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BackupError) as refused:
        restore(empty, backup)
    assert str(path) in str(refused.value)
    assert nothing_was_restored(empty, tmp_path / "other")
    if which in (DUMP, "object"):
        assert [str(path) in fault for fault in try_out(backup).faults] == [True]
    path.unlink()
    with pytest.raises(BackupError, match=path.name):
        restore(empty, backup)


def test_a_backup_of_a_newer_release_is_refused(colours, database, empty, settings, tmp_path):
    backup = making.make(database, tmp_path / "backups").path
    settings.MEDIA_ROOT = tmp_path / "other"
    manifest = read_manifest(backup)
    people = [*manifest.migrations["people"], "0999_of_the_future"]
    write_manifest(backup, replace(manifest, migrations=manifest.migrations | {"people": people}))
    with pytest.raises(BackupError, match=r"newer Vouch .* people.0999_of_the_future is not known"):
        restore(empty, backup)
    assert nothing_was_restored(empty, tmp_path / "other")


def test_rows_and_objects_that_do_not_fit_are_told_when_it_is_tried(colours, database, tmp_path):
    backup = making.make(database, tmp_path).path
    manifest = read_manifest(backup)
    listed = (backup / OBJECTS).read_text().splitlines(keepends=True)
    gone = json.loads(listed[3])["key"]
    (backup / OBJECTS).write_text("".join(listed[:3] + listed[4:]))
    counted = manifest.rows | {"inference_capture": 13}
    sha256 = making.hashed(backup / OBJECTS)[0]
    write_manifest(backup, replace(manifest, rows=counted, objects_sha256=sha256, last_seal=f"2:{'0' * 64}"))
    assert try_out(backup).faults == [
        "inference_capture has 12 rows, and had 13.",
        f"{gone} is named by a row and not in the backup.",
        "The audit log's chain does not hold: seal 2 is not the one kept.",
    ]


def test_a_killed_backup_is_none_and_the_next_is_whole(colours, database, media, tmp_path):
    folder = tmp_path / "backups"
    keys = sorted(Image.objects.values_list("key", flat=True))
    # Whoever reads this one waits for ever.
    stuck = media / keys[6]
    content = stuck.read_bytes()
    stuck.unlink()
    os.mkfifo(stuck)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "backup", str(folder)],
        env=environment_of(database, media),
    )
    try:
        until(
            lambda: len(list((folder / "objects").glob("??/*"))) == 6, "half of the objects are copied", 240
        )
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert list(folder.glob(".unfinished.*/database.dump"))
    assert whole(folder) == []
    with pytest.raises(BackupError, match="never finished"):
        chosen(folder)
    stuck.unlink()
    stuck.write_bytes(content)
    made = making.make(database, folder)
    assert (made.copied, made.manifest.objects) == (7, 13)
    assert list(folder.glob(".unfinished*")) == []
    assert chosen(folder) == made.path
    assert try_out(made.path).faults == []


def test_a_stopped_restore_can_be_begun_again(colours, database, empty, settings, tmp_path, monkeypatch):
    backup = making.make(database, tmp_path / "backups").path
    settings.MEDIA_ROOT = tmp_path / "other"

    def stopped(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Database, "load", stopped)
        with pytest.raises(KeyboardInterrupt):
            restore(empty, backup)
    key = Image.objects.order_by("key").first().key
    default_storage.save(key, ContentFile(b"other bytes"))
    with pytest.raises(BackupError, match=f"{key} already, with other bytes"):
        restore(empty, backup)
    default_storage.delete(key)
    restore(empty, backup)
    assert rows(empty, "SELECT count(*) FROM labeling_image") == [(12,)]


def test_older_backups_go_with_what_they_alone_need(colours, database, tmp_path):
    for seed in (60, 61):
        colours.send(seed)
        image = Image.objects.order_by("-pk").first()
        making.make(database, tmp_path)
        Capture.objects.filter(image=image).delete()
        image.delete()
    made = making.make(database, tmp_path, keep=2)
    assert made.pruned == 1
    first, second = (list(lines(backup)) for backup in whole(tmp_path))
    kept = {path.name for path in (tmp_path / "objects").glob("??/*")}
    assert kept == {stored.sha256 for stored in [*first, *second]}
    assert len(kept) == 14
    (whole(tmp_path)[1] / OBJECTS).write_text("")
    with pytest.raises(BackupError, match="not as it was written"):
        making.make(database, tmp_path, keep=2)
    assert len(list((tmp_path / "objects").glob("??/*"))) == 14


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(
    colours, database, tmp_path, monkeypatch
):
    needed = shutil._ntuple_diskusage(10**9, 10**9, making.MARGIN_BYTES)
    monkeypatch.setattr(making.shutil, "disk_usage", lambda path: needed)
    with pytest.raises(BackupError, match=r"has 64 MB left and the backup may need \d+"):
        making.make(database, tmp_path)
    assert whole(tmp_path) == []
    assert list(tmp_path.glob("*/??/*")) == list(tmp_path.glob(".unfinished*")) == []


def test_two_backups_at_once_into_one_folder_are_refused(colours, database, tmp_path):
    def another():
        with pytest.raises(BackupError, match="Another backup"):
            making.make(database, tmp_path)

    making.make(database, tmp_path, progress=another)
    assert len(whole(tmp_path)) == 1


def test_every_field_that_holds_a_key_is_looked_at(database):
    keys = {
        (model._meta.db_table, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.CharField) and field.name.endswith("key") and field.max_length == 400
    }
    assert keys == {(named.table, named.key) for named in NAMED if named.key.isidentifier()}
    with database.connected() as connected:
        known = connected.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        ).fetchall()
    assert {(named.table, column) for named in NAMED for column in named.needs} <= set(known)


def test_all_files_of_models_and_what_waits_for_a_worker_are_named(colours, database):
    project = colours
    model = ModelVersion.objects.get(project=project)
    ModelVersionFactory(
        project=project,
        sha256="0" * 64,
        members=[{"key": "models/member.onnx", "sha256": "1" * 64, "bytes": 3}],
        novelty={"key": "models/known.npy"},
        checkpoint_key="models/weights.pt",
    )
    waiting = LabelImport.objects.create(project=project, name="a.csv", reference="b.json", made_by=None)
    job = ModelJob.objects.create(project=project, kind="register", name="c.onnx")
    with database.connected() as connected, connected.transaction():
        found = {key for _, key, _ in objects(connected)}
    assert found >= {
        model.key,
        "models/member.onnx",
        "models/known.npy",
        "models/weights.pt",
        later._key(waiting, "file"),
        later._key(waiting, "reference"),
        model_jobs._key(job),
    }


@pytest.mark.slow
def test_an_older_installation_is_restored_into_this_release_by_its_commands(
    colours, database, media, empty, another, tmp_path
):
    restore(empty, making.make(database, tmp_path / "backups").path)
    old = environment_of(empty, media)
    assert manage("migrate", "-v0", "people", "0011", environment=old, seconds=240).returncode == 0
    made = manage("backup", str(tmp_path / "older"), environment=old, seconds=240)
    assert (made.returncode, "13 objects" in made.stdout) == (0, True)
    new = environment_of(another, tmp_path / "new" / "media")
    tried = manage("verify_backup", str(tmp_path / "older"), environment=new, seconds=240)
    assert (tried.returncode, json.loads(tried.stdout)["intact"]) == (0, True)
    restored = manage("restore", str(tmp_path / "older"), environment=new, seconds=240)
    assert (restored.returncode, restored.stderr) == (0, "")
    assert "migrations were applied" in restored.stdout
    assert rows(another, "SELECT count(*) FROM people_auditevent") == [(1,)]
    assert rows(another, "SELECT conname FROM pg_constraint WHERE conname = 'audit_event_number'")
    again = manage("restore", str(tmp_path / "older"), environment=new, seconds=240)
    assert (again.returncode, "The database is not empty" in again.stderr) == (1, True)
