"""What is learnt of a camera while it is well: its numbers by the hour of the day, its encoding, and its view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from feedback.domain.camera_faults import Finding, Usual, find, row
from feedback.domain.camera_picture import OUTLINE, Measured
from feedback.domain.camera_view import Sight, View, from_bytes, orientations, to_bytes

AN_HOUR = 24
"""So many looks are kept of each hour of the day. Later ones do not change what is usual: dirt comes slowly."""
VIEW = 24
"""So many pictures make the view."""
ENCODINGS = 24
MOSTLY = 0.9
"""The share of its first pictures by which a camera is said to have one encoding."""
_SCALE = 256


@dataclass(frozen=True)
class Learnt:
    """`by_hour` are rows of looks by hour of the day as text; `encodings` counts; `total` the sum of `pictures`
    orientations, complex [OUTLINE - 2, OUTLINE - 2]."""

    by_hour: Mapping[str, list[list[float | None]]] = field(default_factory=dict)
    encodings: Mapping[str, int] = field(default_factory=dict)
    pictures: int = 0
    total: np.ndarray = field(default_factory=lambda: np.zeros((OUTLINE - 2, OUTLINE - 2), complex))

    @property
    def looks(self) -> int:
        """How many are kept."""
        return sum(map(len, self.by_hour.values()))

    @property
    def encoding(self) -> str | None:
        count = sum(self.encodings.values())
        if count < ENCODINGS:
            return None
        most = max(self.encodings, key=lambda name: self.encodings[name])
        return most if self.encodings[most] >= MOSTLY * count else None

    @property
    def view(self) -> View | None:
        """None before enough pictures were seen, and for a camera that has no view of its own."""
        if self.pictures < VIEW:
            return None
        view = View.of(self.total, self.pictures)
        return view if view.is_fixed else None

    def usual(self, hour: int) -> Usual:
        """What is usual at an hour of the day, 0..23."""
        return Usual.at(hour, self.by_hour, self.encoding)

    def absorb(self, measured: Measured, sight: Sight | None, encoding: str, hour: int) -> Learnt:
        """What is known after a look at which nothing was wrong. The same object where it adds nothing."""
        learnt = self
        kept = list(self.by_hour.get(str(hour), []))
        lacks_view = sight is not None and any(each[-1] is None for each in kept)
        if len(kept) >= AN_HOUR and lacks_view:
            # Looks from before the view was known make room for those that know it.
            kept.remove(next(each for each in kept if each[-1] is None))
        if len(kept) < AN_HOUR:
            by_hour = {**self.by_hour, str(hour): [*kept, row(measured, sight)]}
            learnt = replace(learnt, by_hour=by_hour)
        if sum(self.encodings.values()) < ENCODINGS:
            counts = {**self.encodings, encoding: self.encodings.get(encoding, 0) + 1}
            learnt = replace(learnt, encodings=counts)
        if self.pictures < VIEW:
            total = self.total + orientations(measured.outline)
            learnt = replace(learnt, pictures=self.pictures + 1, total=total)
        return learnt

    def to_json(self) -> dict[str, Any]:
        """All but `total`, which `field_bytes` gives."""
        return {"by_hour": self.by_hour, "encodings": self.encodings, "pictures": self.pictures}

    def field_bytes(self) -> bytes:
        return to_bytes(self.total, _SCALE)

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any], total: bytes) -> Learnt:
        """What `to_json` and `field_bytes` kept; nothing yet of empty ones."""
        if not kept:
            return cls()
        return cls(kept["by_hour"], kept["encodings"], kept["pictures"], from_bytes(total, _SCALE))


def judge(learnt: Learnt, measured: Measured, encoding: str, hour: int) -> tuple[Sight | None, list[Finding]]:
    """What a picture shows of the camera's view, where it has one, and what is wrong with it."""
    view = learnt.view
    sight = view.sight(measured.outline) if view else None
    return sight, find(measured, sight, encoding, learnt.usual(hour))
