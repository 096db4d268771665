"""Freezing: the same content under the same hash, in pages, again after a crash, and for good."""

from collections import Counter
from uuid import uuid4

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback.enums import DatasetState
from feedback.models import DatasetMember, DatasetVersion, Example, FrozenSplit
from feedback.queries import datasets as queries
from feedback.services import datasets
from feedback.services.filters import FiltersRefused
from feedback.tasks import freeze_dataset
from inference.domain import manifest
from inference.models import Embedding
from labeling.enums import ResolvedBy, Split, Verdict
from labeling.models import Gold, Image, Resolution
from labeling.services.answers import Said, UndoRefused, record_answer, supersede
from labeling.services.resolving import settle
from people.enums import Role
from people.models import AuditEvent
from tests.factories.feedback import labelled
from tests.factories.inference import ModelVersionFactory, PredictionFactory
from tests.factories.labeling import (
    LABELS,
    GuidelineFactory,
    ImageFactory,
    SourceFactory,
    open_task,
    project_with,
)
from tests.factories.people import member

pytestmark = pytest.mark.django_db


def project_of(count=40, **stored):
    """A project with so many labelled images, labels by turns."""
    project = project_with()
    for seed in range(count):
        labelled(project, LABELS[seed % len(LABELS)], seed, **stored)
    return project


def freeze(project, **filters):
    return datasets.freeze(datasets.request_dataset(user=None, project=project, filters=filters).pk)


def content_of(dataset):
    with default_storage.open(dataset.manifest_key) as file:
        return manifest.read(file)


def test_a_dataset_is_frozen_with_hash_counts_splits_and_manifest():
    project = project_of()
    dataset = freeze(project)
    assert dataset.state == DatasetState.FROZEN
    rows = content_of(dataset)
    assert (dataset.hash, dataset.test_hash) == (manifest.content_hash(rows), rows.test_hash())
    assert dataset.counts == rows.counts()
    assert sum(dataset.counts.values()) == 40
    assert all(dataset.card["labels"][split][label] for split in Split for label in LABELS)
    assert dataset.labels == list(LABELS)
    assert Counter(FrozenSplit.objects.values_list("split", flat=True)) == Counter(dataset.counts)
    assert AuditEvent.objects.filter(action="dataset.frozen", detail__hash=dataset.hash).count() == 1


def test_two_projects_with_the_same_images_and_values_get_the_same_hash():
    one, other = freeze(project_of()), freeze(project_of())
    assert one.project != other.project
    assert (one.hash, one.test_hash, one.counts) == (other.hash, other.test_hash, other.counts)


def test_another_value_gives_another_hash():
    one, changed = project_of(), project_of()
    image = Image.objects.filter(project=changed).first()
    settle(image=image, value={"label": "blocked"}, by=ResolvedBy.ADJUDICATION)
    assert freeze(one).hash != freeze(changed).hash


def test_when_nothing_changed_the_hash_is_the_parent_s_and_it_says_so():
    project = project_of()
    first, second = freeze(project), freeze(project)
    assert (second.hash, second.parent, second.card["unchanged"]) == (first.hash, first, True)
    assert (first.parent, first.card["unchanged"]) == (None, False)


def test_the_test_split_never_shrinks_nor_moves():
    project = project_of()
    first = freeze(project)
    for seed in range(100, 140):
        labelled(project, LABELS[seed % len(LABELS)], seed)
    second = freeze(project)
    before = {row.sha256: row.split for row in content_of(first).rows}
    after = {row.sha256: row.split for row in content_of(second).rows}
    assert before.items() <= after.items()
    assert second.counts["test"] > first.counts["test"]
    assert second.parent == first


def test_filters_never_shrink_the_test_split():
    project = project_of()
    whole = freeze(project)
    few = freeze(project, min_answers=1)
    assert few.counts == {"train": 0, "val": 0, "test": whole.counts["test"]}
    assert few.test_hash == whole.test_hash


def test_splits_asked_for_at_import_are_kept():
    project = project_with()
    asked = {}
    for seed in range(12):
        split = list(Split)[seed % 3]
        asked[labelled(project, "in_stock", seed, split=split.value).sha256] = split.value
    assert {row.sha256: row.split for row in content_of(freeze(project)).rows} == asked


def test_bursts_of_one_camera_stay_together():
    project = project_with()
    camera = SourceFactory(project=project)
    groups = {}
    for burst in range(12):
        for seed in range(3):
            image = labelled(project, LABELS[burst % 4], 10 * burst + seed, source=camera)
            image.captured_at = f"2026-05-04T12:{burst:02}:{seed:02}Z"
            image.save()
            groups[image.sha256] = burst
    rows = content_of(freeze(project)).rows
    splits = {burst: {row.split for row in rows if groups[row.sha256] == burst} for burst in range(12)}
    assert all(len(found) == 1 for found in splits.values())
    assert {split for found in splits.values() for split in found} == {"train", "val", "test"}


