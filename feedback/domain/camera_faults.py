"""What is wrong with one camera picture, against what is usual for that camera at that time of day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from feedback.domain.camera_picture import Measured
from feedback.domain.camera_view import Sight
from feedback.enums import CameraFault

ENOUGH = 24
"""So many looks, within NEAR_HOURS of the time of day, say what is usual then."""
NEAR_HOURS = 2
BLACK_LIGHT, BLACK_CONTRAST = 12.0, 6.0
DIM, GLARING = 25.0, 235.0
CLIPPED = 0.5
FLAT_SHARE = 0.15
"""Of its usual contrast: what shows less shows nothing, whatever its colour."""
BLUR = 1.2
"""In natural logarithms, so far below the usual: the edges' variance is a third or less of what it was."""
CAST = 0.45
"""Of the brightness: other packaging, or the evening's lamps, reach 0.4."""
LOST, LOST_BY = 0.5, 0.1
"""A view is lost below half of how much of it is usually seen, and LOST_BY below all but the worst of those looks."""
STEADY = 0.5
"""A view of which all but the worst looks do not see so much is one that the camera does not keep: nothing is lost."""
HIDDEN, HIDDEN_SHARE = 0.6, 0.75
PICTURE = frozenset(
    {
        *(CameraFault.BLACK, CameraFault.COVERED, CameraFault.MOVED, CameraFault.DARK, CameraFault.BRIGHT),
        *(CameraFault.BLURRED, CameraFault.CAST, CameraFault.FORMAT),
    }
)
"""What one picture can tell."""

COLUMNS = ("brightness", "contrast", "white", "detail", "red_green", "blue_yellow", "here")


def row(measured: Measured, sight: Sight | None) -> list[float | None]:
    """COLUMNS of a look, rounded: what is kept of it."""
    numbers = (measured.brightness, measured.contrast, measured.white, measured.detail, *measured.tint)
    return [round(number, 3) for number in numbers] + [round(sight.here, 3) if sight else None]


@dataclass(frozen=True)
class Usual:
    """What is usual: `rows` [N, len(COLUMNS)] of looks at about this time of day, NaN where something is not known;
    the `encoding`, None where it varies."""

    rows: np.ndarray
    encoding: str | None = None

    @classmethod
    def at(
        cls, hour: int, by_hour: Mapping[str, Sequence[Sequence[float | None]]], encoding: str | None
    ) -> Usual:
        """Of the looks by the hour of the day, 0..23 as text, those within NEAR_HOURS of `hour`."""
        hours = [str((hour + step) % 24) for step in range(-NEAR_HOURS, NEAR_HOURS + 1)]
        rows = [kept for each in hours for kept in by_hour.get(each, ())]
        return cls(np.array(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS)), encoding)

    @property
    def is_known(self) -> bool:
        return len(self.rows) >= ENOUGH

    def column(self, name: str) -> np.ndarray:
        """The numbers known of one column."""
        numbers = self.rows[:, COLUMNS.index(name)]
        return numbers[~np.isnan(numbers)]


@dataclass(frozen=True)
class Finding:
    """A fault, in words that follow the camera's name, with its figure and what that usually is."""

    fault: CameraFault
    words: str
    value: float | str
    usual: float | str | None


def find(measured: Measured, sight: Sight | None, encoding: str, usual: Usual) -> list[Finding]:
    """What is wrong with a picture. What hides everything else is said alone. `sight` is None before the view is known.

    Before what is usual is known only a black picture is a fault.
    """
    if hidden := _hidden(measured, sight, usual):
        return hidden
    if not usual.is_known:
        return []
    found = [
        _dark(measured, usual),
        _blurred(measured, usual),
        _cast(measured, usual),
        _moved(sight, usual),
        _encoding(encoding, usual),
    ]
    return [finding for finding in found if finding is not None]


