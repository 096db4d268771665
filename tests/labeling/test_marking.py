"""Whether an answer says what is known."""

import pytest

from labeling.domain.marking import box_f1, is_right


def region(box, label="can"):
    return {"id": "1", "label": label, "box": box}


A, B, C = [0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]
NEAR_A = [0, 0, 10, 8]
HALF_OFF_A = [5, 0, 15, 10]


def test_a_label_is_right_where_it_is_the_known_one():
    assert is_right({"label": "can"}, {"label": "can"})
    assert not is_right({"label": "jar"}, {"label": "can"})
    assert not is_right(None, {"label": "can"})


@pytest.mark.parametrize(
    ("said", "known", "f1"),
    [
        ([], [], 1.0),
        ([], [A], 0.0),
        ([A], [], 0.0),
        ([NEAR_A], [A], 1.0),
        ([HALF_OFF_A], [A], 0.0),
        ([A, B], [A, B, C], 0.8),
        ([A, A], [A], 2 / 3),
        ([B, NEAR_A], [A, B], 1.0),
    ],
)
def test_boxes_are_paired_from_an_overlap_of_one_half(said, known, f1):
    assert box_f1([region(box) for box in said], [region(box) for box in known]) == pytest.approx(f1)
    value = {"regions": [region(box) for box in said]}
    assert is_right(value, {"regions": [region(box) for box in known]}) == (f1 >= 0.8)


def test_a_box_of_another_label_is_no_pair():
    assert box_f1([region(A, "jar")], [region(A)]) == 0.0
    assert box_f1([region(A, "jar"), region(NEAR_A)], [region(A)]) == pytest.approx(2 / 3)
