"""How far a run is, in the storage: found again whole, by whoever takes it up, and gone when the run has ended."""

from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from inference.enums import RunState
from inference.services import training
from inference.services.checkpoints import StoredCheckpoints
from tests.factories.inference import colour_manifest, colour_project

QUICK = {"size": 16, "steps": 40, "batch_size": 8, "patience": None}


def kept(run_id):
    try:
        return default_storage.listdir(f"training/{run_id}")[1]
    except FileNotFoundError:
        return []


def test_the_last_whole_one_is_found_and_only_that_is_kept():
    run_id = uuid4()
    checkpoints = StoredCheckpoints(run_id)
    assert checkpoints.read() is None
    checkpoints.write(b"first")
    checkpoints.write(b"second")
    assert len(kept(run_id)) == 1
    assert StoredCheckpoints(run_id).read() == b"second"
    # Half of a third, as a process leaves it that is killed while it writes.
    default_storage.save(f"training/{run_id}/000003-0123456789abcdef.pt", ContentFile(b"thi"))
    assert checkpoints.read() == b"second"
    checkpoints.discard()
    assert kept(run_id) == []
    assert checkpoints.read() is None


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_run_goes_on_and_a_cancelled_one_leaves_nothing():
    project = colour_project()
    run = training.request_run(
        user=None,
        project=project,
        dataset_id=uuid4(),
        manifest_key=colour_manifest(project),
        options=QUICK,
    )
    fractions = []

    def interrupted():
        return len(fractions) >= 20

    assert training.run(run.pk, fractions.append, interrupted).state == RunState.QUEUED
    assert len(kept(run.pk)) == 1
    begun = len(fractions)
    ended = training.run(run.pk, fractions.append)
    assert (ended.state, ended.attempts) == (RunState.SUCCEEDED, 2)
    # What was reached is told again, then the rest: every point once.
    assert [point["step"] for point in ended.curve] == list(range(1, 41))
    assert fractions[begun:] == sorted(fractions[begun:])
    assert kept(run.pk) == []

    again = training.request_run(
        user=None,
        project=project,
        dataset_id=uuid4(),
        manifest_key=colour_manifest(project),
        options=QUICK,
    )
    StoredCheckpoints(again.pk).write(b"something")
    training.cancel(user=None, run=again)
    assert kept(again.pk) == []