def _hidden(measured: Measured, sight: Sight | None, usual: Usual) -> list[Finding]:
    """The fault that hides all others, with the milder one of its kind: looks may say now one, now the other."""
    light, contrast = measured.brightness, measured.contrast
    before = _median(usual, "brightness") if usual.is_known else None
    if light < BLACK_LIGHT and contrast < BLACK_CONTRAST and (before is None or before >= BLACK_LIGHT):
        words = f"is black: its brightness is {light:.0f} of 255."
        black = Finding(CameraFault.BLACK, words, round(light, 1), before)
        dark = _dark(measured, usual) if usual.is_known else None
        return [black, dark] if dark else [black]
    if not usual.is_known or light < DIM:
        return []
    if bright := _bright(measured, usual):
        # Glare takes edges away as a hand would.
        return [bright]
    moved = _moved(sight, usual)
    before = _median(usual, "contrast")
    if contrast < min(FLAT_SHARE * before, 2 * BLACK_CONTRAST):
        words = (
            f"is covered: nothing is to be made out any more (contrast {contrast:.0f}, usually {before:.0f})."
        )
        covered = Finding(CameraFault.COVERED, words, round(contrast, 1), before)
    elif sight is not None and sight.kept < HIDDEN and _lost(sight, usual, HIDDEN_SHARE) is not None:
        words = f"is covered: {sight.kept:.0%} of what always stands in its picture is still to be seen."
        covered = Finding(CameraFault.COVERED, words, round(sight.kept, 3), 1.0)
    else:
        return []
    return [covered, moved] if moved else [covered]


def _dark(measured: Measured, usual: Usual) -> Finding | None:
    before = float(np.median(usual.column("brightness")))
    if measured.brightness >= DIM or measured.brightness >= before / 2:
        return None
    words = f"is too dark: its brightness is {measured.brightness:.0f} of 255, usually {before:.0f}."
    return Finding(CameraFault.DARK, words, round(measured.brightness, 1), round(before, 1))


def _bright(measured: Measured, usual: Usual) -> Finding | None:
    before = float(np.median(usual.column("white")))
    glaring = measured.brightness > GLARING and measured.brightness > _median(usual, "brightness") + 20
    if not glaring and (measured.white < CLIPPED or measured.white < before + 0.25):
        return None
    words = f"is too bright: {measured.white:.0%} of its picture is plain white, usually {before:.0%}."
    return Finding(CameraFault.BRIGHT, words, round(measured.white, 3), round(before, 3))


def _blurred(measured: Measured, usual: Usual) -> Finding | None:
    known = usual.column("detail")
    # A picture of almost nothing has no detail to lose.
    if measured.contrast < 2 * BLACK_CONTRAST:
        return None
    middle = float(np.median(known))
    least = min(middle - BLUR, float(known.min()) - BLUR / 3)
    if measured.detail >= least:
        return None
    share = float(np.exp(measured.detail - middle))
    words = f"is blurred: its edges have {share:.0%} of their usual sharpness. The lens may be dirty or out of focus."
    return Finding(CameraFault.BLURRED, words, round(measured.detail, 2), round(middle, 2))


def _cast(measured: Measured, usual: Usual) -> Finding | None:
    tints = np.column_stack((usual.column("red_green"), usual.column("blue_yellow")))
    middle = np.median(tints, axis=0)
    spread = float(np.linalg.norm(tints - middle, axis=1).max())
    off = np.array(measured.tint) - middle
    distance = float(np.linalg.norm(off))
    # In the dark, colours are noise.
    if measured.brightness < DIM or distance <= max(CAST, 1.5 * spread):
        return None
    names = (("green", "red"), ("blue", "yellow"))
    axis = int(np.abs(off).argmax())
    words = f"has a colour cast: everything is more {names[axis][int(off[axis] > 0)]} than usual."
    return Finding(CameraFault.CAST, words, round(distance, 3), round(spread, 3))


def _moved(sight: Sight | None, usual: Usual) -> Finding | None:
    lost = _lost(sight, usual)
    if lost is None or sight is None:
        return None
    seen = f"{max(0.0, sight.here):.0%} is where it was, usually {lost:.0%}"
    words = f"was moved: of what always stands in its picture {seen}."
    return Finding(CameraFault.MOVED, words, round(sight.here, 3), round(lost, 3))


def _lost(sight: Sight | None, usual: Usual, share: float = LOST) -> float | None:
    """How much of the view is usually seen, where less than a share of that is seen of it now; else None."""
    known = usual.column("here")
    if sight is None or len(known) < ENOUGH:
        return None
    before, worst = float(np.median(known)), float(np.quantile(known, 0.05))
    if worst < STEADY:
        return None
    least = min(share * before, worst - LOST_BY)
    return before if sight.here < least else None


def _encoding(encoding: str, usual: Usual) -> Finding | None:
    if usual.encoding is None or encoding == usual.encoding:
        return None
    words = f"sends {encoding} now, and sent {usual.encoding} before."
    return Finding(CameraFault.FORMAT, words, encoding, usual.encoding)


def _median(usual: Usual, name: str) -> float:
    return round(float(np.median(usual.column(name))), 1)
