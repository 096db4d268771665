"""An erased image: nothing like its bytes is left, everything said of it still adds up, and the certificate says so."""

import io
import json
import threading
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback.models import DatasetMember, Example
from feedback.services import datasets, erasing, exporting
from feedback.services.alert_rules import set_rules
from feedback.services.hashing import hash_images
from inference.domain import manifest
from inference.imaging import Preprocessing
from inference.models import Capture, Embedding, Prediction, TrainingRun
from inference.services import attention, decoded
from inference.services.captures import retry
from inference.services.evaluating import evaluate
from inference.signals import captures_predicted
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.enums import AnswerState, ResolvedBy, TaskState, Verdict
from labeling.models import AgreementStatistics, Answer, Erasure, Gold, Image, Resolution, Task
from labeling.queries import selecting
from labeling.services import agreement, erasure, images, removal, thumbnails
from labeling.services.answers import Said, TooLate, record_answer
from labeling.services.gold import make_gold
from labeling.services.leases import claim
from labeling.services.resolving import settle
from labeling.services.tasks import Request, open_tasks
from people.models import AuditEvent
from tests.factories.feedback import labelled
from tests.factories.inference import ModelVersionFactory, PredictionFactory, colour_project, coloured
from tests.factories.labeling import LABELS, AnswerFactory, ImageFactory, open_task, picture, project_with
from tests.factories.people import UserFactory, member
from tests.locks import until_somebody_waits_for_me

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR = tmp_path / "var"
    return tmp_path


def freeze(project):
    return datasets.freeze(datasets.request_dataset(user=None, project=project).pk)


def content_of(dataset):
    with default_storage.open(dataset.manifest_key) as file:
        return manifest.read(file)


def erase(image, user=None, reason="Anna asked for it."):
    user = user or member(image.project, "qa_lead")
    return erasure.erase(user=user, image=image, reason=reason)[0]


def old(made):
    """As if it had been asked for long ago."""
    Erasure.objects.filter(pk=made.pk).update(asked_at=timezone.now() - timedelta(hours=1))


