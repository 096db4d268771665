"""Which kind of change it is, in one sentence: the labels, the pictures, one camera, or the model itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from inference.domain.drift.panel import Panel, Shift
from inference.domain.drift.watch import EVERYWHERE, Watch


class Kind(StrEnum):
    LABEL_SHIFT = "label_shift"
    COVARIATE_SHIFT = "covariate_shift"
    CAMERA_FAULT = "camera_fault"
    MODEL = "model"
    NONE = "none"


CAMERA_GROUPS = ("brightness", "contrast", "sharpness", "colour")
NOTICEABLE = 0.5
"""In standard deviations: a mean that moved by less is not worth a word."""
_TOO_FAR = {**dict.fromkeys(CAMERA_GROUPS, NOTICEABLE), "embedding": 2 * NOTICEABLE}
QUIET_RATIO = 0.8
"""Of its threshold: a source below this at every group is as usual."""
_WORDS = {
    "brightness": ("brighter", "darker"),
    "contrast": ("of more contrast", "of less contrast"),
    "sharpness": ("of more fine detail", "blurrier"),
}
_COLOURS = (("redder", "greener"), ("yellower", "bluer"))


@dataclass(frozen=True)
class Verdict:
    """`kind`, the `sources` where it shows, and the `sentence` that says so, with its sample size."""

    kind: Kind
    sources: tuple[str, ...]
    sentence: str


def judge(watch: Watch, *, harmed: bool | None = None, names: Mapping[str, str] | None = None) -> Verdict:
    """What the watch sees now. `harmed` is what verified answers say (feedback.domain.harm): whether the model errs
    more than it may, None where there are too few. `names` are the sources' as people know them.

    Labels alone moved: label shift, p(y). Pictures moved, given what they show: covariate shift, p(x). At one of
    several cameras only, and its light, sharpness or colour did: the camera. No panel sees anything and yet the model
    errs: the model itself. (Lipton, Wang & Smola 2018; Rabanser, Guennemann & Lipton 2019.)
    """
    if not watch.changed:
        if harmed:
            return Verdict(
                Kind.MODEL,
                (),
                "Pictures and predictions look as they did, but verified answers say that the model errs more often "
                "than it may: it is the model, or what the labels mean, that changed.",
            )
        return Verdict(Kind.NONE, (), "Pictures and predictions look as they did in the reference.")
    named = dict(names or {})
    where = _where(watch)
    single = len(watch.panels) > 2 and len(where) == 1
    panel = watch.panels[where[0]] if single and where[0] in watch.panels else watch.panels[EVERYWHERE]
    shifts = {shift.group: shift for shift in panel.shifts()}
    looks = _looks(list(shifts.values()))
    count = max((shift.count for shift in shifts.values()), default=0)
    place = listed([named.get(source, source) for source in where])
    loud = panel.loudness()
    image = max(loud[group] for group in CAMERA_GROUPS)
    if loud["labels"] >= 1 and not any(_moved(shift) for shift in shifts.values()):
        kind, said = Kind.LABEL_SHIFT, f"Other things are in the pictures of {place}: {_share_words(panel)}"
        said += ", while pictures of each label look as they did"
    elif single and image >= 1:
        kind = Kind.CAMERA_FAULT
        said = f"Pictures of {place} alone are {looks or 'unlike what they were'}: the camera, its lens or its light"
    elif max(image, loud["labels"], loud.get("embedding", 0.0)) < 1:
        kind = Kind.COVARIATE_SHIFT
        sure = "surer" if shifts["confidence"].means[0] > 0 else "less sure"
        said = f"The model is {sure} of pictures of {place} than it was, though they look as they did"
    else:
        kind = Kind.COVARIATE_SHIFT
        said = f"Pictures of {place} look different" + (
            f": {looks}" if looks else ", though not in light or focus"
        )
    return Verdict(kind, tuple(where), f"{said} (the newest {count} captures there). {_harm_words(harmed)}")


def _moved(shift: Shift) -> bool:
    """Whether pictures of a label look different: by more than the rest of a change of labels alone leaves."""
    if shift.group not in _TOO_FAR:
        return False
    return shift.ratio >= 1 and shift.size >= _TOO_FAR[shift.group]


def _where(watch: Watch) -> list[str]:
    """Sources that are changed; where only the panel of all of them sees it, those on the way there, else all."""
    own = {source: panel for source, panel in watch.panels.items() if source != EVERYWHERE}
    everywhere = watch.panels[EVERYWHERE]
    if not own:
        return list(everywhere.baseline.sources)
    changed = [source for source, panel in own.items() if panel.changed]
    near = [
        source for source, panel in own.items() if max(panel.loudness().values(), default=0.0) >= QUIET_RATIO
    ]
    return changed if changed and not set(near) - set(changed) else near or list(own)


def _looks(shifts: Sequence[Shift]) -> str:
    """What one would see: "brighter, blurrier", the largest first."""
    found: list[tuple[float, str]] = []
    for shift in shifts:
        pairs = _COLOURS if shift.group == "colour" else (_WORDS.get(shift.group),)
        for mean, pair in zip(shift.means, pairs, strict=False):
            if pair is not None and abs(mean) >= NOTICEABLE:
                found.append((abs(mean), pair[0] if mean > 0 else pair[1]))
    return listed([word for _, word in sorted(found, reverse=True)])


def _share_words(panel: Panel) -> str:
    """Which label is predicted more often and which less."""
    means = next(shift.means for shift in panel.shifts() if shift.group == "labels")
    shares = panel.baseline.shares.mean(axis=0)
    moved = [mean * share**0.5 for mean, share in zip(means, shares, strict=True)]
    most, least = max(range(len(moved)), key=moved.__getitem__), min(range(len(moved)), key=moved.__getitem__)
    labels = panel.baseline.labels
    return (
        f"{labels[most] or 'other labels'} is predicted for {_percent(shares[most] + moved[most])} "
        f"instead of {_percent(shares[most])}, {labels[least] or 'other labels'} for "
        f"{_percent(shares[least] + moved[least])} instead of {_percent(shares[least])}"
    )


def _percent(share: float) -> str:
    return f"{round(100 * min(max(share, 0.0), 1.0))}%"


def _harm_words(harmed: bool | None) -> str:
    if harmed is None:
        return "Too few verified answers say yet whether the model errs more."
    if harmed:
        return "Verified answers say that the model errs more often than it may."
    return "Verified answers do not say that the model errs more than it may."


def listed(words: Sequence[str]) -> str:
    """Words as one reads them: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
