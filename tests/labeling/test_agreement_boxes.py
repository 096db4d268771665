"""Agreement on boxes: matching across annotators, α, its curve, and what the disagreement is about."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from labeling.domain.agreement import Boxes, box_report
from labeling.domain.agreement.assignment import assigned
from labeling.domain.agreement.matching import greedy, hungarian, iou

LABELS = ["bottle", "can"]
MATCHERS = st.sampled_from(["greedy", "hungarian"])


def boxes(drawn, shown=()):
    """From (image, annotator, label, box) and who was shown what and drew nothing."""
    items = sorted({row[0] for row in drawn} | {row[0] for row in shown})
    people = sorted({row[1] for row in drawn} | {row[1] for row in shown})
    return Boxes(
        items,
        people,
        LABELS,
        np.array([items.index(row[0]) for row in drawn], dtype=np.int64),
        np.array([people.index(row[1]) for row in drawn], dtype=np.int64),
        np.array([LABELS.index(row[2]) for row in drawn], dtype=np.int64),
        np.array([row[3] for row in drawn], dtype=np.float64).reshape(-1, 4),
        np.array([[items.index(i), people.index(a)] for i, a in shown], dtype=np.int64).reshape(-1, 2),
    )


def figures(drawn, shown=(), **options):
    found = box_report(boxes(drawn, shown), bootstrap=options.pop("bootstrap", 0), **options)
    json.dumps(found, allow_nan=False)
    return found


@st.composite
def crowds(draw):
    corner = st.integers(0, 6)
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["i1", "i2"]), st.sampled_from("abc"), st.sampled_from(LABELS), corner, corner
            ),
            max_size=10,
            unique_by=lambda row: (row[0], row[1], row[3], row[4]),
        )
    )
    drawn = [(item, who, label, (x, y, x + 4, y + 4)) for item, who, label, x, y in rows]
    return drawn, draw(st.lists(st.tuples(st.sampled_from(["i1", "i2"]), st.sampled_from("abc")), max_size=4))


def test_iou_of_boxes():
    first = np.array([[0, 0, 2, 2], [5, 5, 5, 5]])
    second = np.array([[1, 0, 3, 2], [0, 0, 2, 2], [9, 9, 10, 10], [5, 5, 5, 5]])
    np.testing.assert_allclose(iou(first, second), [[1 / 3, 1, 0, 0], [0, 0, 0, 0]])


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 10_000))
def test_an_assignment_is_as_good_as_scipys(rows, columns, seed):
    gain = np.random.default_rng(seed).integers(0, 5, size=(rows, columns)).astype(float)
    row, column = assigned(gain)
    assert len(set(row)) == len(set(column)) == min(rows, columns)
    assert gain[row, column].sum() == gain[linear_sum_assignment(gain, maximize=True)].sum()


def test_greedy_takes_the_best_overlap_first_and_nobody_twice():
    drawn = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 9.5]])
    # The first two are one annotator's: the third goes with the one it overlaps most.
    assert greedy(iou(drawn, drawn), np.array([0, 0, 1]), 0.5).tolist() == [0, 1, 0]


def test_hungarian_gives_up_the_best_pair_for_the_best_sum():
    overlap = np.eye(4)
    overlap[0, 2] = overlap[2, 0] = 0.9
    overlap[0, 3] = overlap[3, 0] = overlap[1, 2] = overlap[2, 1] = 0.8
    annotator = np.array([0, 0, 1, 1])
    assert greedy(overlap, annotator, 0.5).tolist() == [0, 1, 0, 2]
    assert hungarian(overlap, annotator, 0.5).tolist() == [0, 1, 1, 0]


@given(
    crowds(),
    MATCHERS,
    st.sampled_from([0.2, 0.5]),
    st.randoms(use_true_random=False),
)
def test_neither_the_order_of_boxes_nor_names_matter(crowd, matcher, least, chance):
    drawn, shown = crowd
    expected = figures(drawn, shown, matcher=matcher, least=least)
    renamed = {"a": "z", "b": "y", "c": "x"}
    shuffled = [
        (item, renamed[who], label, box) for item, who, label, box in chance.sample(drawn, len(drawn))
    ]
    found = figures(shuffled, [(item, renamed[who]) for item, who in shown], matcher=matcher, least=least)
    assert found["things"] == expected["things"]
    assert found["alpha"] == pytest.approx(expected["alpha"])
    assert found["disagreement"] == pytest.approx(expected["disagreement"])


@given(crowds(), MATCHERS)
def test_the_parts_of_the_disagreement_add_up_to_all_of_it(crowd, matcher):
    found = figures(*crowd, matcher=matcher)
    parts = found["disagreement"]
    if parts["observed"] is None:
        assert found["alpha"]["value"] is None
        return
    assert all(part >= 0 for part in parts.values())
    assert parts["observed"] == pytest.approx(parts["existence"] + parts["class"] + parts["localisation"])
    if found["alpha"]["value"] is not None:
        assert (found["alpha"]["value"] == 1) == (parts["observed"] == 0)


def test_who_was_shown_it_and_drew_nothing_disagrees_and_who_was_not_is_missing():
    drawn = [("i1", "a", "can", (0, 0, 4, 4)), ("i1", "b", "can", (0, 0, 4, 4)), ("i2", "a", "bottle", (0, 0, 4, 4)),
             ("i2", "b", "bottle", (0, 0, 4, 4))]  # fmt: skip
    alone = figures(drawn)
    assert alone["alpha"]["value"] == 1
    assert figures(drawn, [("i1", "a")])["alpha"] == alone["alpha"]
    shown = figures(drawn, [("i1", "c")])
    assert shown["alpha"]["value"] < 1
    assert shown["disagreement"]["existence"] == shown["disagreement"]["observed"] > 0


def test_an_image_left_empty_by_all_is_agreed_to_be_empty():
    drawn = [("i1", "a", "can", (0, 0, 4, 4)), ("i1", "b", "can", (0, 0, 4, 4))]
    assert figures(drawn)["alpha"]["reason"].startswith("no variation")
    found = figures(drawn, [("i2", "a"), ("i2", "b")])
    assert (found["alpha"]["value"], found["images"], found["things"]) == (1, 2, 2)
    assert figures([])["alpha"]["reason"] == "no answers"


def test_a_disagreement_is_about_class_place_or_existence():
    same = (0, 0, 10, 10)
    by_class = figures([("i", "a", "can", same), ("i", "b", "bottle", same)])["disagreement"]
    assert by_class == {"observed": 1, "existence": 0, "class": 1, "localisation": 0}
    by_place = figures([("i", "a", "can", same), ("i", "b", "can", (5, 0, 15, 10))])["disagreement"]
    assert by_place == {"observed": 1, "existence": 0, "class": 0, "localisation": 1}
    by_existence = figures([("i", "a", "can", same)], [("i", "b")])["disagreement"]
    assert by_existence == {"observed": 1, "existence": 1, "class": 0, "localisation": 0}


def test_the_curve_falls_where_boxes_lie_apart():
    drawn = []
    for number in range(6):
        drawn.append((f"i{number}", "a", LABELS[number % 2], (0, 0, 10, 10)))
        drawn.append((f"i{number}", "b", LABELS[number % 2], (2, 0, 12, 10)))
    curve = {point["iou"]: point["alpha"] for point in figures(drawn, curve=(0.3, 0.6, 0.7))["curve"]}
    assert curve[0.3] == curve[0.6] == 1
    assert curve[0.7] < 0


def test_pairs_have_f1_and_mean_iou():
    drawn = [
        ("i", "a", "can", (0, 0, 10, 10)),
        ("i", "b", "can", (0, 0, 10, 8)),
        ("i", "a", "can", (20, 0, 30, 10)),
        ("i", "b", "bottle", (20, 0, 30, 10)),
        ("i", "b", "can", (50, 0, 60, 10)),
    ]
    [pair] = figures(drawn)["pairs"]
    assert (pair["a"], pair["b"], pair["images"]) == ("a", "b", 1)
    assert pair["f1"] == pytest.approx(2 * 1 / 5)
    assert pair["mean_iou"] == pytest.approx(0.9)
    [nothing] = figures([], [("i", "a"), ("i", "b")])["pairs"]
    assert (nothing["f1"], nothing["mean_iou"]) == (None, None)


def test_the_interval_draws_images_and_names_matcher_and_iou():
    chance = np.random.default_rng(0)
    drawn = []
    for image in range(60):
        for thing in range(3):
            for who in "abc":
                if chance.random() < 0.8:
                    x = 30 * thing + chance.normal(0, 1)
                    drawn.append((f"i{image}", who, LABELS[int(chance.random() < 0.4)], (x, 0, x + 20, 20)))
    found = figures(drawn, bootstrap=500)
    low, high = found["alpha"]["ci"]
    assert low < found["alpha"]["value"] < high
    assert (found["matcher"], found["iou"]) == ("greedy", 0.5)
    assert figures(drawn, bootstrap=500) == found


def test_a_box_must_have_its_corners_in_order():
    with pytest.raises(ValueError, match="x1 ≤ x2"):
        boxes([("i", "a", "can", (5, 0, 4, 4))])
    with pytest.raises(ValueError, match="finite"):
        boxes([("i", "a", "can", (0, 0, float("nan"), 4))])
