"""The manifest file: what is written is read again, and the hash speaks of content alone."""

import random
from dataclasses import replace

import pytest

from inference.domain.manifest import Manifest, ManifestRefused, ManifestRow, content_hash, read, write

LABELS = ("in_stock", "out_of_stock")


def row(number, split="train", label="in_stock", **fields):
    return ManifestRow(f"{number:064x}", f"images/{number}", {"label": label}, split, **fields)


def manifest(*rows):
    return Manifest(
        "classification", LABELS, rows or tuple(row(n, ["train", "val", "test"][n % 3]) for n in range(9))
    )


def test_a_manifest_is_read_as_it_was_written():
    whole = manifest(
        row(
            1,
            guideline=3,
            source="camera-1",
            captured_at="2026-03-01T08:30:00Z",
            context={"ljus": "motljus – å"},
        ),
        row(2, "test", image="b", resolution="c", by="consensus", answers=["d", "e"], weight=0.5),
    )
    again = read(write(whole).splitlines(keepends=True))
    assert again == replace(whole, rows=tuple(replace(r, answers=list(r.answers)) for r in whole.rows))


def test_the_same_rows_in_another_order_are_the_same_file_and_hash():
    rows = list(manifest().rows)
    random.Random(3).shuffle(rows)
    assert write(manifest(*rows)) == write(manifest())
    assert content_hash(manifest(*rows)) == content_hash(manifest())


def test_ids_and_places_do_not_enter_the_hash():
    moved = [replace(r, key="elsewhere", image="x", answers=["y"], by="consensus") for r in manifest().rows]
    assert content_hash(manifest(*moved)) == content_hash(manifest())


@pytest.mark.parametrize(
    "change", [{"split": "val"}, {"value": {"label": "out_of_stock"}}, {"weight": 2.0}, {"sha256": "f" * 64}]
)
def test_what_a_row_says_enters_the_hash(change):
    first, *others = manifest().rows
    assert content_hash(manifest(replace(first, **change), *others)) != content_hash(manifest())


def test_labels_and_their_order_enter_the_hash():
    assert content_hash(replace(manifest(), labels=LABELS[::-1])) != content_hash(manifest())


def test_the_test_hash_speaks_of_test_rows_only():
    grown = manifest(*manifest().rows, row(100), row(101, "val"))
    assert grown.test_hash() == manifest().test_hash()
    assert manifest(*manifest().rows, row(100, "test")).test_hash() != manifest().test_hash()
    assert grown.counts() == {"train": 4, "val": 4, "test": 3}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "format must be 'vouch-manifest/1'"),
        ([b'{"format": "vouch-manifest/9"}'], "format must be 'vouch-manifest/1'"),
        ([b'{"format": "vouch-manifest/1"}'], "task_type must be a string"),
        ([b"[]"], "Line 1 must be an object"),
        ([b"{"], "Line 1 is not JSON"),
    ],
)
def test_a_first_line_that_is_none_is_refused(lines, reason):
    with pytest.raises(ManifestRefused, match=reason):
        read(lines)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"sha256": "a"}', "Line 2: key is missing"),
        (
            b'{"sha256": "a", "key": "b", "value": {}, "split": "dev"}',
            "Line 2: split must be one of train, val, test",
        ),
        (b"nonsense", "Line 2 is not JSON"),
    ],
)
def test_a_row_that_is_none_is_refused(line, reason):
    head = b'{"format": "vouch-manifest/1", "task_type": "classification", "labels": []}'
    with pytest.raises(ManifestRefused, match=reason):
        read([head, line])


def test_an_image_that_stands_twice_is_refused():
    with pytest.raises(ManifestRefused, match="twice"):
        read(write(manifest(row(1), row(1, "val"))).splitlines())
