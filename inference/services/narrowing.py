"""A narrower sibling of a classifier, distilled from it on a frozen dataset's images, kept where its accuracy holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from inference.domain.narrowing import few, narrower_than, refusal
from inference.enums import ModelRuntime
from inference.imaging import Preprocessing, to_array
from inference.models import ModelVersion
from inference.queries.labelled import sample
from inference.services import apart
from inference.services.baseline import LEARNED_FROM, learnt_from
from inference.services.checking import check
from inference.services.evaluating import readable
from inference.services.files import images_by_hash, of_model
from inference.services.models import keep
from inference.services.trainers import TrainingRefused, read_manifest
from labeling.imagefile import ImageRefused
from labeling.services import images
from people.enums import TaskType
from people.models import User
from people.services.announcements import announce, project_topic

SECONDS = 3 * 3600
TRAINING_SECONDS = 3600.0
STEPS = 800
MARGIN = 0.01
MOST_JUDGED = 500
MOST_PICTURE_BYTES = 2**29
"""Of all the pictures together, as arrays: 43,000 at 64 pixels, 3,500 at 224."""


class NarrowRefused(ValueError):
    """A narrower model that cannot be, or is not to be kept; the message says why."""


@dataclass(frozen=True)
class Frozen:
    """The frozen dataset that it learns from: none of its test images is among those."""

    dataset_id: UUID
    manifest_key: str


@dataclass
class _Pictures:
    arrays: list[np.ndarray]
    truth: list[str]
    splits: list[str]


def check_can_narrow(model: ModelVersion) -> str:
    """The architecture of the model's narrower sibling. Raises NarrowRefused where there can be none."""
    if model.runtime != ModelRuntime.ONNX.value:
        raise NarrowRefused(f"{model} runs elsewhere: its answers cannot be asked for.")
    if model.project.task_type != TaskType.CLASSIFICATION:
        raise NarrowRefused("A narrower model is made of classifiers alone, not yet of what finds boxes.")
    architecture = narrower_than(model.architecture)
    if architecture is None:
        raise NarrowRefused(f"{model} is as narrow as any architecture here.")
    return architecture


def register_narrow(
    *,
    model: ModelVersion,
    frozen: Frozen,
    margin: float = MARGIN,
    steps: int = STEPS,
    by: User | None = None,
    heard: Callable[[float], None] = lambda share: None,
) -> ModelVersion:
    """Train a narrower classifier to say what the model says, and keep it as a candidate whose parent that is.

    It learns from the dataset's training images and is calibrated on its validation images. The figures are kept with
    the model, also where they refuse. Raises NarrowRefused, runtimes.RuntimeRefused, and FileNotFoundError where the
    model's file is gone.
    """
    architecture = check_can_narrow(model)
    pictures = _pictures(model, frozen)
    if too_few := few(pictures.splits.count("judged")):
        raise NarrowRefused(too_few)
    with TemporaryDirectory(prefix="vouch-narrow-") as name:
        folder = Path(name)
        files = []
        for number, content in enumerate(of_model(model)):
            files.append(folder / f"{number}.onnx")
            files[-1].write_bytes(content)
        stacked = np.stack(pictures.arrays)
        np.save(folder / "pictures.npy", stacked, allow_pickle=False)
        out, kept = folder / "narrow.onnx", folder / "narrow.pt"
        figures = apart.ask(
            "narrowing",
            {
                "paths": [str(file) for file in files],
                "pictures": str(folder / "pictures.npy"),
                "truth": pictures.truth,
                "splits": pictures.splits,
                "architecture": architecture,
                "options": {"steps": steps, "max_seconds": TRAINING_SECONDS},
                "out": str(out),
                "kept": str(kept),
            },
            seconds=SECONDS,
            size=stacked.nbytes + sum(file.stat().st_size for file in files),
            heard=lambda line: heard(line["progress"]),
        )
        reason = refusal(figures, margin)
        _note(model, {**figures, "architecture": architecture, "refused": reason})
        if reason:
            raise NarrowRefused(reason)
        checked = check(out)
        with transaction.atomic():
            sibling = keep(
                project=model.project,
                checked=checked,
                trained=kept,
                by=by,
                name=f"{model}, narrower"[:200],
                parent=model,
                dataset_id=frozen.dataset_id,
            )
            sibling.profile = {**sibling.profile, LEARNED_FROM: frozen.manifest_key}
            ModelVersion.objects.filter(pk=sibling.pk).update(profile=sibling.profile)
    return sibling


def _pictures(model: ModelVersion, frozen: Frozen) -> _Pictures:
    """What it learns from, is calibrated on, and is judged on: the last are known to neither."""
    try:
        rows = readable(model.project_id, read_manifest(frozen.manifest_key).rows)
    except TrainingRefused as refused:
        raise NarrowRefused(str(refused)) from refused
    preprocessing = Preprocessing.from_json(model.preprocessing)
    most = MOST_PICTURE_BYTES // (3 * preprocessing.size**2)
    learned = [row for row in rows if row.split != "test" and row.value["label"] in model.labels]
    # In the order of their hashes, which is none: a sample where there are too many.
    learned = sorted(learned, key=lambda row: row.sha256)[: max(most - MOST_JUDGED, MOST_JUDGED)]
    if len({row.value["label"] for row in learned if row.split == "train"}) < 2:
        raise NarrowRefused("The dataset has training images of fewer than two of the model's labels.")
    read = images_by_hash(model.project_id, {row.sha256: row.key for row in learned})
    found = _Pictures([], [], [])
    for row in learned:
        _add(found, partial(read, row.sha256), row.value["label"], row.split, preprocessing)
    unlike = learnt_from(model) | {row.sha256 for row in rows if row.split != "test"}
    for judged in sample(model.project, MOST_JUDGED, unlike=unlike):
        _add(found, partial(images.read, judged.image), judged.value["label"], "judged", preprocessing)
    return found


def _add(
    found: _Pictures, read: Callable[[], bytes], label: str, split: str, preprocessing: Preprocessing
) -> None:
    try:
        found.arrays.append(to_array(read(), preprocessing))
    except (ImageRefused, FileNotFoundError):
        return
    found.truth.append(label)
    found.splits.append(split)


def _note(model: ModelVersion, figures: dict[str, Any]) -> None:
    figures["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    with transaction.atomic():
        fresh = ModelVersion.objects.select_for_update(no_key=True).get(pk=model.pk)
        model.profile = {**fresh.profile, "narrow": figures}
        ModelVersion.objects.filter(pk=model.pk).update(profile=model.profile)
        announce(project_topic(model.project_id), "models.changed", [model.pk])
