"""The charts of the engineer's pages: what each shows, in words first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from feedback.queries.history import History
from labeling.templatetags.figures import percent
from labeling.views.charts import Line, Mark, Panel, bars, both_widths, lines


@dataclass(frozen=True)
class Chart:
    """A drawing and what to conclude from it."""

    svg: SafeString
    caption: str


def minutes_chart(minutes: Sequence[tuple[datetime, int]]) -> Chart:
    """Captures a minute over the last hour."""
    counts = [count for _, count in minutes]
    total, busiest = sum(counts), max(counts, default=0)
    caption = (
        f"{total:,} captures in the last hour; {busiest:,} in the busiest minute."
        if total
        else "No captures in the last hour."
    )
    names = [f"{minute:%H:%M}" for minute, _ in minutes]

    def draw(width: float) -> SafeString:
        return bars(counts, names=names, width=width, title="Captures a minute", description=caption)

    return Chart(both_widths(draw), caption)


def history_chart(past: History) -> Chart:
    """Confidence and accuracy over time, the review share below them, with what happened marked on both."""
    half = past.bin_seconds / 2
    at = [b.at.timestamp() + half for b in past.bins]
    panels = [
        Panel(
            "How sure, and how right where people checked",
            [
                Line("Confidence", list(zip(at, (b.confidence for b in past.bins), strict=True))),
                # Between two bins where somebody checked there may be some where nobody did: not a break.
                Line(
                    "Accuracy",
                    [(x, b.accuracy) for x, b in zip(at, past.bins, strict=True) if b.checked],
                    dots=True,
                ),
            ],
            percent,
            0,
            1,
        ),
        Panel(
            "Share that people saw first",
            [Line("Review", list(zip(at, (b.review_share for b in past.bins), strict=True)))],
            percent,
            0,
            1,
        ),
    ]
    marks = [Mark(happening.at.timestamp(), happening.words, happening.kind) for happening in past.happenings]
    caption = history_caption(past)

    def draw(width: float) -> SafeString:
        return lines(
            panels,
            width=width,
            title="Confidence, accuracy and review share over time",
            description=caption,
            start=past.start.timestamp(),
            end=past.end.timestamp(),
            marks=marks,
        )

    return Chart(both_widths(draw), caption)


def history_caption(past: History) -> str:
    """What the chart says, in sentences: the last event, and the figures before and after it."""
    events = [h for h in past.happenings if h.at > past.start]
    if not events:
        whole = _mean(past, past.start, past.end)
        return f"Nothing changed in this time. {whole}" if whole else "Nothing was predicted in this time."
    parts = []
    edges = [past.start, *(event.at for event in events), past.end]
    for number, event in enumerate(events):
        after = _mean(past, edges[number + 1], edges[number + 2])
        if number == 0 and (before := _mean(past, edges[0], edges[1])):
            parts.append(f"At first: {before}")
        if after:
            name = event.words if event.kind == "promotion" else f"{event.words} begins"
            parts.append(f"{name[0].upper()}{name[1:]}: {after}")
    if past.too_many_shifts:
        parts.append("The condition changed too often to mark.")
    return " ".join(parts)


def _mean(past: History, start: datetime, end: datetime) -> str:
    """The figures of the bins that lie between two moments, as a sentence; "" where nothing was predicted."""
    bins = [b for b in past.bins if start <= b.at < end]
    predicted = sum(b.predicted for b in bins)
    if not predicted:
        return ""
    confidence = sum(b.confidence * b.predicted for b in bins if b.confidence is not None) / predicted
    checked, right = sum(b.checked for b in bins), sum(b.right for b in bins)
    routed, reviewed = sum(b.routed for b in bins), sum(b.reviewed for b in bins)
    said = f"confidence {percent(confidence)} on {predicted:,} predictions"
    if checked:
        said += f", {percent(right / checked)} right of {checked:,} that people checked"
    if routed:
        said += f", {percent(reviewed / routed)} sent to review"
    return f"{said}."


def curve_chart(curve: Sequence[dict[str, Any]]) -> Chart:
    """Loss and validation accuracy by training step; each row has a `step`."""
    steps = [float(row["step"]) for row in curve]

    def series(name: str) -> list[tuple[float, float | None]]:
        return [(x, row.get(name)) for x, row in zip(steps, curve, strict=True)]

    panels = [
        Panel(
            "Loss", [Line("Training", series("train_loss")), Line("Validation", series("val_loss"))], low=0
        ),
        Panel("Accuracy on validation images", [Line("Accuracy", series("val_accuracy"))], percent, 0, 1),
    ]
    best = max(
        (
            (row["val_accuracy"], x)
            for x, row in zip(steps, curve, strict=True)
            if row.get("val_accuracy") is not None
        ),
        default=None,
    )
    caption = f"{steps[-1]:,.0f} steps so far"
    caption += f"; best on validation images {percent(best[0], 1)}, at step {best[1]:,.0f}." if best else "."

    def draw(width: float) -> SafeString:
        return lines(
            panels,
            width=width,
            title="Loss and accuracy by training step",
            description=caption,
            start=0,
            end=steps[-1],
            time=False,
        )

    return Chart(both_widths(draw), caption)
