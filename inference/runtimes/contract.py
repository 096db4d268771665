"""What a model file promises: names of its input and outputs, and the card in its metadata."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from inference.imaging import Preprocessing
from inference.runtimes import RuntimeRefused

VERSION = "1"

INPUT = "images"
PROBABILITIES = "probabilities"
RAW_PROBABILITIES = "raw_probabilities"
EMBEDDING = "embedding"
OUTPUTS = (PROBABILITIES, RAW_PROBABILITIES, EMBEDDING)

_PREFIX = "vouch."


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What serving must know of a model beyond its graph. `temperature` > 0 is already in the graph and
    stands here to be read by people."""

    labels: tuple[str, ...]
    preprocessing: Preprocessing
    temperature: float
    architecture: str

    def to_metadata(self) -> dict[str, str]:
        """The card as a model file keeps it: strings by name."""
        values = {
            "contract": VERSION,
            "labels": json.dumps(list(self.labels)),
            "preprocessing": json.dumps(self.preprocessing.to_json(), sort_keys=True),
            "temperature": repr(self.temperature),
            "architecture": self.architecture,
        }
        return {_PREFIX + name: value for name, value in values.items()}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> ModelCard:
        """Read the card; raises RuntimeRefused naming the entry that is missing or wrong."""
        names = ("contract", "labels", "preprocessing", "temperature", "architecture")
        if missing := [name for name in names if _PREFIX + name not in metadata]:
            entries = ", ".join(_PREFIX + name for name in missing)
            raise RuntimeRefused(f"The model's metadata lacks {entries}: export it with Vouch's trainer.")
        value = {name: metadata[_PREFIX + name] for name in names}
        if value["contract"] != VERSION:
            raise RuntimeRefused(
                f"The model keeps contract {value['contract']}; this version reads {VERSION}."
            )
        try:
            labels = json.loads(value["labels"])
            preprocessing = Preprocessing.from_json(json.loads(value["preprocessing"]))
            temperature = float(value["temperature"])
        except ValueError as error:
            raise RuntimeRefused(f"The model's metadata cannot be read: {error}") from error
        if not _are_keys(labels):
            raise RuntimeRefused("The model's vouch.labels must be a list of two or more different keys.")
        if not (math.isfinite(temperature) and temperature > 0):
            raise RuntimeRefused(
                f"The model's vouch.temperature must be above 0, not {value['temperature']}."
            )
        return cls(tuple(labels), preprocessing, temperature, value["architecture"])


def _are_keys(labels: object) -> bool:
    return (
        isinstance(labels, list)
        and len(labels) >= 2
        and all(isinstance(label, str) and label for label in labels)
        and len(set(labels)) == len(labels)
    )