def test_a_near_duplicate_of_a_frozen_training_image_that_a_filter_hides_is_still_kept_from_test():
    project = project_of()
    dataset = freeze(project)
    trained = next(row for row in content_of(dataset).rows if row.split == "train")
    twin = Image.objects.get(project=project, sha256=trained.sha256)
    camera = SourceFactory(project=project)
    new = labelled(project, "in_stock", 500, source=camera)
    Image.objects.filter(pk=new.pk).update(difference_hash=twin.difference_hash)
    rows = content_of(freeze(project, sources=[camera.key], test_share=0.9, val_share=0)).rows
    assert {row.split for row in rows if row.sha256 == new.sha256} == {"train"}


def test_an_import_cannot_have_trained_on_what_resembles_a_frozen_test_image():
    project = project_of()
    whole = freeze(project)
    tested = next(row for row in content_of(whole).rows if row.split == "test")
    twin = Image.objects.get(project=project, sha256=tested.sha256)
    wished = labelled(project, "in_stock", 500, split="train")
    Image.objects.filter(pk=wished.pk).update(difference_hash=twin.difference_hash ^ 0b111)
    dataset = freeze(project)
    assert wished.sha256 not in {row.sha256 for row in content_of(dataset).rows}
    assert (dataset.card["left_out"], dataset.card["torn_groups"]) == ({"tied_to_two_splits": 1}, 1)
    assert dataset.test_hash == whole.test_hash
    # Nor later, when nothing else is new.
    assert freeze(project).hash == dataset.hash == whole.hash


def resembling(project, twins=12, others=60):
    """Pictures as a model sees them: `twins` of them by twos, each far from the rest; what each is a twin of."""
    random = np.random.default_rng(0)
    model = ModelVersionFactory(project=project)
    places = random.normal(size=(twins + others, 8))
    seen = np.concatenate([places, places[:twins] + random.normal(0, 0.003, (twins, 8))])
    images = []
    for seed, vector in enumerate(seen):
        image = labelled(project, LABELS[seed % (twins + others) % len(LABELS)], seed)
        made = PredictionFactory(capture__project=project, capture__image=image, model=model)
        Embedding.objects.create(prediction=made, vector=vector)
        images.append(image.sha256)
    return list(zip(images[:twins], images[twins + others :], strict=True))


def test_what_a_model_sees_as_nearly_the_same_lies_in_one_split(monkeypatch):
    monkeypatch.setattr("feedback.queries.datasets.PAGE", 50)
    project = project_with()
    twins = resembling(project)
    dataset = freeze(project, test_share=0.3, val_share=0.3)
    splits = {row.sha256: row.split for row in content_of(dataset).rows}
    assert [pair for pair in twins if splits[pair[0]] != splits[pair[1]]] == []
    assert dataset.card["alike_by_embedding"] == 2 * len(twins)
    assert {splits[one] for one, _ in twins} == {"train", "val", "test"}


