"""A manifest as Parquet: what a reader of others' making sees in it, its hash held again, and Hugging Face's folder."""

import io
import json
from contextlib import suppress
from io import BytesIO, StringIO
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.domain import parquet
from feedback.domain.layouts import Row, Rows, huggingface
from feedback.domain.parquet import Column, Kind, ParquetFile, ParquetRefused
from feedback.services.datasets import freeze, request_dataset
from feedback.services.manifest_files import COLUMNS, ManifestDiffers, as_parquet, verify
from tests.factories.feedback import DatasetVersionFactory, labelled
from tests.factories.labeling import project_with
from tests.factories.people import client_of, member

TABLE = (
    Column("name", Kind.TEXT),
    Column("number", Kind.INTEGER, optional=True),
    Column("share", Kind.REAL),
    Column("words", Kind.TEXT, optional=True),
)
VALUES = st.lists(
    st.tuples(
        st.text(max_size=8),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.none() | st.text(max_size=8),
    ),
    max_size=30,
)


def file_of(rows, metadata=(("k", "ü"),)):
    return b"".join(parquet.write(TABLE, rows, dict(metadata)))


@settings(max_examples=30)
@given(VALUES)
def test_what_is_written_is_read_back_and_the_same_rows_are_the_same_bytes(rows):
    data = file_of(rows)
    opened = ParquetFile(BytesIO(data))
    assert list(opened.rows()) == rows
    assert (opened.columns, opened.count, opened.metadata) == (list(TABLE), len(rows), {"k": "ü"})
    assert file_of(rows) == data


def test_rows_are_held_a_group_at_a_time(monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 10)
    taken = []
    rows = ((str(number), taken.append(number), 0.5, None) for number in range(95))
    pieces = parquet.write(TABLE, rows, {})
    next(pieces), next(pieces)
    assert len(taken) == 10
    data = b"PAR1" + b"".join(pieces)
    assert len(taken) == 95
    assert data.endswith(b"PAR1")


def test_other_readers_see_the_same(tmp_path):
    pyarrow = pytest.importorskip("pyarrow.parquet")
    rows = [(f"å{number}", number or None, number / 7, "x" * number or None) for number in range(4500)]
    path = tmp_path / "t.parquet"
    path.write_bytes(file_of(rows))
    theirs = pyarrow.read_table(path)
    assert [tuple(row.values()) for row in theirs.to_pylist()] == rows
    assert theirs.schema.metadata[b"k"] == "ü".encode()


@settings(max_examples=40)
@given(st.data())
def test_no_bytes_crash_the_reader(data):
    whole = bytearray(file_of([("a", 1, 0.5, None)] * 3))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    cut = BytesIO(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    with suppress(ParquetRefused):
        list(ParquetFile(cut).rows())


@pytest.fixture
def frozen(db):
    project = project_with(labels=("cat", "dog"), slug="kinds")
    for number, split in enumerate(("train", "val", "test")):
        labelled(project, ("cat", "dog")[number % 2], number, split=split)
    dataset = freeze(request_dataset(user=None, project=project, name="", filters={}).pk)
    assert dataset.hash, dataset.error
    return dataset


def test_the_hash_of_the_dataset_is_counted_again_from_the_file(frozen, tmp_path):
    data = b"".join(as_parquet(frozen))
    assert verify(BytesIO(data)) == (frozen.hash, 3)
    row = dict(zip([column.name for column in COLUMNS], next(ParquetFile(BytesIO(data)).rows()), strict=True))
    assert json.loads(row["value"])["label"] in ("cat", "dog")
    assert (row["by"], row["answers"], row["guideline"]) == ("imported", "[]", None)
    path = tmp_path / "manifest.parquet"
    path.write_bytes(data)
    out = StringIO()
    call_command("verify_manifest", str(path), stdout=out)
    assert out.getvalue() == f"{frozen.hash} 3 images\n"
    with pytest.raises(CommandError, match=f"come to {frozen.hash}"):
        call_command("verify_manifest", str(path), "--hash", "0" * 64)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: [(*rows[0][:2], "test", *rows[0][3:]), *rows[1:]], "come to"),
        (lambda rows: rows[1:], "come to"),
        (lambda rows: rows[::-1], "not in order"),
        (lambda rows: [(rows[0][0], "{", *rows[0][2:]), *rows[1:]], "not JSON"),
    ],
)
def test_another_content_is_found_out(frozen, change, reason):
    opened = ParquetFile(BytesIO(b"".join(as_parquet(frozen))))
    rows = sorted(opened.rows())
    rows[0] = (*rows[0][:2], "train", *rows[0][3:])
    changed = b"".join(parquet.write(COLUMNS, change(rows), opened.metadata))
    with pytest.raises(ManifestDiffers, match=reason):
        verify(BytesIO(changed), expected=frozen.hash)


def test_what_is_no_manifest_is_refused_with_the_reason(tmp_path):
    with pytest.raises(ParquetRefused, match="image_sha256 is missing"):
        verify(BytesIO(file_of([])))
    (tmp_path / "x").write_text("PAR1 or so")
    with pytest.raises(CommandError, match="no Parquet file"):
        call_command("verify_manifest", str(tmp_path / "x"))
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify_manifest", str(tmp_path / "nowhere"))


def test_leads_download_it_and_nobody_else(frozen):
    path = reverse("api-dataset-manifest", args=[frozen.pk])

    async def gathered(response):
        return b"".join([chunk async for chunk in response.streaming_content])

    for role, status in (("engineer", 200), ("qa_lead", 200), ("annotator", 404), ("associate", 404)):
        answer = client_of(member(frozen.project, role), frozen.project).get(path)
        assert answer.status_code == status
        if status == 200:
            assert verify(io.BytesIO(async_to_sync(gathered)(answer)))[0] == frozen.hash
            assert answer["Content-Type"] == "application/vnd.apache.parquet"
            assert f'"kinds-{frozen.number}-manifest.parquet"' in answer["Content-Disposition"]
    other = project_with()
    assert client_of(member(other, "engineer"), other).get(path).status_code == 404
    building = DatasetVersionFactory(project=frozen.project, number=99, state="building", hash="")
    engineer = client_of(member(frozen.project, "engineer"), frozen.project)
    assert engineer.get(reverse("api-dataset-manifest", args=[building.pk])).status_code == 400
    assert engineer.get(reverse("api-dataset-manifest", args=[uuid4()])).status_code == 404


def test_hugging_faces_folder_has_a_line_a_photograph_beside_it():
    value = {"regions": [{"id": "0", "label": "cat", "box": [1, 2, 11.0, 22.0]}]}
    rows = {
        "train": [Row("a.jpg", "a", "train", value, 64, 48, lambda: [b"x"])],
        "val": [Row("b.jpg", "b", "val", {"regions": []}, 64, 48, lambda: [b"y"])],
    }
    files = {
        path: b"".join(content)
        for path, content in huggingface(
            Rows("detection", ("cat",), ("train", "val"), lambda split: iter(rows[split])), True
        )
    }
    assert list(files) == [
        "train/metadata.jsonl",
        "train/a.jpg",
        "validation/metadata.jsonl",
        "validation/b.jpg",
    ]
    assert json.loads(files["train/metadata.jsonl"]) == {
        "file_name": "a.jpg",
        "sha256": "a",
        "width": 64,
        "height": 48,
        "objects": {"bbox": [[1.0, 2.0, 10.0, 20.0]], "categories": ["cat"]},
    }
