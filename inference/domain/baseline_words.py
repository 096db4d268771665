"""What a baseline experiment came to, in words."""

from __future__ import annotations

from typing import Any

RULES = {
    "classification": "the nearest mean thumbnail",
    "detection": "the boxes of the nearest other picture",
}


def told(found: dict[str, Any]) -> str:
    """The experiment in a few lines, for a terminal."""
    if not found["images"]:
        return "The project has no labelled images that the model did not learn from: nothing to try it on."
    lines = [*(_boxes(found) if "boxes" in found else _labels(found)), conclusion(found)]
    lines.append(f"{found['latency_ms']:.1f} ms an image, p95.")
    return "\n".join(line for line in lines if line)


def conclusion(found: dict[str, Any]) -> str:
    """One sentence: whether a network is needed at all, by the interval of the paired difference; empty where there
    is nothing to compare."""
    gap = (found.get("ahead") or {}).get("thumbnail")
    if not gap:
        return ""
    rule = RULES["detection" if "boxes" in found else "classification"]
    _, low, high = gap
    if low > 0:
        return f"It is better than {rule}: a network is worth it here."
    if high < 0:
        return f"It is worse than {rule}, a rule of a few lines."
    return f"It cannot be told from {rule}, a rule of a few lines: perhaps no network is needed."


def _labels(found: dict[str, Any]) -> list[str]:
    count = found["images"]
    summary = (
        f"Tried on {count} labelled images: right on {_share(found['right'], count)}. Always the commonest label: "
        f"{_share(found['majority'], count)}; {RULES['classification']}: {_share(found['thumbnail'], count)}."
    )
    lines = [summary]
    for label, row in found["per_label"].items():
        lines.append(f"  {label}: {row['right']} of {row['images']}; the thumbnail {row['thumbnail']}")
    return lines


def _boxes(found: dict[str, Any]) -> list[str]:
    rule = found.get("thumbnail")
    summary = (
        f"Tried on {found['images']} labelled images: it finds {found['right']} of {found['boxes']} things, and "
        f"{found['right']} of {found['proposed']} boxes are right: F1 {_ratio(found.get('f1'))}, "
        f"mAP at 0.5 {_ratio(found.get('map'))}."
    )
    words = f'With "nothing there" {found["empty"]} images would be right'
    if rule:
        words += (
            f"; {RULES['detection']} find {rule['right']} of {found['boxes']} things with {rule['proposed']} boxes: "
            f"F1 {_ratio(rule['f1'])}"
        )
    lines = [summary, f"{words}."]
    for label, row in found.get("per_label", {}).items():
        lines.append(
            f"  {label}: {row['support']} things; AP {_ratio(row['ap'])}, found {_ratio(row['recall'])}, "
            f"right when said {_ratio(row['precision'])}"
        )
    return lines


def _share(right: int, count: int) -> str:
    return f"{right} ({right / count:.1%})"


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
