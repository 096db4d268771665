"""The one function from an image's bytes to a model's array; serving, training and the edge all call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from PIL import Image

from labeling.differencehash import AT_LEAST
from labeling.imagefile import ImageFacts, inspect, inspect_upright, open_upright

SMALLEST, LARGEST = 16, 1024

# The grey around a letterboxed picture: about the mean of photographs, so that it carries no signal.
_PADDING = (114, 114, 114)

_INTERPOLATIONS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
_RESIZES = ("squash", "letterbox", "crop")


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a picture of any shape becomes `size` × `size` pixels.

    `resize` is `squash` (the whole picture, its sides scaled apart: nothing is lost and every pixel of
    the input is used, the default), `letterbox` (the whole picture, grey beside it) or `crop` (the
    largest square in the middle). `interpolation` is antialiased bilinear, bicubic or lanczos.
    Raises ValueError naming the field for anything else.
    """

    size: int = 64
    resize: str = "squash"
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        if type(self.size) is not int or not SMALLEST <= self.size <= LARGEST:
            raise ValueError(f"size must be a whole number from {SMALLEST} to {LARGEST}, not {self.size!r}.")
        if self.resize not in _RESIZES:
            raise ValueError(f"resize must be one of {', '.join(_RESIZES)}, not {self.resize!r}.")
        if self.interpolation not in list(_INTERPOLATIONS):
            known = ", ".join(_INTERPOLATIONS)
            raise ValueError(f"interpolation must be one of {known}, not {self.interpolation!r}.")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Preprocessing:
        """The inverse of `to_json`. Raises ValueError for a shape or a field it does not know: guessing
        at a newer model's preprocessing would feed it the wrong pixels without a sound."""
        if not isinstance(value, Mapping):
            raise ValueError(f"preprocessing must be an object, not {type(value).__name__}.")
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(value) - set(known)):
            raise ValueError(f"preprocessing has unknown {', '.join(unknown)}; it has {', '.join(known)}.")
        return cls(**value)


def to_array(data: bytes, preprocessing: Preprocessing) -> np.ndarray:
    """Decode `data` into uint8 [3, size, size]: red, green, blue planes, 0..255, upright.

    Normalisation is not done here; it lives in the model's own graph. A JPEG is decoded no larger than
    twice what is needed and resized once. Raises labeling.imagefile.ImageRefused.
    """
    return to_arrays(data, preprocessing, [lambda picture: picture])[0]


def to_arrays(
    data: bytes, preprocessing: Preprocessing, changes: Sequence[Callable[[Image.Image], Image.Image]]
) -> list[np.ndarray]:
    """`to_array` of the decoded picture after each of the `changes`, for one decoding. Raises as it does."""
    picture = open_upright(data, at_least=_needed(preprocessing))
    return [_fitted(change(picture), preprocessing) for change in changes]


def inspect_to_array(
    data: bytes, preprocessing: Preprocessing, *, max_bytes: int
) -> tuple[ImageFacts, np.ndarray | None]:
    """What `labeling.imagefile.inspect` says of `data`, and its `to_array`, for one decoding.

    None instead where that would be a decoding too small for the facts. Raises labeling.imagefile.ImageRefused.
    """
    needed = _needed(preprocessing)
    if needed[0] < AT_LEAST[0] or needed[1] < AT_LEAST[1]:
        return inspect(data, max_bytes=max_bytes), None
    facts, picture = inspect_upright(data, at_least=needed, max_bytes=max_bytes)
    return facts, _fitted(picture, preprocessing)


def _needed(preprocessing: Preprocessing) -> tuple[int, int]:
    return 2 * preprocessing.size, 2 * preprocessing.size


def _fitted(picture: Image.Image, preprocessing: Preprocessing) -> np.ndarray:
    size = preprocessing.size
    resample = _INTERPOLATIONS[preprocessing.interpolation]
    if preprocessing.resize == "letterbox":
        picture = _letterbox(picture, size, resample)
    else:
        box = _middle_square(picture.size) if preprocessing.resize == "crop" else None
        picture = picture.resize((size, size), resample, box=box)
    return np.ascontiguousarray(np.asarray(picture, dtype=np.uint8).transpose(2, 0, 1))


def _middle_square(size: tuple[int, int]) -> tuple[float, float, float, float]:
    width, height = size
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def _letterbox(picture: Image.Image, size: int, resample: Image.Resampling) -> Image.Image:
    scale = size / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    canvas = Image.new("RGB", (size, size), _PADDING)
    canvas.paste(picture.resize((width, height), resample), ((size - width) // 2, (size - height) // 2))
    return canvas
