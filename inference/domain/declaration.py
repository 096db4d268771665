"""What whoever brings a model says of it: its labels, what pixels it takes, and what its outputs mean."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

OUTPUTS = ("auto", "logits", "probabilities", "detections", "detr", "yolo")
LAYOUTS = ("auto", "nchw", "nhwc")
COLOURS = ("rgb", "bgr", "grey")
UNITS = ("auto", "pixels", "ratios")
CORNERS = ("xyxy", "cxcywh")
MOST_LETTERS = 100
LEFT_OUT = "-"
"""In the place of a label: what the model says there is none of the project's."""


class DeclarationRefused(ValueError):
    """A declaration that cannot be; `field` is the one that is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field, self.reason = field, reason


@dataclass(frozen=True, slots=True)
class Declaration:
    """How a model of any origin is to be read.

    `labels` are the project's keys in the order of the model's columns, `-` for a column that is none of them.
    A pixel 0..255 becomes (pixel * scale - mean) / std, `mean` and `std` one number or one a channel in the model's
    own colour order; `scale` None is 1/255, or 1 where the model takes bytes. `size` None is read from the graph.
    Of a detector: `units` and `corners` say what its boxes are, boxes that overlap by more than `overlap` (0..1; None
    is 0.5 for yolo and 1, nothing suppressed, for the others) are one, and below `floor` nothing is proposed.
    Raises DeclarationRefused.
    """

    labels: tuple[str, ...] = ()
    output: str = "auto"
    output_name: str = ""
    size: int | None = None
    resize: str = "squash"
    interpolation: str = "bilinear"
    layout: str = "auto"
    colour: str = "rgb"
    scale: float | None = None
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    units: str = "auto"
    corners: str = "xyxy"
    overlap: float | None = None
    floor: float = 0.3
    architecture: str = "foreign"

    def __post_init__(self) -> None:
        self._check_types()
        for name, known in (
            ("output", OUTPUTS),
            ("layout", LAYOUTS),
            ("colour", COLOURS),
            ("units", UNITS),
            ("corners", CORNERS),
        ):
            if getattr(self, name) not in known:
                raise DeclarationRefused(
                    name, f"must be one of {', '.join(known)}, not {getattr(self, name)!r}."
                )
        kept = [label for label in self.labels if label != LEFT_OUT]
        if not kept:
            raise DeclarationRefused(
                "labels", "are missing: name the project's label of each column, - for one that is none."
            )
        if len(set(kept)) != len(kept):
            raise DeclarationRefused("labels", "name one label twice.")
        channels = 1 if self.colour == "grey" else 3
        for name in ("mean", "std"):
            numbers = getattr(self, name)
            if len(numbers) not in (1, channels) or not all(math.isfinite(number) for number in numbers):
                raise DeclarationRefused(name, f"must be one number or {channels}.")
        if not all(number > 0 for number in self.std):
            raise DeclarationRefused("std", "must be above 0.")
        if self.scale is not None and not (math.isfinite(self.scale) and self.scale > 0):
            raise DeclarationRefused("scale", "must be above 0.")
        if self.overlap is not None and not 0 <= self.overlap <= 1:
            raise DeclarationRefused("overlap", "must be from 0 to 1.")
        if not 0 < self.floor < 1:
            raise DeclarationRefused("floor", "must be between 0 and 1.")

    def _check_types(self) -> None:
        for name in ("labels", "mean", "std"):
            if not isinstance(getattr(self, name), tuple):
                raise DeclarationRefused(name, "must be a list.")
        if not all(isinstance(label, str) and label for label in self.labels):
            raise DeclarationRefused("labels", "must be words.")
        for name in (
            "output",
            "output_name",
            "resize",
            "interpolation",
            "layout",
            "colour",
            "units",
            "corners",
        ):
            if not isinstance(getattr(self, name), str):
                raise DeclarationRefused(name, "must be a word.")
        if not isinstance(self.architecture, str) or len(self.architecture) > MOST_LETTERS:
            raise DeclarationRefused("architecture", f"must be a word of at most {MOST_LETTERS} letters.")
        numbers = {"scale": self.scale, "overlap": self.overlap, "floor": self.floor, "size": self.size}
        for name, value in (
            *numbers.items(),
            *(("mean", one) for one in self.mean),
            *(("std", one) for one in self.std),
        ):
            if value is not None and type(value) not in (int, float):
                raise DeclarationRefused(name, "must be a number.")
        if self.size is not None and type(self.size) is not int:
            raise DeclarationRefused("size", "must be a whole number.")
        if self.floor is None:
            raise DeclarationRefused("floor", "must be between 0 and 1.")

    @property
    def kept(self) -> tuple[int, ...]:
        """The columns that are labels of the project, in order."""
        return tuple(place for place, label in enumerate(self.labels) if label != LEFT_OUT)

    def to_json(self) -> dict[str, Any]:
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Declaration:
        """The inverse of `to_json`; what is left out has its default. Raises DeclarationRefused."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(value) - known):
            raise DeclarationRefused(unknown[0], f"is not known; there is {', '.join(sorted(known))}.")
        given: dict[str, Any] = {
            name: tuple(each) if isinstance(each, list) else each for name, each in value.items()
        }
        return cls(**given)