def everything_of(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


@pytest.fixture
def held(media):
    """A project of a dozen labelled images, one of them frozen in a dataset, predicted, shown small and looked at."""
    project = colour_project(slug="shelf")
    source = project.sources.first()
    wanted, _ = images.store(
        project=project,
        data=picture(7, size=(900, 600), quality=95),
        filename="anna-svensson.jpg",
        source=source,
        context={"customer": "Anna Svensson"},
        split="train",
    )
    settle(image=wanted, value={"label": "red"}, by=ResolvedBy.IMPORTED)
    for seed in range(30, 42):
        labelled(project, ("red", "green", "blue")[seed % 3], seed)
    thumbnails.open_thumbnail(wanted)[0].close()
    prediction = PredictionFactory(
        capture__project=project,
        capture__image=wanted,
        capture__source=source,
        capture__context={"customer": "Anna Svensson"},
        model=project.models.get(),
    )
    Embedding.objects.create(prediction=prediction, vector=np.ones(3))
    default_storage.save(attention.key_of(prediction), ContentFile(b"where it looked"))
    folder, name = wanted.key.rsplit("/", 1)
    default_storage.save(f"{folder}/.{name}.123.abcd", ContentFile(images.read(wanted)[:5000]))
    return wanted


def test_nothing_like_its_bytes_is_left_and_every_number_adds_up(held, media):
    before = images.read(held)
    dataset = freeze(held.project)
    small = Path(default_storage.path(thumbnails.key_of(held))).read_bytes()
    answers, resolutions, examples = (
        Answer.objects.count(),
        Resolution.objects.count(),
        Example.objects.count(),
    )
    made = erase(held)
    erasing.carry_out()
    held.refresh_from_db()
    made.refresh_from_db()
    assert held.erased_at
    assert (held.filename, held.context, held.difference_hash) == ("", {}, None)
    for path in everything_of(media):
        content = path.read_bytes()
        assert not any(part in content for part in (before[600:700], small[300:400], b"where it looked")), (
            path
        )
        assert b"Anna Svensson" not in content, path
    assert not Embedding.objects.exists()
    assert Capture.objects.get(image=held).context == {}
    assert (Answer.objects.count(), Resolution.objects.count(), Example.objects.count()) == (
        answers,
        resolutions,
        examples,
    )
    assert made.removed_at
    assert made.confirmed_at is None
    assert sorted(file["what"] for file in made.removed["files"]) == [
        "image",
        "small copy",
        "unfinished copy",
        "where a model looked",
    ]
    assert made.removed["facts"] == ["filename", "difference_hash", "context.customer"]
    assert made.removed["counts"]["embeddings"] == made.removed["counts"]["manifests"] == 1
    assert [one["number"] for one in made.learned["datasets"]] == [dataset.number]


def test_frozen_dataset_keeps_its_hash_and_its_export_says_what_is_missing(held):
    dataset = freeze(held.project)
    said = content_of(dataset)
    erase(held)
    erasing.carry_out()
    after = content_of(dataset)
    assert manifest.content_hash(after) == manifest.content_hash(said) == dataset.hash
    assert after.test_hash() == said.test_hash()
    assert DatasetMember.objects.filter(dataset=dataset).count() == sum(dataset.counts.values())
    archive = zipfile.ZipFile(io.BytesIO(b"".join(exporting.zipped(dataset, "csv", pictures=True))))
    name = f"{held.sha256}.jpg"
    assert not [path for path in archive.namelist() if path.endswith(name)]
    assert len([path for path in archive.namelist() if path.startswith("images/")]) == 12
    assert archive.read(exporting.ERASED).decode().splitlines()[1:] == [f"{name} {timezone.now():%Y-%m-%d}"]
    assert exporting.MISSING not in archive.namelist()
    assert name in archive.read("labels.csv").decode()
    folder = zipfile.ZipFile(io.BytesIO(b"".join(exporting.zipped(dataset, "imagefolder", pictures=True))))
    assert exporting.ERASED in folder.namelist()
    assert not [path for path in folder.namelist() if path.endswith(name)]


def test_next_dataset_leaves_it_out(held):
    freeze(held.project)
    erase(held)
    erasing.carry_out()
    assert hash_images(held.project) == {}
    later = freeze(held.project)
    assert held.sha256 not in {row.sha256 for row in content_of(later).rows}
    assert sum(later.counts.values()) == 12


def test_dataset_being_frozen_leaves_out_what_is_erased_meanwhile(held, monkeypatch):
    asked = datasets.request_dataset(user=None, project=held.project)

    def on_progress(stage, done, total):
        if stage == "placing images":
            erase(Image.objects.get(pk=held.pk))

    dataset = datasets.freeze(asked.pk, on_progress)
    assert sum(dataset.counts.values()) == 12
    assert held.sha256 not in {row.sha256 for row in content_of(dataset).rows}


def test_models_that_learned_from_it_are_named_and_those_measured_on_it_are_not(held):
    project = held.project
    dataset = freeze(project)
    taught = ModelVersionFactory(project=project, dataset_id=dataset.pk, number=11)
    child = ModelVersionFactory(project=project, parent=taught, number=12)
    made = erase(held)
    assert {(model["number"], model["steps"]) for model in made.learned["models"]} == {(11, 0), (12, 1)}
    measured = Image.objects.get(
        pk=DatasetMember.objects.filter(dataset=dataset, split="test").first().example.image_id
    )
    made = erase(measured)
    assert (made.learned["models"], len(made.learned["datasets"])) == ([], 1)
    assert child.parent == taught


def test_models_are_measured_on_what_is_left_both_alike(held):
    project = held.project
    for seed in range(6):
        image, _ = images.store(project=project, data=coloured("red", 100 + seed), split="test")
        settle(image=image, value={"label": "red"}, by=ResolvedBy.IMPORTED)
    dataset = freeze(project)
    model = project.models.get()
    before = evaluate(model=model, manifest=content_of(dataset))
    erase(image)
    erasing.carry_out()
    after = evaluate(model=model, manifest=content_of(dataset))
    assert (after.pk, after.images) == (before.pk, before.images - 1)


def test_open_tasks_close_and_nobody_is_asked_about_it_again(shop):
    queue = shop.queue("review")
    image, _ = images.store(project=shop.project, data=picture(3), filename="a.jpg")
    task = open_task(queue, image)
    ((_, lease),) = claim(user=shop.annotator, queue=queue, count=1)
    make_gold(user=shop.qa_lead, project=shop.project, image=image, value={"label": LABELS[0]})
    erase(image, shop.qa_lead)
    task.refresh_from_db()
    assert task.state == TaskState.WITHDRAWN
    assert not Gold.objects.filter(retired_at=None).exists()
    said = Said(client_id=uuid4(), verdict=Verdict.LABEL, value={"label": LABELS[0]}, seconds=1)
    with pytest.raises(TooLate):
        record_answer(user=shop.annotator, task=task, said=said, lease=lease.token)
    assert Answer.objects.get().state == AnswerState.LATE
    image.refresh_from_db()
    with pytest.raises(ValueRefused, match="erased"):
        make_gold(user=shop.qa_lead, project=shop.project, image=image, value={"label": LABELS[0]})
    assert not selecting.narrowed(shop.project, {}).exists()
    assert open_tasks(queue=queue, requests=[Request(image=image)]) == []


def test_pending_capture_is_given_up_and_not_tried_again(held):
    source = held.project.sources.first()
    waiting = Capture.objects.create(
        project=held.project, image=held, source=source, captured_at=timezone.now()
    )
    made = erase(held)
    erasing.carry_out()
    waiting.refresh_from_db()
    made.refresh_from_db()
    assert (waiting.state, made.removed["counts"]["pending captures"]) == ("failed", 1)
    assert retry(by=member(held.project, "engineer"), captures=[waiting]) == 0


def test_image_erased_while_it_was_predicted_alerts_nobody(shop):
    set_rules(
        user=shop.engineer,
        project=shop.project,
        documents=[{"name": "Empty shelf", "label": "out_of_stock", "confidence": 0.8}],
    )
    prediction = PredictionFactory(
        capture__project=shop.project,
        capture__source=shop.camera,
        model=ModelVersionFactory(project=shop.project),
        value={"label": "out_of_stock"},
    )
    erase(prediction.capture.image, shop.engineer)
    prediction.capture.image.refresh_from_db()
    captures_predicted.send(sender=Prediction, predictions=[prediction])
    assert not Task.objects.exists()


def test_decoded_copy_is_overwritten(held, settings):
    wanted = Preprocessing(size=16)
    held.project.models.update(preprocessing=wanted.to_json())
    decoded.keep(held.sha256, wanted, np.full((3, 16, 16), 7, dtype=np.uint8))
    assert decoded.find(held.sha256, wanted) is not None
    erase(held)
    erasing.carry_out()
    assert decoded.find(held.sha256, wanted) is None
    assert not any(b"\x07" * 16 in path.read_bytes() for path in everything_of(settings.VAR))


def test_killed_between_mark_and_removal_the_next_run_removes_it(held, monkeypatch):
    made = erase(held)
    path = Path(default_storage.path(held.key))

    def killed(files):
        default_storage.delete(files[0]["key"])
        raise KeyboardInterrupt

    with monkeypatch.context() as crash:
        crash.setattr("labeling.services.removal.remove", killed)
        with pytest.raises(KeyboardInterrupt):
            erasing.carry_out()
    made.refresh_from_db()
    # Marked, not removed, and everything that was there is on the list.
    assert made.removed_at is None
    assert len(made.removed["files"]) == 4
    assert not path.exists()
    assert default_storage.exists(thumbnails.key_of(held))
    erasing.carry_out()
    made.refresh_from_db()
    assert made.removed_at
    assert len(made.removed["files"]) == 4
    assert not default_storage.exists(thumbnails.key_of(held))


def test_storage_that_fails_holds_up_no_other_and_is_tried_again(held, monkeypatch, caplog):
    other = labelled(held.project, "red", 99)
    first, second = erase(held), erase(other)
    remove = removal.remove

    def broken(files):
        if any(file["key"] == held.key for file in files):
            raise OSError("the disk is gone")
        remove(files)

    monkeypatch.setattr("labeling.services.removal.remove", broken)
    assert erasing.carry_out() == 1
    assert "the disk is gone" in caplog.text
    assert Erasure.objects.get(pk=second.pk).removed_at
    assert not Erasure.objects.get(pk=first.pk).removed_at
    monkeypatch.undo()
    assert erasing.carry_out() == 1
    assert Erasure.objects.get(pk=first.pk).removed_at


def test_looked_for_once_more_what_was_under_way_is_removed_and_then_confirmed(held):
    bytes_of_it = images.read(held)
    made = erase(held)
    erasing.carry_out()
    assert erasing.carry_out() == 0
    # An upload and a small copy that had begun before the mark.
    default_storage.save(held.key, ContentFile(bytes_of_it))
    default_storage.save(thumbnails.key_of(held), ContentFile(b"small"))
    old(made)
    assert erasing.carry_out() == 1
    made.refresh_from_db()
    assert made.confirmed_at
    assert not default_storage.exists(held.key)
    assert not default_storage.exists(thumbnails.key_of(held))
    assert erasing.carry_out() == 0


def test_not_confirmed_while_a_training_that_may_have_read_it_runs(held):
    dataset = freeze(held.project)
    run = TrainingRun.objects.create(
        project=held.project, dataset_id=dataset.pk, manifest_key=dataset.manifest_key, state="running"
    )
    made = erase(held)
    erasing.carry_out()
    old(made)
    erasing.carry_out()
    made.refresh_from_db()
    assert made.confirmed_at is None
    ModelVersionFactory(project=held.project, dataset_id=dataset.pk, number=21)
    run.state = "succeeded"
    run.save()
    erasing.carry_out()
    made.refresh_from_db()
    assert made.confirmed_at
    assert [model["number"] for model in made.learned["models"]] == [21]


def test_erased_again_is_the_same(held):
    lead = member(held.project, "engineer")
    first, is_new = erasure.erase(user=lead, image=held, reason="Once.")
    again, is_new_again = erasure.erase(user=lead, image=held, reason="Twice.")
    assert (is_new, is_new_again) == (True, False)
    assert again.pk == first.pk
    assert again.reason == "Once."
    event = AuditEvent.objects.get(action="image.erased")
    assert event.actor == lead
    assert event.detail == {"erasure": str(first.pk), "learned": {"datasets": 0, "models": 0}}


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001, "a\0b"])
def test_reason_is_asked_for(held, reason):
    with pytest.raises(ValueRefused, match="why"):
        erase(held, reason=reason)
    held.refresh_from_db()
    assert held.erased_at is None


