"""The value's one shape: whatever comes in, it is either canonical and fits the database, or a field is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.domain.documents import check_document
from labeling.domain.proposals import check_proposal
from labeling.domain.rows import Row, RowRefused, read_rows
from labeling.domain.values import ValueRefused, check_value

LABELS = {"in_stock", "blocked"}
WIDTH, HEIGHT = 64, 48

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.just("in_stock")
    | st.just(10**400),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["label", "regions", "id", "box", "of", "labels"]) | st.text(), inner
        )
    ),
    max_leaves=12,
)
side = st.floats(-10, 80) | st.integers(-10, 80) | st.just(float("nan")) | st.just(10**400)
regions = st.lists(
    st.fixed_dictionaries(
        {
            "label": st.sampled_from(["in_stock", "blocked", "sold"]),
            "box": st.lists(side, min_size=3, max_size=5),
        },
        optional={"id": st.sampled_from("ab"), "of": st.sampled_from(["a", 1])},
    ),
    max_size=3,
)


def tried(check):
    """What the check returns and no errors, or None and the errors it raises."""
    try:
        return check(), {}
    except ValueRefused as refused:
        return None, refused.errors


def checked(value, task_type):
    return check_value(value, task_type=task_type, labels=LABELS, width=WIDTH, height=HEIGHT)


@given(anything | regions.map(lambda r: {"regions": r}), st.sampled_from(["classification", "detection"]))
def test_whatever_comes_in_is_canonical_or_named(value, task_type):
    canonical, errors = tried(lambda: checked(value, task_type))
    for field, reasons in errors.items():
        assert field == "value" or field.startswith("value.")
        assert reasons
    if errors:
        return
    assert checked(canonical, task_type) == canonical
    assert json.loads(json.dumps(canonical, allow_nan=False)) == canonical
    assert check_document(canonical, "value") == canonical


@given(regions)
def test_what_is_accepted_lies_inside_the_image(given_regions):
    canonical, errors = tried(lambda: checked({"regions": given_regions}, "detection"))
    if errors:
        return
    assert len(canonical["regions"]) == len(given_regions)
    assert len({region["id"] for region in canonical["regions"]}) == len(given_regions)
    for region in canonical["regions"]:
        x1, y1, x2, y2 = region["box"]
        assert 0 <= x1 <= x2 - 1 <= WIDTH - 1
        assert 0 <= y1 <= y2 - 1 <= HEIGHT - 1
        assert region["label"] in LABELS


@given(st.floats(0, 62), st.floats(0, 46), st.floats(1, 64), st.floats(1, 48))
def test_every_box_inside_is_accepted(x, y, width, height):
    box = [x, y, min(x + width, WIDTH), min(y + height, HEIGHT)]
    if box[2] - box[0] >= 1 and box[3] - box[1] >= 1:
        value = {"regions": [{"label": "blocked", "box": box}]}
        assert checked(value, "detection") == {"regions": [{"id": "0", "label": "blocked", "box": box}]}


def test_nothing_there_is_a_value():
    assert checked({"regions": []}, "detection") == {"regions": []}


@pytest.mark.parametrize("geometry", ["polygon", "mask", "points", "labels", "attributes"])
def test_a_reserved_shape_is_refused_by_name(geometry):
    region = {"label": "blocked", "box": [0, 0, 5, 5], geometry: []}
    with pytest.raises(ValueRefused) as refused:
        checked({"regions": [region]}, "detection")
    assert list(refused.value.errors) == [f"value.regions.0.{geometry}"]


@given(anything)
def test_a_document_is_kept_or_named(value):
    kept, errors = tried(lambda: check_document(value, "context"))
    if errors:
        assert list(errors) == ["context"]
        return
    assert isinstance(kept, dict)
    text = json.dumps(kept, allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()


@given(
    anything
    | anything.map(lambda part: {"label": "blocked", "confidence": part, "scores": part, "model": part})
)
def test_a_proposal_is_canonical_or_named(proposal):
    about = {"task_type": "classification", "labels": LABELS, "width": WIDTH, "height": HEIGHT}
    canonical, errors = tried(lambda: check_proposal(proposal, **about))
    assert all(field.startswith("prediction") for field in errors)
    if errors:
        return
    assert check_proposal(canonical, **about) == canonical


def test_a_proposed_region_keeps_its_own_confidence():
    region = {"id": "a", "label": "blocked", "box": [0.0, 0.0, 5.0, 5.0], "confidence": 0.5}
    about = {"task_type": "detection", "labels": LABELS, "width": WIDTH, "height": HEIGHT}
    assert check_proposal({"regions": [region]}, **about) == {"regions": [region]}


@given(st.lists(st.binary(max_size=60) | anything.map(lambda v: json.dumps(v).encode()), max_size=5))
def test_every_line_is_a_row_or_has_a_reason(lines):
    read = list(read_rows(lines))
    assert len(read) == sum(1 for line in lines if line.strip())
    for row in read:
        assert isinstance(row, Row | RowRefused)
        if isinstance(row, RowRefused):
            assert row.detail


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "is not one JSON object a line"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"file": "a", "value": NaN}', "NaN is not a JSON number"),
        (b"[]", "row: must be an object"),
        (b"{}", "file: is required"),
        (b'{"file": "a", "lable": "x"}', "lable: is not a field of a row"),
        (b'{"file": "a", "context": [1]}', "context: must be an object"),
        (b'{"file": "a", "split": "dev"}', "split: must be train, val or test"),
        (b'{"file": "a", "captured_at": "yesterday"}', "captured_at: must be a time with its zone"),
        (b'{"file": "a", "captured_at": "2026-03-01T08:30:00"}', "captured_at: must be a time with its zone"),
        (b'{"file": "a", "captured_at": "0001-01-01T00:00:00+14:00"}', "captured_at"),
        (b'{"file": "a", "source": 7}', "source: must be text"),
        (b'{"file": "a\\u0000"}', "file: must be text"),
    ],
)
def test_a_bad_row_says_why(line, reason):
    (refused,) = read_rows([line])
    assert isinstance(refused, RowRefused)
    assert refused.row == 1
    assert reason in refused.detail
