"""What a model file promises: names of its input and outputs, and the card in its metadata."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from inference.domain.readings import check_names
from inference.imaging import Preprocessing
from inference.runtimes import RuntimeRefused

VERSION = "1"

INPUT = "images"
PROBABILITIES = "probabilities"
RAW_PROBABILITIES = "raw_probabilities"
EMBEDDING = "embedding"
DISAGREEMENT = "disagreement"
OUTPUTS = (PROBABILITIES, RAW_PROBABILITIES, EMBEDDING)
OPTIONAL = (DISAGREEMENT,)

CONTEXT = "context"
"""Optional input, float32 [N, K]: readings of the picture's context, NaN where one is missing; see ModelCard."""

BOXES = "boxes"
SCORES = "scores"
LABELS = "labels"
DETECTION_OUTPUTS = (BOXES, SCORES, LABELS)

CLASSIFICATION = "classification"
DETECTION = "detection"
FLOOR = 0.3

ACTIVATION = "activation"
"""Optional, [N, h, w]: what each part of the picture did for the predicted label; asked for by `look` alone."""

_PREFIX = "vouch."


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What serving must know of a model beyond its graph. `temperature` > 0 is already in the graph and
    stands here to be read by people. `batch` is how many images the graph takes at once, 0 for any number. Of a
    detector: boxes that overlap by more than `overlap` are one thing (1: the graph sees to that), and those
    whose score is below `floor` are not proposed. `context` are the keys of the picture's context that the graph takes
    as its input CONTEXT, in order, with the `means` and `deviations` > 0 that it brings them to standard by."""

    labels: tuple[str, ...]
    preprocessing: Preprocessing
    temperature: float
    architecture: str
    task: str = CLASSIFICATION
    batch: int = 0
    overlap: float = 1.0
    floor: float = FLOOR
    context: tuple[str, ...] = ()
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()

    def to_metadata(self) -> dict[str, str]:
        """The card as a model file keeps it: strings by name."""
        values = {
            "contract": VERSION,
            "labels": json.dumps(list(self.labels)),
            "preprocessing": json.dumps(self.preprocessing.to_json(), sort_keys=True),
            "temperature": repr(self.temperature),
            "architecture": self.architecture,
        }
        if self.batch:
            values["batch"] = str(self.batch)
        if self.context:
            readings = {"names": self.context, "means": self.means, "deviations": self.deviations}
            values[CONTEXT] = json.dumps(readings)
        if self.task == DETECTION:
            values |= {"task": self.task, "overlap": repr(self.overlap), "floor": repr(self.floor)}
        return {_PREFIX + name: value for name, value in values.items()}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> ModelCard:
        """Read the card; raises RuntimeRefused naming the entry that is missing or wrong."""
        names = ("contract", "labels", "preprocessing", "temperature", "architecture")
        if missing := [name for name in names if _PREFIX + name not in metadata]:
            entries = ", ".join(_PREFIX + name for name in missing)
            raise RuntimeRefused(
                f"The model's metadata lacks {entries}: it is not of Vouch's trainer, so declare its labels, one for "
                "each of its columns."
            )
        value = {name: metadata[_PREFIX + name] for name in names}
        if value["contract"] != VERSION:
            raise RuntimeRefused(
                f"The model keeps contract {value['contract']}; this version reads {VERSION}."
            )
        try:
            labels = json.loads(value["labels"])
            preprocessing = Preprocessing.from_json(json.loads(value["preprocessing"]))
            temperature = float(value["temperature"])
            batch = int(metadata.get(_PREFIX + "batch", 0))
            overlap = float(metadata.get(_PREFIX + "overlap", 1))
            floor = float(metadata.get(_PREFIX + "floor", FLOOR))
        except ValueError as error:
            raise RuntimeRefused(f"The model's metadata cannot be read: {error}") from error
        task = metadata.get(_PREFIX + "task", CLASSIFICATION)
        if task not in (CLASSIFICATION, DETECTION):
            raise RuntimeRefused(
                f"The model's vouch.task must be {CLASSIFICATION} or {DETECTION}, not {task}."
            )
        fewest = 2 if task == CLASSIFICATION else 1
        if not _are_keys(labels, fewest):
            raise RuntimeRefused(
                f"The model's vouch.labels must be a list of {fewest} or more different keys."
            )
        if not (math.isfinite(temperature) and temperature > 0):
            raise RuntimeRefused(
                f"The model's vouch.temperature must be above 0, not {value['temperature']}."
            )
        if batch < 0 or not 0 <= overlap <= 1 or not 0 < floor < 1:
            raise RuntimeRefused(
                "The model's vouch.batch must be 0 or more, vouch.overlap 0 to 1, vouch.floor between 0 and 1."
            )
        return cls(
            tuple(labels),
            preprocessing,
            temperature,
            value["architecture"],
            task,
            batch,
            overlap,
            floor,
            *_readings(metadata.get(_PREFIX + CONTEXT), task),
        )


def _readings(written: str | None, task: str) -> tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]:
    """Names, means and deviations of what the graph takes beside the picture."""
    if written is None:
        return (), (), ()
    if task != CLASSIFICATION:
        raise RuntimeRefused("The model's vouch.context is for classifiers alone: a detector takes pictures.")
    try:
        said = json.loads(written)
        names = check_names(said["names"])
        means, deviations = ([float(each) for each in said[name]] for name in ("means", "deviations"))
    except (ValueError, TypeError, KeyError) as error:
        raise RuntimeRefused(f"The model's vouch.context cannot be read: {error}") from error
    sound = all(map(math.isfinite, means)) and all(0 < each < math.inf for each in deviations)
    if not names or not len(names) == len(means) == len(deviations) or not sound:
        raise RuntimeRefused(
            "The model's vouch.context must have a finite mean and a deviation above 0 for each of its names."
        )
    return names, tuple(means), tuple(deviations)


def _are_keys(labels: object, fewest: int) -> bool:
    return (
        isinstance(labels, list)
        and len(labels) >= fewest
        and all(isinstance(label, str) and label for label in labels)
        and len(set(labels)) == len(labels)
    )
