"""Trainers by name: a frozen manifest in, a model file in a folder of its own out. Torch is imported only to train."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage

from inference import runtimes
from inference.domain import manifest as manifests
from inference.domain.manifest import Manifest, ManifestRow
from inference.domain.readings import readings_of
from inference.models import ModelVersion, TrainingRun
from inference.queries.learned import embeddings_by, manifest_key_of
from inference.queries.sizes import sizes_of
from inference.services.checkpoints import StoredCheckpoints
from inference.services.evaluating import EvaluationRefused, readable
from inference.services.files import images_by_hash, read_bytes
from inference.services.models import ModelRefused
from people.enums import TaskType

_TRAINERS = {
    TaskType.CLASSIFICATION.value: "inference.training.trainer",
    TaskType.DETECTION.value: "inference.training.detection.trainer",
}
_OPTIONS = "inference.training.options"
_STATE = "inference.training.state"
METHODS = ("scratch", "replay", "naive", "head")
"""How a run may learn, as training.options says it."""
BESIDES = {"promote_if_better"}
"""Options of a run that are not the trainer's business."""
DETECTOR = {"architecture": "centernet", "size": 128, "batch_size": 16}
"""Where a detector's options begin, unless others are wished for."""


class TrainingRefused(ValueError):
    """A run that cannot be; the message says why and what would be right."""


REFUSALS = (
    TrainingRefused,
    ModelRefused,
    EvaluationRefused,
    manifests.ManifestRefused,
    runtimes.RuntimeRefused,
)


def cancelled() -> type[Exception]:
    """The exception a trainer raises when it was told to stop."""
    return import_module(_OPTIONS).TrainingCancelled


def methods_for(task_type: str) -> tuple[str, ...]:
    """Those of METHODS by which a model for this task can learn: a detector has no last layer to train alone."""
    return tuple(each for each in METHODS if each != "head" or task_type == TaskType.CLASSIFICATION)


def settled(options: Mapping[str, Any], *, has_base: bool, task_type: str) -> dict[str, Any]:
    """The options of a run with its method named, as the run keeps them.

    Raises TrainingRefused naming what is not a training option, out of its range, or does not go together.
    """
    if unknown := {"seed", "base", "threads"} & set(options):
        raise TrainingRefused(f"{sorted(unknown)[0]} is not an option here.")
    # Any path: it only says that there will be one.
    asked = _options(options, base="base" if has_base else None)
    try:
        asked.check_task(task_type)
        return {**options, "method": asked.way}
    except import_module(_OPTIONS).TrainingRefused as refused:
        raise TrainingRefused(refused.reason) from refused


def read_manifest(key: str) -> Manifest:
    """The frozen dataset under a storage key. Raises TrainingRefused where it is gone, and ManifestRefused."""
    try:
        with default_storage.open(key) as lines:
            return manifests.read(lines)
    except FileNotFoundError as error:
        raise TrainingRefused(f"The dataset's manifest is gone from the storage: {key}.") from error


@contextmanager
def trained(
    run: TrainingRun,
    manifest: Manifest,
    on_progress: Callable[[Any, int], None],
    should_stop: Callable[[], bool],
) -> Iterator[Any]:
    """Train as the run asks; yields training.options.TrainedModel, whose files go when the block ends.

    `on_progress` is told a training.options.Progress and the number of steps taken by then.
    Raises TrainingRefused with the reason, and what `cancelled` names when `should_stop` says so.
    """
    if manifest.task_type not in _TRAINERS:
        raise TrainingRefused(f"Models for {manifest.task_type} cannot be trained.")
    detects = manifest.task_type == TaskType.DETECTION
    try:
        trainer, options = import_module(_TRAINERS[manifest.task_type]), import_module(_OPTIONS)
    except ImportError as error:
        raise TrainingRefused(
            f"Training needs packages that are not here ({error.name}): run `make setup`."
        ) from error
    learned = _learned_by(run.base) if run.base else frozenset()
    frozen = readable(run.project_id, manifest.rows)
    read = images_by_hash(run.project_id, {row.sha256: row.key for row in manifest.rows})
    with tempfile.TemporaryDirectory(prefix="vouch-training-") as folder:
        wished = dict(run.options)
        base = None
        if run.base is not None:
            base = Path(folder) / "base.pt"
            base.write_bytes(read_bytes(run.base.checkpoint_key))
            kept = {name: run.base.preprocessing[name] for name in ("size", "resize")}
            wished = {"architecture": run.base.architecture, **kept, **wished}
        if detects:
            wished = {**DETECTOR, **wished}
        elif base is not None:
            wished = {"context": import_module(_STATE).context_of(base), **wished}
        asked = _options(wished, seed=run.seed, base=base)
        rows = (
            _with_boxes(run.project_id, frozen, learned)
            if detects
            else _with_labels(frozen, learned, asked.context)
        )
        said = dict(embeddings_by(run.base)) if run.base and asked.method == options.HEAD else {}
        try:
            made = trainer.train(
                rows=rows,
                labels=manifest.labels,
                options=asked,
                read=read,
                out=Path(folder) / "made",
                on_progress=lambda progress: on_progress(progress, round(progress.fraction * asked.steps)),
                should_stop=should_stop,
                checkpoints=StoredCheckpoints(run.pk),
                **({} if detects else {"embedding": said.get}),
            )
        except options.TrainingRefused as refused:
            raise TrainingRefused(refused.reason) from refused
        yield made


def _learned_by(base: ModelVersion) -> frozenset[tuple[str, str]]:
    """Hash and truth of what the model was trained and tuned on; empty where its dataset is not known any more."""
    key = manifest_key_of(base)
    if key is None or not default_storage.exists(key):
        return frozenset()
    rows = read_manifest(key).rows
    return frozenset((row.sha256, _said(row)) for row in rows if row.split != "test")


def _said(row: ManifestRow) -> str:
    """What is held true of the image, to compare."""
    return json.dumps(row.value, sort_keys=True)


def _with_labels(
    rows: Sequence[ManifestRow], learned: frozenset[tuple[str, str]], context: Sequence[str]
) -> list[Any]:
    """The rows as training.options.TrainingRow."""
    made = import_module(_OPTIONS).TrainingRow
    return [
        made(
            row.sha256,
            row.value["label"],
            row.split,
            row.weight,
            (row.sha256, _said(row)) in learned,
            tuple(readings_of(row.context, context).tolist()),
        )
        for row in rows
    ]


def _with_boxes(project: UUID, rows: Sequence[ManifestRow], learned: frozenset[tuple[str, str]]) -> list[Any]:
    """The rows as training.options.BoxRow; an image that the project has no more is left out."""
    options = import_module(_OPTIONS)
    sizes = sizes_of(project, [row.sha256 for row in rows])
    return [
        options.BoxRow(
            row.sha256,
            tuple(options.KnownBox(each["label"], tuple(each["box"])) for each in row.value["regions"]),
            *sizes[row.sha256],
            row.split,
            row.weight,
            (row.sha256, _said(row)) in learned,
        )
        for row in rows
        if row.sha256 in sizes
    ]


def _options(wished: Mapping[str, Any], **given: Any) -> Any:
    own = {name: value for name, value in wished.items() if name not in BESIDES}
    try:
        return import_module(_OPTIONS).TrainingOptions.from_json({**own, **given})
    except (ValueError, TypeError) as error:
        raise TrainingRefused(str(error)) from error