def test_synthetic_images_are_a_share_of_training_and_never_tested_on():
    project = project_of(40)
    for seed in range(100, 160):
        labelled(project, LABELS[seed % 4], seed, context={"synthetic": True}, split="test")
    drawn = labelled(project, "in_stock", 200, context={"synthetic": "shop"}, split="test")

    def counted(**filters):
        rows = content_of(freeze(project, **filters)).rows
        assert {row.split for row in rows if row.context.get("synthetic") is True} <= {"train"}
        assert {row.split for row in rows if row.sha256 == drawn.sha256} == {"test"}
        train = Counter(row.context.get("synthetic", False) for row in rows if row.split == "train")
        return train[True], train[False]

    made, real = counted()
    assert made == real > 20
    assert DatasetVersion.objects.get().card["left_out"] == {"over_the_synthetic_share": 60 - made}
    assert counted(synthetic_share=0.2) == (real // 4, real)
    assert counted(synthetic_share=0) == (0, real)
    assert counted(synthetic_share=0.9) == (60, real)


def test_without_embeddings_they_would_leak(monkeypatch):
    project = project_with()
    twins = resembling(project)
    monkeypatch.setattr("feedback.services.resembling.seen_alike", lambda vectors, sets, most: [])
    splits = {
        row.sha256: row.split for row in content_of(freeze(project, test_share=0.3, val_share=0.3)).rows
    }
    assert [pair for pair in twins if splits[pair[0]] != splits[pair[1]]]


def test_the_card_says_what_its_images_are_and_how_far_people_agree():
    project = project_with()
    several, one = (member(project, Role.ANNOTATOR) for _ in range(2))
    images = [
        labelled(project, "in_stock", seed, context={"light": ["day", "night"][seed % 2], "heat": seed})
        for seed in range(4)
    ]
    Gold.objects.create(project=project, image=images[0], value={"label": "in_stock"})
    Gold.objects.create(
        project=project, image=images[1], value={"label": "in_stock"}, retired_at=timezone.now()
    )
    queue = project.queues.get(name="audit")
    queue.answers_required = 2
    queue.save()
    for image, labels in zip(
        images, (["low_stock"] * 2, ["low_stock", "blocked"], ["blocked"]), strict=False
    ):
        task = open_task(queue, image=image)
        for user, label in zip((several, one), labels, strict=False):
            record_answer(user=user, task=task, lease=None, said=said(label))
    card = freeze(project).card
    assert (card["gold"], card["agreement"]) == (1, {"several": 2, "same": 1})
    assert card["origins"] == {"consensus": 1, "imported": 3}
    assert card["conditions"] == {"light": {"day": 2, "night": 2}}
    assert card["ranges"] == {"heat": [0, 1.5, 3]}


def test_missing_difference_hashes_are_computed_and_kept(monkeypatch):
    project = project_of(6)
    before = dict(Image.objects.values_list("pk", "difference_hash"))
    Image.objects.update(difference_hash=None)
    monkeypatch.setattr("feedback.services.hashing.PAGE", 4)
    freeze(project)
    assert dict(Image.objects.values_list("pk", "difference_hash")) == before


def test_an_image_whose_bytes_are_gone_is_left_out_and_named():
    project = project_of(8)
    lost = ImageFactory(project=project)
    settle(image=lost, value={"label": "in_stock"}, by=ResolvedBy.IMPORTED)
    dataset = freeze(project)
    assert sum(dataset.counts.values()) == 8
    assert dataset.card["left_out"] == {"unreadable": 1}
    assert lost.filename in dataset.card["unreadable"][0]


def test_a_retired_label_is_left_out():
    project = project_of(20)
    label = project.labels.get(key="blocked")
    label.retired_at = "2026-05-04T12:00:00Z"
    label.save()
    dataset = freeze(project)
    assert dataset.labels == ["in_stock", "low_stock", "out_of_stock"]
    assert (sum(dataset.counts.values()), dataset.card["left_out"]) == (15, {"label_not_in_force": 5})


def test_pages_of_any_size_come_to_the_same(monkeypatch):
    whole = freeze(project_of())
    monkeypatch.setattr("feedback.queries.datasets.PAGE", 7)
    assert freeze(project_of()).hash == whole.hash


def test_a_freeze_that_was_killed_midway_runs_again(monkeypatch):
    project, other = project_of(), project_of()
    dataset = datasets.request_dataset(user=None, project=project)

    class Killed(BaseException):
        pass

    def kill(stage, done, total):
        if stage == "writing the manifest":
            raise Killed

    with pytest.raises(Killed):
        datasets.freeze(dataset.pk, kill)
    dataset.refresh_from_db()
    assert (dataset.state, FrozenSplit.objects.count()) == (DatasetState.BUILDING, 0)
    assert DatasetMember.objects.filter(dataset=dataset).count() == 40
    again = datasets.freeze(dataset.pk)
    assert again.state == DatasetState.FROZEN
    assert again.hash == freeze(other).hash
    assert again.members.count() == 40


def test_a_frozen_dataset_is_not_frozen_again():
    project = project_of(8)
    dataset = freeze(project)
    labelled(project, "in_stock", 99)
    assert datasets.freeze(dataset.pk).hash == dataset.hash
    assert DatasetMember.objects.filter(dataset=dataset).count() == 8


def test_nothing_to_freeze_fails_and_says_what_to_do():
    dataset = freeze(project_with())
    assert dataset.state == DatasetState.FAILED
    assert "Import labelled images or answer tasks" in dataset.error


def said(label):
    return Said(client_id=uuid4(), verdict=Verdict.LABEL, value={"label": label}, seconds=1)


def test_an_answer_cannot_be_undone_once_frozen():
    project = project_of(8)
    annotator = member(project, Role.ANNOTATOR)
    image = Image.objects.filter(project=project).first()
    Resolution.objects.filter(image=image).update(replaced_at="2026-05-04T12:00:00Z")
    Example.objects.filter(image=image).update(replaced_at="2026-05-04T12:00:00Z")
    task = open_task(project.queues.get(name="review"), image=image)
    answer, _ = record_answer(user=annotator, task=task, lease=None, said=said("low_stock"))
    dataset = freeze(project)
    with pytest.raises(UndoRefused, match="dataset 1"):
        supersede(user=annotator, task=task, said=said("blocked"), earlier=answer.pk)
    row = next(row for row in content_of(dataset).rows if row.sha256 == image.sha256)
    assert (row.value, row.by, row.answers) == ({"label": "low_stock"}, "one_answer", [str(answer.pk)])


def test_what_was_replaced_while_it_was_gathered_does_not_get_in():
    project = project_of(8)
    dataset = datasets.request_dataset(user=None, project=project)
    image = Image.objects.filter(project=project).first()

    def change(stage, done, total):
        if stage == "placing images":
            settle(image=image, value={"label": "blocked"}, by=ResolvedBy.ADJUDICATION)

    frozen = datasets.freeze(dataset.pk, change)
    assert image.sha256 not in {row.sha256 for row in content_of(frozen).rows}
    assert frozen.members.count() == 7


def test_filters_by_people_guideline_source_and_time():
    project = project_with()
    annotator = member(project, Role.ANNOTATOR)
    north, south = SourceFactory(project=project, key="north"), SourceFactory(project=project, key="south")
    GuidelineFactory(project=project, number=1).acknowledgements.create(user=annotator)
    labelled(project, "in_stock", 0, source=north, captured_at="2026-05-01T00:00:00Z")
    sent = []
    for seed, source in enumerate([north, south, south], start=1):
        image = labelled(project, "in_stock", seed, source=source, captured_at=f"2026-05-0{seed}T12:00:00Z")
        sent.append(image.sha256)
        task = open_task(project.queues.get(name="review"), image=image)
        if seed == 3:
            GuidelineFactory(project=project, number=2).acknowledgements.create(user=annotator)
        record_answer(user=annotator, task=task, lease=None, said=said("low_stock"))

    def chosen(**filters):
        found = datasets.request_dataset(user=None, project=project, filters=filters)
        eligible = queries.eligible(project, found.filters)
        return sorted(eligible.values_list("image__sha256", flat=True))

    assert len(chosen()) == 4
    assert chosen(min_answers=1) == sorted(sent)
    assert chosen(min_answers=2) == []
    assert chosen(guideline_from=2) == [sent[2]]
    assert chosen(guideline_from=1) == sorted(sent)
    assert chosen(sources=["south"]) == sorted(sent[1:])
    assert chosen(since="2026-05-02", until="2026-05-03") == [sent[1]]
    assert chosen(sources=["south"], since="2026-05-03T00:00:00+02:00") == [sent[2]]


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ([], "filters"),
        ({"colour": "red"}, "filters.colour"),
        ({"min_answers": "2"}, "filters.min_answers"),
        ({"min_answers": True}, "filters.min_answers"),
        ({"guideline_from": 0}, "filters.guideline_from"),
        ({"sources": "north"}, "filters.sources"),
        ({"sources": ["nowhere"]}, "filters.sources"),
        ({"since": "yesterday"}, "filters.since"),
        ({"since": 5}, "filters.since"),
        ({"until": "2026-13-40"}, "filters.until"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "filters.until"),
        ({"since": "2026-05-02", "until": "2026-05-01"}, "filters.until"),
        ({"test_share": 1}, "filters.test_share"),
        ({"test_share": 0.6, "val_share": 0.5}, "filters.test_share"),
        ({"val_share": float("nan")}, "filters.val_share"),
        ({"synthetic_share": 1}, "filters.synthetic_share"),
    ],
)
def test_filters_that_mean_nothing_are_refused_by_name(filters, field):
    project = project_with()
    with pytest.raises(FiltersRefused) as refused:
        datasets.request_dataset(user=None, project=project, filters=filters)
    assert list(refused.value.errors) == [field]
    assert not DatasetVersion.objects.exists()


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.ASSOCIATE])
def test_only_leads_freeze(role):
    project = project_with()
    with pytest.raises(PermissionDenied, match="freeze"):
        datasets.request_dataset(user=member(project, role), project=project)


def test_asking_queues_one_job_and_numbers_the_dataset():
    project = project_with()
    lead = member(project, Role.QA_LEAD)
    numbers = [datasets.request_dataset(user=lead, project=project).number for _ in range(2)]
    assert numbers == [1, 2]
    jobs = ProcrastinateJob.objects.filter(task_name=datasets.JOB)
    assert {job.args["dataset_id"] for job in jobs} == {str(d.pk) for d in DatasetVersion.objects.all()}
    assert {(job.queue_name, job.lock) for job in jobs} == {("default", f"freeze {project.pk}")}
    assert freeze_dataset.name == datasets.JOB
