"""From what single looks at a camera found to what stands: a fault comes and goes by several looks, never by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from feedback.enums import CameraFault, CameraState

LOOKS = 5
RAISED_BY = 4
"""So many of the last LOOKS must have found a fault before it stands: a customer before the lens is no fault."""
CLEARED_BY = 1
"""It stands until no more of the last LOOKS than this find it."""
BLIND = frozenset({CameraFault.FROZEN, CameraFault.BLACK, CameraFault.COVERED, CameraFault.MOVED})
"""With one of these a picture says nothing about what the camera hangs there for."""
DOWN = BLIND | {CameraFault.SILENT}

MILDER = {CameraFault.BLACK: CameraFault.DARK, CameraFault.COVERED: CameraFault.MOVED}
"""What is said of a picture together with the worse fault, and not beside it once both stand."""


@dataclass(frozen=True)
class Held:
    """Of one fault: whether each of the last looks found it, the newest last, and whether it stands."""

    seen: tuple[bool, ...] = ()
    stands: bool = False

    def after(self, found: bool) -> Held:
        """The same after one look more."""
        seen = (*self.seen, found)[-LOOKS:]
        if self.stands:
            # Until there have been enough looks, what is known is too little to clear it.
            return Held(seen, len(seen) < LOOKS or sum(seen) > CLEARED_BY)
        return Held(seen, sum(seen) >= RAISED_BY)

    def to_json(self) -> dict[str, object]:
        """`{"seen": "01101", "stands": false}`."""
        return {"seen": "".join("01"[found] for found in self.seen), "stands": self.stands}

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> Held:
        return cls(tuple(sign == "1" for sign in str(kept["seen"])), bool(kept["stands"]))


def follow(
    held: Mapping[CameraFault, Held], found: Collection[CameraFault], judged: Collection[CameraFault]
) -> dict[CameraFault, Held]:
    """What is held of each fault after a look that could tell of those `judged` and found those in `found`.

    A fault that it could not tell of is as it was. One that no look of late has found is left out.
    """
    faults = {*held, *found}
    after = {
        fault: held.get(fault, Held()).after(fault in found) if fault in judged else held[fault]
        for fault in faults
        if fault in held or fault in judged
    }
    return {fault: each for fault, each in after.items() if each.stands or any(each.seen)}


def said(standing: Collection[CameraFault]) -> set[CameraFault]:
    """Those of the faults that stand that are worth an alarm each."""
    return set(standing) - {MILDER[fault] for fault in standing if fault in MILDER}


def state_of(standing: Collection[CameraFault]) -> CameraState:
    """Down by one fault that makes its pictures worthless, or by silence; degraded by any other."""
    if not standing:
        return CameraState.OK
    return CameraState.DOWN if DOWN.intersection(standing) else CameraState.DEGRADED
