"""The synthetic photographs: reproducible, well formed, labelled synthetic, and beyond a linear model."""

import io
import itertools
import json

import numpy as np
import pytest
from PIL import Image

from demo import shop
from demo.photographs import CAMERAS, CONDITIONS, LABELS, context, photograph, stream, training_set
from demo.photographs.catalogue import CATALOGUE
from demo.photographs.stock import stock

KEYS = [label.key for label in LABELS]


def opened(jpeg: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(jpeg))
    picture.load()
    return picture


@pytest.mark.parametrize("condition", [condition.key for condition in CONDITIONS])
@pytest.mark.parametrize("camera", [camera.key for camera in CAMERAS])
def test_photograph_is_a_jpeg_of_the_stated_size(camera, condition):
    for label in KEYS:
        taken = photograph(camera=camera, label=label, condition=condition, rng=np.random.default_rng(3))
        picture = opened(taken.jpeg)
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (480, 360))
        assert 10_000 < len(taken.jpeg) < 45_000
        assert (taken.camera, taken.label, taken.condition) == (camera, label, condition)


def test_same_generator_state_gives_the_same_bytes():
    def take(seed):
        rng = np.random.default_rng(seed)
        return photograph(camera="dairy", label="blocked", condition="dirty_lens", rng=rng)

    assert take(7) == take(7)
    assert take(7).jpeg != take(8).jpeg


@pytest.mark.parametrize("condition", [condition.key for condition in CONDITIONS])
def test_context_is_json_and_says_synthetic(condition):
    taken = photograph(camera="snacks", label="in_stock", condition=condition, rng=np.random.default_rng(0))
    assert json.loads(json.dumps(taken.context)) == taken.context
    assert {**taken.context, "lux": 0} == {**context(condition), "lux": 0}
    assert taken.context["synthetic"] == "shop"
    assert taken.context["condition"] == condition


@pytest.mark.parametrize("unknown", ["camera", "label", "condition"])
def test_unknown_key_names_the_choices(unknown):
    keys = {"camera": "dairy", "label": "in_stock", "condition": "morning", unknown: "attic"}
    with pytest.raises(ValueError, match=f"no {unknown} 'attic': choose one of"):
        photograph(**keys, rng=np.random.default_rng(0))


def test_two_sites_share_three_cameras():
    assert len(CAMERAS) == 3
    assert {camera.site for camera in CAMERAS} == {"north", "south"}


def test_labels_have_colours_of_their_own():
    assert KEYS == ["in_stock", "low_stock", "out_of_stock", "blocked"]
    assert set(shop.COLOURS) == set(KEYS)
    assert len(set(shop.COLOURS.values())) == len(KEYS)


def test_training_set_is_balanced():
    photographs = list(training_set(6, seed=4))
    assert {key: sum(p.label == key for p in photographs) for key in KEYS} == dict.fromkeys(KEYS, 6)
    for label in KEYS:
        seen = {(p.camera, p.condition) for p in photographs if p.label == label}
        assert seen == set(itertools.product([camera.key for camera in CAMERAS], ["morning", "evening"]))


def test_training_set_repeats_only_with_its_seed():
    first, again, other = ([p.jpeg for p in training_set(1, seed=seed)] for seed in (1, 1, 2))
    assert first == again
    assert set(first).isdisjoint(other)


def test_stream_goes_round_the_cameras_under_one_condition():
    taken = list(itertools.islice(stream(5, condition="afternoon_glare"), 6))
    assert [p.camera for p in taken] == [camera.key for camera in CAMERAS] * 2
    assert {p.condition for p in taken} == {"afternoon_glare"}


def test_stream_keeps_to_the_shares_asked_for():
    taken = itertools.islice(stream(5, cameras=["drinks"], shares={"low_stock": 1.0}), 3)
    assert {(p.camera, p.label) for p in taken} == {("drinks", "low_stock")}


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: camera.key)
def test_stock_is_what_the_label_says(camera):
    rng = np.random.default_rng(9)
    for _, label in itertools.product(range(20), ["in_stock", "low_stock", "out_of_stock"]):
        shelves = stock(camera.tiers, CATALOGUE[camera.key, "classic"], label, rng)
        facings = [facing for shelf in shelves for facing in shelf]
        standing = [facing for facing in facings if facing.rows and not facing.fallen]
        thin = [facing for facing in standing if len(facing.rows) == 1]
        empty = len(facings) - len(standing)
        if label == "in_stock":
            assert not empty
            assert not thin
        elif label == "low_stock":
            assert empty
            assert sum(len(facing.rows) < 3 for facing in standing) >= 2
        else:
            assert empty >= 3
            assert not thin


def test_linear_model_on_raw_pixels_fails():
    def pixels(photographs):
        small = [
            np.asarray(opened(p.jpeg).resize((32, 32), Image.Resampling.BOX)).ravel() / 255
            for p in photographs
        ]
        return np.array(small), np.array([KEYS.index(p.label) for p in photographs])

    x, y = pixels(list(training_set(60, seed=11)))
    held_out, truth = pixels(list(training_set(30, seed=12)))
    centre = x.mean(axis=0)
    kernel = (x - centre) @ (x - centre).T
    for ridge in (10, 100, 1000):
        weights = np.linalg.solve(kernel + ridge * np.eye(len(x)), np.eye(4)[y] - 0.25)
        predicted = ((held_out - centre) @ (x - centre).T @ weights).argmax(axis=1)
        balanced = np.mean([(predicted[truth == label] == label).mean() for label in range(4)])
        assert balanced < 0.65
