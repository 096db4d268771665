"""What a model made of each image: packed and unpacked, and measured on real files."""

from uuid import uuid4

import numpy as np
import pytest

from inference.domain.outcomes import Outcomes, gather, of_boxes, set_hash, tally
from inference.models import MeasuredSet, TrainingRun
from inference.queries import known_answers
from inference.services.beyond import measure_beyond
from inference.services.evaluating import evaluate
from inference.services.trainers import read_manifest
from labeling.models import Gold, Image
from labeling.services import images
from tests.factories.inference import (
    CaptureFactory,
    ModelVersionFactory,
    colour_manifest,
    colour_project,
    coloured,
)
from tests.factories.labeling import ResolutionFactory


def test_a_tally_counts_by_label():
    assert tally(["cup", "cup", "plate"], [True, False, False], ["cup", "fork"]) == [
        ("cup", 1, 2, 1),
        ("fork", 0, 0, 1),
        ("plate", 0, 1, 0),
    ]


def test_boxes_are_right_from_half_an_overlap_on():
    held = np.array([[0, 0, 10, 10]], dtype=float)
    near, far = np.array([[0, 0, 10, 8.0]]), np.array([[0, 0, 10, 4.0]])
    assert of_boxes(near, ["cup"], held, ["cup"]) == [("cup", 1, 1, 1)]
    assert of_boxes(far, ["cup"], held, ["cup"]) == [("cup", 0, 1, 1)]


def test_outcomes_come_back_as_they_were_packed():
    told = [[("a", 1, 1, 1)], [("a", 0, 0, 1), ("b", 0, 1, 0)], []]
    hashes = [f"{place:064x}" for place in range(3)]
    made = gather(hashes, [told, told], [0.9, 0.5, 0.25], ["blur 1", "blur 2"])
    again = Outcomes.unpack(made.pack())
    assert (again.hashes, again.labels, again.variants) == (tuple(hashes), ("a", "b"), ("blur 1", "blur 2"))
    assert np.array_equal(again.rows, made.rows)
    assert again.confidence == pytest.approx([0.9, 0.5, 0.25], abs=1e-3)
    assert again.right().tolist() == [True, False, True]
    assert Outcomes.unpack(gather([], [[]], []).pack()).hashes == ()


def test_outcomes_are_small():
    hashes = [f"{place * 7919:064x}" for place in range(1000)]
    told = [[("a", 1, 1, 1)]] * 1000
    assert len(gather(hashes, [told], [0.9] * 1000).pack()) < 20_000


def test_a_set_is_named_by_its_images_and_their_truth_in_any_order():
    first, second = ("a" * 64, {"label": "x"}), ("b" * 64, {"label": "y"})
    assert set_hash([first, second]) == set_hash([second, first])
    assert set_hash([first]) != set_hash([("a" * 64, {"label": "y"})])


@pytest.mark.django_db
def test_evaluating_keeps_what_was_said_of_each_image_and_of_each_corrupted_one():
    project = colour_project(champion=False)
    manifest = read_manifest(colour_manifest(project, test=4, wrong=3))
    model = ModelVersionFactory(project=project)
    evaluation = evaluate(model=model, manifest=manifest)
    sets = {each.over: Outcomes.unpack(each.content) for each in MeasuredSet.objects.filter(model=model)}
    assert sets["test"].right().mean() == evaluation.metrics["accuracy"] == 9 / 12
    assert len(sets["corrupted"].variants) == 25
    assert sets["corrupted"].hashes == sets["test"].hashes
    assert evaluation.metrics["ece_floor"] > 0


def in_production(project, colour, seed, **fields):
    """An image that was predicted and that people settled."""
    image, _ = images.store(project=project, data=coloured(colour, seed), **fields)
    CaptureFactory(project=project, image=image, state="predicted")
    ResolutionFactory(project=project, image=image, value={"label": colour}, by="one_answer")
    return image


@pytest.mark.django_db
def test_beyond_the_test_set_it_is_measured_on_what_it_did_not_learn_from():
    project = colour_project(champion=False)
    model = ModelVersionFactory(project=project)
    verified = in_production(project, "red", 50)
    burst = [in_production(project, "blue", seed, group="burst 1") for seed in (51, 52)]
    taught = in_production(project, "green", 53)
    ResolutionFactory(
        project=project,
        image=images.store(project=project, data=coloured("red", 54))[0],
        value={"label": "red"},
    )
    known = known_answers.recent(project.pk, unlike={taught.sha256})
    assert [value["label"] for _, value in known].count("blue") == 1
    assert {image.pk for image, _ in known} <= {verified.pk, *(each.pk for each in burst)}
    Gold.objects.create(project=project, image=verified, value={"label": "red"})
    measure_beyond(model=model)
    before = dict(MeasuredSet.objects.filter(model=model).values_list("over", "pk"))
    sizes = dict(MeasuredSet.objects.filter(model=model).values_list("over", "images"))
    assert sizes == {"gold": 1, "recent": 3}
    measure_beyond(model=model)
    assert dict(MeasuredSet.objects.filter(model=model).values_list("over", "pk")) == before
    Gold.objects.create(project=project, image=taught, value={"label": "green"})
    measure_beyond(model=model)
    after = dict(MeasuredSet.objects.filter(model=model).values_list("over", "pk"))
    assert after["recent"] == before["recent"]
    assert after["gold"] != before["gold"]
    assert MeasuredSet.objects.get(pk=after["gold"]).images == 2


@pytest.mark.django_db
def test_known_answers_to_what_it_learned_from_say_nothing_of_it():
    project = colour_project(champion=False)
    key = colour_manifest(project, train=2, val=1, test=1)
    model = ModelVersionFactory(project=project)
    TrainingRun.objects.create(project=project, dataset_id=uuid4(), manifest_key=key, model=model)
    splits = {row.sha256: row.split for row in read_manifest(key).rows}
    for image in Image.objects.filter(project=project):
        Gold.objects.create(project=project, image=image, value={"label": "red"})
    measure_beyond(model=model)
    (made,) = MeasuredSet.objects.filter(model=model, over="gold")
    assert {splits[sha256] for sha256 in Outcomes.unpack(made.content).hashes} == {"test"}
    assert made.images == 3


@pytest.mark.django_db
def test_a_project_without_known_answers_is_known_to_have_none():
    model = ModelVersionFactory(project=colour_project(champion=False))
    measure_beyond(model=model)
    assert dict(MeasuredSet.objects.filter(model=model).values_list("over", "images")) == {
        "gold": 0,
        "recent": 0,
    }
    assert not Image.objects.filter(project=model.project_id).exists()
