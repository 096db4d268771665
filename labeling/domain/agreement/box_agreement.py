"""How far annotators agree on boxes: α, how it hangs on the IoU asked for, and what they disagree about."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.domain.agreement.answers import Floats, Indices
from labeling.domain.agreement.bootstrap import intervals
from labeling.domain.agreement.boxes import Boxes, Drawn, Matched, as_answers, images, matched
from labeling.domain.agreement.distances import Weights, weighted
from labeling.domain.agreement.figures import figure, number, why_not
from labeling.domain.agreement.krippendorff import alpha
from labeling.domain.agreement.patterns import Patterns, patterns

CURVE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
NEAR = 0.1
"""The least IoU at which two boxes that were not matched count as one thing drawn in two places."""


def box_report(
    boxes: Boxes,
    *,
    matcher: str = "greedy",
    least: float = 0.5,
    curve: Sequence[float] = CURVE,
    bootstrap: int = 1_000,
    seed: int = 0,
) -> dict[str, Any]:
    """The figures, ready for JSON: `matcher, iou, images, things, alpha, curve, disagreement, pairs`.

    alpha is nominal over all that anybody drew, "nothing here" being a label of its own; its interval draws images.
    curve: α at other IoUs. disagreement: D_o, 0..1, and the parts that add up to it: `existence` (one drew, the other
    nothing), `class` (both drew, called differently) and `localisation` (both drew, too far apart to be matched).
    pairs: for each two annotators shown an image together, F1 of label and place, and the mean IoU of what matched.
    """
    drawn = images(boxes)
    found = [matched(image, matcher=matcher, least=least) for image in drawn]
    counted = patterns(as_answers(boxes, found))
    image = np.repeat(np.arange(len(found)), [len(each.box) for each in found])
    ends = _interval(counted, image, bootstrap=bootstrap, seed=seed)
    return {
        "matcher": matcher,
        "iou": least,
        "images": len(drawn),
        "things": len(image),
        "alpha": figure(_alpha(counted), why_not(counted), ends=ends),
        "curve": [{"iou": at, "alpha": number(_alpha_at(boxes, drawn, matcher, at))} for at in curve],
        "disagreement": _split(found, len(boxes.labels)),
        "pairs": _pairs(boxes, found),
    }


def _alpha_at(boxes: Boxes, drawn: Sequence[Drawn], matcher: str, least: float) -> float:
    return _alpha(
        patterns(as_answers(boxes, [matched(image, matcher=matcher, least=least) for image in drawn]))
    )


def _alpha(counted: Patterns) -> float:
    return float(
        alpha(counted, counted.times[None, :], weighted(Weights.IDENTITY, counted.counts.shape[1]))[0]
    )


def _interval(counted: Patterns, image: Indices, *, bootstrap: int, seed: int) -> Floats | None:
    """Of α, images being drawn anew: the things of one image stand or fall together."""
    if not bootstrap or not len(image):
        return None
    counts = counted.counts * counted.pairable[:, None]
    sizes = counts.sum(axis=1)
    apart = (sizes**2 - (counts**2).sum(axis=1)) / np.maximum(sizes - 1, 1)
    of_thing = np.column_stack((apart, counts))[counted.of_item]
    of_image = np.add.reduceat(of_thing, np.flatnonzero(np.diff(image, prepend=-1)))

    def statistic(times: Floats) -> Floats:
        sums = times @ of_image
        used = sums[:, 1:]
        total = used.sum(axis=1)
        between_all = total**2 - (used**2).sum(axis=1)
        return 1 - np.divide(
            sums[:, 0] * (total - 1), between_all, out=np.full(len(sums), np.nan), where=between_all > 0
        )

    return intervals(np.ones(len(of_image)), {"alpha": statistic}, count=bootstrap, seed=seed).get("alpha")


def _split(found: Sequence[Matched], nothing: int) -> dict[str, float | None]:
    parts = {"existence": 0.0, "class": 0.0, "localisation": 0.0}
    answers = 0
    for image in found:
        things, shown = image.box.shape
        if shown < 2:
            continue
        answers += things * shown
        said = image.said(nothing)
        drew = said != nothing
        both = drew[:, :, None] & drew[:, None, :]
        # Ordered pairs, as in α: each of the two annotators is once the first.
        near = 2 * _drawn_elsewhere(image, drew)
        one_only = int((drew[:, :, None] != drew[:, None, :]).sum())
        parts["class"] += int((both & (said[:, :, None] != said[:, None, :])).sum()) / (shown - 1)
        parts["localisation"] += near / (shown - 1)
        parts["existence"] += (one_only - near) / (shown - 1)
    if not answers:
        return {"observed": None, **dict.fromkeys(parts)}
    shares = {name: value / answers for name, value in parts.items()}
    return {"observed": sum(shares.values()), **shares}


def _drawn_elsewhere(image: Matched, drew: NDArray[np.bool_]) -> int:
    """How often an annotator, who left out what another drew, drew beside it what that other left out."""
    place = image.place
    # May box i stand for what box j is of? Only where the author of i has no box of that thing.
    free = ~drew[image.thing][:, place].T
    near = (image.drawn.overlap >= NEAR) & free & free.T
    by_author = near.astype(np.float64) @ (place[:, None] == np.arange(drew.shape[1]))
    return int((by_author > 0).sum())


def _pairs(boxes: Boxes, found: Sequence[Matched]) -> list[dict[str, Any]]:
    sums: dict[tuple[int, int], Floats] = defaultdict(lambda: np.zeros(5))
    nothing = len(boxes.labels)
    for image in found:
        said, overlap = image.said(nothing), np.pad(image.drawn.overlap, (0, 1))
        drew = said != nothing
        for first, a in enumerate(image.drawn.shown.tolist()):
            for second, b in enumerate(image.drawn.shown[first + 1 :].tolist(), start=first + 1):
                both = drew[:, first] & drew[:, second]
                sums[a, b] += (
                    1,
                    drew[:, first].sum() + drew[:, second].sum(),
                    (both & (said[:, first] == said[:, second])).sum(),
                    both.sum(),
                    overlap[image.box[both, first], image.box[both, second]].sum(),
                )
    return [
        {
            "a": boxes.annotators[a],
            "b": boxes.annotators[b],
            "images": int(images_met),
            "f1": float(2 * same / drew_any) if drew_any else None,
            "mean_iou": float(overlapping / both) if both else None,
        }
        for (a, b), (images_met, drew_any, same, both, overlapping) in sorted(sums.items())
    ]
