"""Where a camera looks: the edges that stay in its pictures whatever else changes, and whether they are still there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STAYS = 0.6
"""An edge is a landmark where the mean of its directions over the pictures is at least so long: noise averages out."""
FEWEST = 40
"""Cells with landmarks, of about 3,800: with fewer, as of pictures taken by hand, a camera has no view of its own."""
_WEAKEST = 3.0
_PARTS = 4


def to_bytes(field: np.ndarray, scale: int) -> bytes:
    """Complex [N, N] as two signed 16-bit numbers a cell: right and down, in `scale`ths."""
    return (np.stack((field.real, field.imag)) * scale).round().astype("<i2").tobytes()


def from_bytes(kept: bytes, scale: int) -> np.ndarray:
    """What `to_bytes` kept."""
    pair = np.frombuffer(kept, "<i2").astype(np.float64) / scale
    right, down = pair.reshape(2, *([round((len(pair) / 2) ** 0.5)] * 2))
    return right + 1j * down


def orientations(outline: np.ndarray) -> np.ndarray:
    """Where edges run in a grey picture [N, N], complex [N - 2, N - 2]: of length 1 along the gradient, else 0.

    Edges keep their direction when the light changes, whatever it does to grey values (Fitch, Kadyrov, Christmas and
    Kittler 2002, "Orientation correlation").
    """
    grey = outline.astype(np.float64)
    across = (grey[1:-1, 2:] - grey[1:-1, :-2]) / 2
    down = (grey[2:, 1:-1] - grey[:-2, 1:-1]) / 2
    gradient = across + 1j * down
    strength = np.abs(gradient)
    # What is weak beside the rest is noise, in a dim picture as in a bright one.
    seen = strength > max(_WEAKEST, 0.3 * float(np.sqrt((strength**2).mean())))
    return np.where(seen, gradient / np.maximum(strength, 1e-9), 0)


@dataclass(frozen=True)
class Sight:
    """What is left of a view. `here` is how far the landmarks' edges run as they did, -1..1; `best` the same under the
    one shift of the whole picture that suits them most, `shift`, (right, down) as shares of its sides. `kept` is the
    share of its parts that have edges where the landmarks are, whichever way these run, 0..1."""

    here: float
    best: float
    shift: tuple[float, float]
    kept: float


@dataclass(frozen=True)
class View:
    """`landmarks`, complex [N, N]: mean directions of the edges that stay, 0 where nothing does."""

    landmarks: np.ndarray

    @classmethod
    def of(cls, total: np.ndarray, pictures: int) -> View:
        """From the sum of the `orientations` of a dozen or more pictures of a camera that was well."""
        mean = total / pictures
        return cls(np.where(np.abs(mean) >= STAYS, mean, 0))

    @property
    def is_fixed(self) -> bool:
        return int(np.count_nonzero(self.landmarks)) >= FEWEST

    def sight(self, outline: np.ndarray) -> Sight:
        """What a grey picture shows of the view, which must be fixed."""
        now = orientations(outline)
        size = len(now)
        # Room around, so that what leaves on one side does not come in on the other.
        room = 2 * size
        agreed = np.fft.ifft2(
            np.conj(np.fft.fft2(self.landmarks, (room, room))) * np.fft.fft2(now, (room, room))
        ).real
        marks = np.abs(self.landmarks)
        # Under a shift some landmarks lie outside: the others are asked alone, of half the picture at least.
        inside = np.fft.ifft2(
            np.conj(np.fft.fft2(marks, (room, room))) * np.fft.fft2(np.ones((size, size)), (room, room))
        ).real
        whole = float(marks.sum())
        fair = np.where(inside >= whole / 2, agreed / np.maximum(inside, 1e-9), -1)
        shifts = np.fft.fftfreq(room, 1 / room).astype(int)
        down, right = np.unravel_index(int(fair.argmax()), fair.shape)
        return Sight(
            here=float(agreed[0, 0]) / whole,
            best=float(fair[down, right]),
            shift=(float(shifts[right]) / size, float(shifts[down]) / size),
            kept=_kept(marks > 0, now != 0),
        )


def _kept(had: np.ndarray, has: np.ndarray) -> float:
    """Of _PARTS × _PARTS parts in which landmarks are: one is kept where half of these have an edge near."""
    near = has.copy()
    for step in (-1, 1):
        for axis in (0, 1):
            near |= np.roll(has, step, axis)
    kept = counted = 0
    for first, second in zip(np.array_split(had, _PARTS), np.array_split(near, _PARTS), strict=True):
        pairs = zip(
            np.array_split(first, _PARTS, axis=1), np.array_split(second, _PARTS, axis=1), strict=True
        )
        for marks, edges in pairs:
            if marks.any():
                counted += 1
                kept += edges[marks].mean() >= 0.5
    return kept / counted if counted else 0.0