@pytest.mark.parametrize("role", ["annotator", "associate"])
def test_only_leads_erase(held, role):
    with pytest.raises(PermissionDenied):
        erase(held, member(held.project, role))


def test_bytes_that_were_erased_are_not_taken_in_again(shop):
    data = picture(5)

    def send():
        form = {
            "project": shop.project.slug,
            "source": shop.camera.key,
            "image": SimpleUploadedFile("a.jpg", data, "image/jpeg"),
        }
        return shop.client(shop.engineer, ["ingest"]).post("/api/v1/captures/", form, format="multipart")

    assert send().status_code == 202
    image = Image.objects.get()
    erase(image, shop.engineer)
    erasing.carry_out()
    answer = send()
    assert answer.status_code == 410
    assert answer.json()["type"] == "/problems/erased"
    assert not default_storage.exists(image.key)
    with pytest.raises(images.ImageErased):
        images.store(project=shop.project, data=data)


def test_agreement_by_context_is_what_it_was_while_another_image_has_the_same(media):
    project = project_with(labels=("a", "b"))
    people = [UserFactory(), UserFactory()]
    shown = []
    for number in range(44):
        lighting = "night" if number % 2 else "day"
        shown.append(ImageFactory(project=project, context={"lighting": lighting}))
        task = open_task(project.queues.get(name="review"), shown[-1])
        said = "ab" if number % 8 == 1 else ("aa", "bb")[number // 2 % 2]
        for person, label in zip(people, said, strict=True):
            AnswerFactory(task=task, user=person, value={"label": label})
    before = agreement.report(project=project, filters=Filters())
    assert "context.lighting" in json.dumps(before["slices"])
    for image in shown[:4]:
        erase(image)
        erasing.carry_out()
        AgreementStatistics.objects.all().delete()
        after = agreement.report(project=project, filters=Filters())
        assert after["slices"] == before["slices"]
        assert after["coefficients"] == before["coefficients"]


@pytest.mark.django_db(transaction=True)
def test_two_erasures_at_once_make_one_certificate(media):
    project = project_with()
    image, _ = images.store(project=project, data=picture(8))
    lead = member(project, "qa_lead")
    found = []

    def second():
        try:
            found.append(erasure.erase(user=lead, image=Image.objects.get(pk=image.pk), reason="Second."))
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        made, is_new = erasure.erase(user=lead, image=image, reason="First.")
        other.start()
        until_somebody_waits_for_me()
    other.join(30)
    assert found == [(made, False)]
    assert Erasure.objects.get().reason == "First."
    assert is_new


def test_marked_in_one_transaction_with_its_job(held):
    erase(held)
    assert ProcrastinateJob.objects.filter(task_name=erasing.JOB).count() == 1
    erase(labelled(held.project, "red", 77))
    assert ProcrastinateJob.objects.filter(task_name=erasing.JOB).count() == 1
