"""The charts of the engineer's pages: what each shows, in words first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from feedback.queries.history import Happening, History
from labeling.templatetags.figures import percent
from labeling.views.charts import Line, Mark, Panel, bars, both_widths, lines

NOTEWORTHY = 0.03
"""A change of mean confidence smaller than this is called none."""


@dataclass(frozen=True)
class Chart:
    """A drawing and what to conclude from it."""

    svg: SafeString
    caption: str
    details: str = ""


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
            "Confidence, and accuracy where checked",
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
            "Share sent to review",
            [Line("Review", list(zip(at, (b.review_share for b in past.bins), strict=True)))],
            percent,
            0,
            1,
        ),
    ]
    marks = [Mark(happening.at.timestamp(), happening.words, happening.kind) for happening in past.happenings]
    caption, details = history_caption(past)

    def draw(width: float) -> SafeString:
        return lines(
            panels,
            width=width,
            title="Confidence, accuracy and review share over time",
            description=f"{caption} {details}",
            start=past.start.timestamp(),
            end=past.end.timestamp(),
            marks=marks,
        )

    return Chart(both_widths(draw), caption, details)


@dataclass(frozen=True)
class Segment:
    """What lies between two happenings: sums over its bins. `confidence` is None where nothing was predicted."""

    name: str
    confidence: float | None
    predicted: int
    checked: int
    right: int
    routed: int
    reviewed: int

    def __str__(self) -> str:
        said = f"{self.name}: confidence {percent(self.confidence)} on {self.predicted:,} predictions"
        if self.checked:
            said += f", {percent(self.right / self.checked)} right of {self.checked:,} that people checked"
        if self.routed:
            said += f", {percent(self.reviewed / self.routed)} sent to review"
        return f"{said}."


def history_caption(past: History) -> tuple[str, str]:
    """What to conclude from the chart, and the figures that say so: before and after everything that happened."""
    events = [event for event in past.happenings if event.at > past.start]
    edges = [past.start, *(event.at for event in events), past.end]
    names = ["At first" if events else "All this time", *(_began(event) for event in events)]
    segments = [
        _segment(past, name[0].upper() + name[1:], start, end)
        for name, start, end in zip(names, edges[:-1], edges[1:], strict=True)
    ]
    details = " ".join(str(segment) for segment in segments if segment.predicted)
    if past.too_many_shifts:
        details += " The cameras' condition changed too often to mark."
    if not details:
        return "Nothing was predicted in this time.", ""
    changes = [
        _change(before, after, event)
        for before, after, event in zip(segments[:-1], segments[1:], events, strict=True)
        if before.predicted and after.predicted
    ]
    return " ".join(changes[-2:]) or "Nothing changed the model or the cameras in this time.", details


def _began(event: Happening) -> str:
    return event.words if event.kind == "promotion" else f"{event.words} began"


def _change(before: Segment, after: Segment, event: Happening) -> str:
    """One happening as a sentence about confidence."""
    was, became = before.confidence or 0, after.confidence or 0
    when = (
        event.words.replace("serves", "began to serve")
        if event.kind == "promotion"
        else f"{event.words} began"
    )
    if abs(became - was) < NOTEWORTHY:
        return f"Confidence stayed at {percent(became)} when {when}."
    return f"Confidence {'fell' if became < was else 'rose'} from {percent(was)} to {percent(became)} when {when}."


def _segment(past: History, name: str, start: datetime, end: datetime) -> Segment:
    bins = [b for b in past.bins if start <= b.at < end]
    predicted = sum(b.predicted for b in bins)
    sure = sum(b.confidence * b.predicted for b in bins if b.confidence is not None)
    return Segment(
        name=name,
        confidence=sure / predicted if predicted else None,
        predicted=predicted,
        checked=sum(b.checked for b in bins),
        right=sum(b.right for b in bins),
        routed=sum(b.routed for b in bins),
        reviewed=sum(b.reviewed for b in bins),
    )


def curve_chart(curve: Sequence[dict[str, Any]]) -> Chart:
    """Loss, and validation accuracy or a detector's average precision, by training step; each row has a `step`."""
    quality = "val_map" if finds_boxes(curve) else "val_accuracy"
    name = "Average precision" if finds_boxes(curve) else "Accuracy"
    steps = [float(row["step"]) for row in curve]

    def series(key: str) -> list[tuple[float, float | None]]:
        return [(x, row.get(key)) for x, row in zip(steps, curve, strict=True)]

    panels = [
        Panel(
            "Loss", [Line("Training", series("train_loss")), Line("Validation", series("val_loss"))], low=0
        ),
        Panel(f"{name} on validation images", [Line(name, series(quality))], percent, 0, 1),
    ]
    best = max(
        ((row[quality], x) for x, row in zip(steps, curve, strict=True) if row.get(quality) is not None),
        default=None,
    )
    caption = f"{steps[-1]:,.0f} steps so far"
    caption += f"; best on validation images {percent(best[0], 1)}, at step {best[1]:,.0f}." if best else "."
    details = (
        "Average precision at an overlap of a half, the mean of all labels." if finds_boxes(curve) else ""
    )

    def draw(width: float) -> SafeString:
        return lines(
            panels,
            width=width,
            title=f"Loss and {name.lower()} by training step",
            description=caption,
            start=0,
            end=steps[-1],
            time=False,
        )

    return Chart(both_widths(draw), caption, details)


def finds_boxes(curve: Sequence[dict[str, Any]]) -> bool:
    """Whether a run's curve is that of a detector."""
    return any("val_map" in row for row in curve)
