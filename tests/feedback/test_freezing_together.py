"""Freezing while other things happen, in real transactions, and by a real worker."""

import threading
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from procrastinate.contrib.django import procrastinate_app

from feedback.enums import DatasetState
from feedback.models import DatasetVersion, Example
from feedback.services import datasets
from inference.domain import manifest
from labeling.enums import Verdict
from labeling.models import Image
from labeling.services.answers import Said, record_answer, supersede
from labeling.services.images import store
from people.enums import Role
from tests.factories.feedback import labelled
from tests.factories.labeling import LABELS, open_task, picture, project_with
from tests.factories.people import member
from tests.locks import until_somebody_waits_for_me

pytestmark = pytest.mark.django_db(transaction=True)


def project_of(count):
    project = project_with()
    for seed in range(count):
        labelled(project, LABELS[seed % 4], seed)
    return project


def said(label):
    return Said(client_id=uuid4(), verdict=Verdict.LABEL, value={"label": label}, seconds=1)


def test_an_undo_under_way_is_waited_for_and_what_it_took_back_is_not_frozen():
    project = project_of(4)
    annotator = member(project, Role.ANNOTATOR)
    image, _ = store(project=project, data=picture(77))
    task = open_task(project.queues.get(name="review"), image=image)
    answer, _ = record_answer(user=annotator, task=task, lease=None, said=said("low_stock"))
    undone = threading.Event()

    def undo():
        try:
            with transaction.atomic():
                supersede(user=annotator, task=task, said=said("blocked"), earlier=answer.pk)
                undone.set()
                until_somebody_waits_for_me()
        finally:
            connection.close()

    thread = threading.Thread(target=undo)

    def start(stage, done, total):
        if stage == "gathering examples" and not thread.ident:
            thread.start()
            assert undone.wait(timeout=30)

    dataset = datasets.freeze(datasets.request_dataset(user=None, project=project).pk, start)
    thread.join(timeout=30)
    assert Example.objects.get(image=image, replaced_at=None).value == {"label": "blocked"}
    with default_storage.open(dataset.manifest_key) as file:
        assert image.sha256 not in {row.sha256 for row in manifest.read(file).rows}
    assert dataset.state == DatasetState.FROZEN


def test_two_freezes_at_once_agree_on_every_split():
    project = project_of(24)
    asked = [datasets.request_dataset(user=None, project=project).pk for _ in range(4)]

    def freeze(pk):
        try:
            datasets.freeze(pk)
        finally:
            connection.close()

    # One of them twice, as when a job that seemed dead is run again.
    threads = [threading.Thread(target=freeze, args=(pk,)) for pk in [*asked, asked[0]]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    made = DatasetVersion.objects.all()
    assert {dataset.state for dataset in made} == {"frozen"}
    assert len({dataset.hash for dataset in made}) == 1
    assert [dataset.members.count() for dataset in made] == [24] * 4
    assert Image.objects.filter(frozen=None).count() == 0


def test_a_worker_does_the_job():
    project = project_of(8)
    dataset = datasets.request_dataset(user=None, project=project)
    app = procrastinate_app.current_app
    with app.replace_connector(app.connector.get_worker_connector()) as working:
        working.run_worker(queues=["default"], wait=False, install_signal_handlers=False)
    dataset.refresh_from_db()
    assert (dataset.state, sum(dataset.counts.values())) == (DatasetState.FROZEN, 8)
