"""What the agreement page compares: guideline versions, slices of the images, weeks, and the model beside people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.safestring import SafeString

from labeling.domain.agreement import ranges
from labeling.models import GuidelineVersion, Label
from labeling.views.agreement.labels import name_of
from labeling.views.charts import both_widths
from labeling.views.charts.control import Moment, control
from labeling.views.charts.forest import Estimate, forest, in_words

MOST_SLICES = 12
MOST_CHANGES = 20


@dataclass
class Change:
    """A new guideline version beside the one before it; `labels` are rows (name, before, after, difference, word)."""

    before: int
    after: int
    images_before: int
    images_after: int
    better: list[str]
    worse: list[str]
    labels: list[tuple[str, float | None, float | None, str, str]]
    left_out: int
    chart: SafeString
    only_before: list[str]
    only_after: list[str]
    conclusion: str = ""


@dataclass(frozen=True)
class Slice:
    """A part of the images: its name in words, the address that filters by it, and its figures."""

    name: str
    href: str
    images: int
    alpha: float
    rest: float
    difference: str
    is_certain: bool


def changes(
    figures: Mapping[str, Any], labels: Mapping[str, Label], people: Mapping[str, str]
) -> list[Change]:
    """What each guideline version changed, the latest first."""
    return [_change(found, labels, people) for found in reversed(figures["guidelines"])]


def _change(found: Mapping[str, Any], labels: Mapping[str, Label], people: Mapping[str, str]) -> Change:
    known = {key: row for key, row in found["labels"].items() if row["difference"] is not None}
    order = sorted(known, key=lambda key: -abs(known[key]["difference"]))
    shown = {key: known[key] for key in order[:MOST_CHANGES]}
    names = {key: name_of(labels, key) for key in known}
    rows = [
        (
            names[key],
            row["before"],
            row["after"],
            in_words(row["difference"], *(row["ci"] or ())),
            row["changed"] or "",
        )
        for key, row in shown.items()
    ]
    estimates = [
        Estimate(names[key], row["difference"], *(row["ci"] or (None, None)), note=row["changed"] or "")
        for key, row in shown.items()
    ]
    ends = [abs(end) for each in estimates for end in (each.low, each.high, each.value) if end is not None]
    high = min(2.0, max([0.2, *ends]) * 1.05)
    chart = both_widths(
        lambda width: forest(
            estimates,
            width=width,
            title=f"Change of α from version {found['before']} to {found['after']}, by label",
            description="; ".join(f"{name} {words}" for name, _, _, words, _ in rows),
            low=-high,
            high=high,
            nought=True,
        )
    )
    return Change(
        found["before"],
        found["after"],
        found["images_before"],
        found["images_after"],
        [names[key] for key, row in known.items() if row["changed"] == "better"],
        [names[key] for key, row in known.items() if row["changed"] == "worse"],
        rows,
        len(known) - len(shown),
        chart,
        [people.get(name, name) for name in found["only_before"]],
        [people.get(name, name) for name in found["only_after"]],
    )


def slices(figures: Mapping[str, Any], address: str, query: Mapping[str, str]) -> list[Slice]:
    """The worst parts of the images, the certain ones first; of the uncertain only those below the rest."""
    found = []
    for part in figures["slices"]["list"]:
        if part["difference"] >= 0 or len(found) == MOST_SLICES:
            break
        href = f"{address}?{urlencode({**query, **part['by']})}"
        found.append(
            Slice(
                ", ".join(_by(key, value) for key, value in part["by"].items()),
                href,
                part["images"],
                part["alpha"],
                part["alpha_rest"],
                in_words(part["difference"], *part["ci"]),
                part["certain"],
            )
        )
    return found


def _by(key: str, value: str) -> str:
    return f"{key.removeprefix('context.').replace('_', ' ')} {ranges.words(value).replace('_', ' ')}"


def course(figures: Mapping[str, Any], versions: list[GuidelineVersion]) -> SafeString | None:
    """Agreement week by week as a control chart, with the days on which guidelines came; None without two weeks."""
    weeks = figures["weeks"]
    moments = [Moment(_at(week["week"]), week["alpha"], week["low"], week["high"]) for week in weeks["list"]]
    if sum(moment.value is not None for moment in moments) < 2:
        return None
    first, last = moments[0].at, moments[-1].at
    marks = [
        (version.published_at.timestamp(), f"v{version.number}")
        for version in versions
        if first <= version.published_at.timestamp() <= last
    ]
    change = weeks["change"]
    said = "; ".join(f"week of {week['week']} {_or_dash(week['alpha'])}" for week in weeks["list"])
    return both_widths(
        lambda width: control(
            moments,
            width=width,
            title="α of each week, in the limits it keeps to by chance",
            description=said,
            centre=weeks["centre"],
            change_at=_at(change["week"]) if change else None,
            marks=marks,
        )
    )


def _at(day: str) -> float:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp()


def _or_dash(value: float | None) -> str:
    return "–" if value is None else in_words(value)


def beside_model(found: Mapping[str, Any] | None) -> SafeString | None:
    """People among themselves, and each with the model, on the same images; None where nothing can be compared."""
    if not found or found["human_human"]["value"] is None:
        return None
    rows = [
        Estimate(name, found[key]["value"], *(found[key]["ci"] or (None, None)))
        for key, name in (("human_human", "People with people"), ("human_model", "People with the model"))
    ]
    said = "; ".join(f"{row.name} {in_words(row.value, row.low, row.high)}" for row in rows if row.value)
    return both_widths(
        lambda width: forest(rows, width=width, title="α among people, and with the model", description=said)
    )
