"""Trainers by name: a frozen manifest in, a model file in a folder of its own out. Torch is imported only to train."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage

from inference import runtimes
from inference.domain import manifest as manifests
from inference.domain.manifest import Manifest
from inference.models import TrainingRun
from inference.services.evaluating import EvaluationRefused
from inference.services.files import read_bytes
from inference.services.models import ModelRefused
from people.enums import TaskType

_TRAINER = "inference.training.trainer"
_OPTIONS = "inference.training.options"
BESIDES = {"promote_if_better"}
"""Options of a run that are not the trainer's business."""


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


def check_options(options: Mapping[str, Any]) -> None:
    """Raise TrainingRefused naming what is not a training option, or out of its range."""
    if unknown := {"seed", "base", "threads"} & set(options):
        raise TrainingRefused(f"{sorted(unknown)[0]} is not an option here.")
    _options(options)


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
    if manifest.task_type != TaskType.CLASSIFICATION:
        raise TrainingRefused(f"Models for {manifest.task_type} cannot be trained yet, only classification.")
    try:
        trainer, options = import_module(_TRAINER), import_module(_OPTIONS)
    except ImportError as error:
        raise TrainingRefused(
            f"Training needs packages that are not here ({error.name}): run `make setup`."
        ) from error
    rows = [
        options.TrainingRow(row.sha256, row.value["label"], row.split, row.weight) for row in manifest.rows
    ]
    keys = {row.sha256: row.key for row in manifest.rows}
    with tempfile.TemporaryDirectory(prefix="vouch-training-") as folder:
        wished = dict(run.options)
        base = None
        if run.base is not None:
            base = Path(folder) / "base.pt"
            base.write_bytes(read_bytes(run.base.checkpoint_key))
            kept = {name: run.base.preprocessing[name] for name in ("size", "resize")}
            wished = {"architecture": run.base.architecture, **kept, **wished}
        asked = _options(wished, seed=run.seed, base=base)
        try:
            made = trainer.train(
                rows=rows,
                labels=manifest.labels,
                options=asked,
                read=lambda sha256: read_bytes(keys[sha256]),
                out=Path(folder) / "made",
                on_progress=lambda progress: on_progress(progress, round(progress.fraction * asked.steps)),
                should_stop=should_stop,
            )
        except options.TrainingRefused as refused:
            raise TrainingRefused(refused.reason) from refused
        yield made


def _options(wished: Mapping[str, Any], **given: Any) -> Any:
    own = {name: value for name, value in wished.items() if name not in BESIDES}
    try:
        return import_module(_OPTIONS).TrainingOptions.from_json({**own, **given})
    except (ValueError, TypeError) as error:
        raise TrainingRefused(str(error)) from error
