"""Boxes on the agreement page: what the disagreement is about, and how α hangs on the overlap asked for."""

from collections.abc import Mapping
from typing import Any

from labeling.views.charts.forest import in_words

MOST_PAIRS = 12
PARTS = (
    ("existence", "One drew something, the other nothing"),
    ("class", "Both drew it, and called it differently"),
    ("localisation", "Both drew it, too far apart"),
)


def boxes(figures: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What the template shows of a detection project; `boxes` is None for any other.

    `boxes_disagreement`: (words, share 0..1) of all that disagrees; `boxes_pairs`: the names and figures of every two
    people, those who agree least first.
    """
    found = figures.get("boxes")
    if not found:
        return {"boxes": None, "unit": "images"}
    alpha, split = found["alpha"], found["disagreement"]
    observed = split["observed"] or 0
    pairs = sorted(found["pairs"], key=lambda pair: pair["f1"] if pair["f1"] is not None else 9)
    return {
        "boxes": found,
        "unit": "things drawn",
        "boxes_alpha": alpha["reason"]
        if alpha["value"] is None
        else in_words(alpha["value"], *(alpha["ci"] or ())),
        "boxes_disagreement": [
            (words, split[name] / observed if observed else None) for name, words in PARTS
        ],
        "boxes_pairs": [
            (names.get(pair["a"], pair["a"]), names.get(pair["b"], pair["b"]), pair)
            for pair in pairs[:MOST_PAIRS]
        ],
    }
