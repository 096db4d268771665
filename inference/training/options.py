"""What a training run is given and what it gives back; importing this does not import torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, Protocol

from inference.domain.readings import check_names
from inference.imaging import Preprocessing
from inference.runtimes.contract import DETECTION

Split = Literal["train", "val", "test"]

SCRATCH, REPLAY, NAIVE, HEAD = "scratch", "replay", "naive", "head"
METHODS = (SCRATCH, REPLAY, NAIVE, HEAD)
"""From nothing; from a base with old examples among the new and its old answers kept; from a base on the new examples
alone; a base's head alone."""


MOST_ADVERSARIAL = 0.5
"""Made-up pictures are never more than half of what is learned from, and never in a split that measures."""


class TrainingRefused(ValueError):
    """A run that cannot start or go on; `reason` says what is wrong and what would be right."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TrainingCancelled(Exception):
    """Raised where `should_stop` said so; nothing was written."""


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One labelled image: `weight` ≥ 0 is its share of the draws among the images of its label.

    `is_old` says that the base learned it, with this label; `readings` are what its context says under each of the
    options' `context`, NaN where that is missing.
    """

    sha256: str
    label: str
    split: Split
    weight: float = 1.0
    is_old: bool = False
    readings: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownBox:
    """A thing that is there: its `box` is x1, y1, x2, y2 in pixels of the upright picture."""

    label: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One picture of `width` × `height` upright pixels with everything that is in it, maybe nothing.

    `weight` ≥ 0 is its share of the draws. `is_old` says that the base learned it, with these boxes.
    """

    sha256: str
    boxes: tuple[KnownBox, ...]
    width: int
    height: int
    split: Split
    weight: float = 1.0
    is_old: bool = False


class Checkpoints(Protocol):
    """Where a run keeps how far it is, so that another process can go on from there."""

    def read(self) -> bytes | None:
        """What was written last and whole; None where nothing was."""

    def write(self, content: bytes) -> None:
        """Keep this instead of what was written before."""


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How to train. The defaults suit some hundreds of photographs on one core.

    `steps` of `batch_size` images is the budget, whatever the number of images: a small dataset needs as
    many steps as a larger one. `max_seconds` ends a run early with what it has; `patience` is how many
    evaluations in a row (there are about 40) may pass without a lower validation loss once half of the
    budget is used, None for any number. `learning_rate` is the peak, None for the architecture's own.
    `flip` mirrors half the images: switch it off where left and right differ in meaning. `base` is the
    state file of an earlier run to start from, and `method` one of METHODS: without a base `scratch`, with one
    `replay` where nothing is said. `replay` learns from the new examples and at most `replay_per_label` of the old ones
    of each label, and is held to what the base says of every image it sees: by `distillation` times the cross entropy
    at `distillation_temperature`. Of each batch the share `adversarial`, 0..MOST_ADVERSARIAL, is changed by the fast
    gradient sign method, each pixel by `adversarial_step` of 255. `context` names keys of an image's context of which
    the numbers are told to the model beside the picture. Raises ValueError naming the field that is out of range.
    """

    architecture: str = "small_resnet"
    size: int = 64
    resize: str = "squash"
    steps: int = 500
    batch_size: int = 32
    learning_rate: float | None = None
    max_seconds: float | None = None
    patience: int | None = 12
    flip: bool = True
    seed: int = 0
    base: Path | None = None
    threads: int = 1
    method: str | None = None
    replay_per_label: int = 200
    distillation: float = 1.5
    distillation_temperature: float = 2.0
    adversarial: float = 0.0
    adversarial_step: float = 2.0
    context: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, least in (
            ("steps", 1),
            ("batch_size", 2),
            ("threads", 1),
            ("seed", 0),
            ("replay_per_label", 0),
        ):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}.")
        for name in ("learning_rate", "max_seconds", "patience", "distillation_temperature"):
            value = getattr(self, name)
            if value is not None and not (type(value) in (int, float) and 0 < value < math.inf):
                raise ValueError(f"{name} must be a number above 0, not {value!r}.")
        if not (type(self.distillation) in (int, float) and 0 <= self.distillation < math.inf):
            raise ValueError(f"distillation must be a number of at least 0, not {self.distillation!r}.")
        if not (type(self.adversarial) in (int, float) and 0 <= self.adversarial <= MOST_ADVERSARIAL):
            raise ValueError(
                f"adversarial must be a number from 0 to {MOST_ADVERSARIAL:g}, not {self.adversarial!r}."
            )
        step = self.adversarial_step
        if not (type(step) in (int, float) and 0 < step <= 32):
            raise ValueError(f"adversarial_step must be a number above 0, 32 at most, not {step!r}.")
        object.__setattr__(self, "context", check_names(self.context))
        if self.method is not None and self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, not {self.method!r}.")
        if type(self.flip) is not bool:
            raise ValueError(f"flip must be true or false, not {self.flip!r}.")
        if not isinstance(self.architecture, str):
            raise ValueError(f"architecture must be a name, not {self.architecture!r}.")
        _ = self.preprocessing

    @property
    def way(self) -> str:
        """The method, also where none is named. Raises TrainingRefused where it does not go with the base."""
        way = self.method or (SCRATCH if self.base is None else REPLAY)
        if (way == SCRATCH) != (self.base is None):
            raise TrainingRefused(
                "The method scratch goes on from no base: leave the base out."
                if way == SCRATCH
                else f"The method {way} goes on from a base: name one, like champion."
            )
        return way

    def check_task(self, task: str) -> None:
        """Raise TrainingRefused where the options do not suit `task`, classification or detection."""
        if task == DETECTION and self.method == HEAD:
            raise TrainingRefused("A detector has no last layer to train alone: use replay.")
        if task == DETECTION and (self.adversarial or self.context):
            raise TrainingRefused(
                "A detector takes neither adversarial examples nor context: classifiers do."
            )
        if self.method == HEAD and self.context:
            raise TrainingRefused(
                "The method head learns from stored embeddings, which say nothing of the context: use replay."
            )

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(size=self.size, resize=self.resize)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"base": str(self.base) if self.base else None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TrainingOptions:
        """The inverse of `to_json`; what is left out has its default. Raises ValueError for unknown names."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(value) - known):
            raise ValueError(f"There is no training option {', '.join(unknown)}.")
        base = value.get("base")
        return cls(**{**value, "base": Path(base) if base else None})


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: `fraction` 0..1 of the whole; `epoch` counts passes over the training images;
    losses in nats, None before the first evaluation or without validation images; times in seconds. `val_map` is a
    detector's, 0..1 at an overlap of a half, where a classifier has its `val_accuracy`."""

    fraction: float
    epoch: int
    train_loss: float | None
    val_loss: float | None
    val_accuracy: float | None
    seconds_elapsed: float
    eta_seconds: float | None
    val_map: float | None = None


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A finished run: the model file, the state file that a later run can start from, and its figures.

    `metrics` has `val` and `test` as `domain.metrics.evaluate` gives them, each only where there were such
    images; `curve` one object per evaluation; `ended` why training stopped.
    """

    model_path: Path
    state_path: Path
    sha256: str
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    architecture: str
    temperature: float
    metrics: dict[str, Any]
    curve: tuple[dict[str, float | int | None], ...]
    seconds: float
    ended: Literal["budget used", "no longer improving", "out of time"]
