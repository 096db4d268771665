"""Labels on the agreement page: α of each as a forest plot, how often each is said, and which are taken for which."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.safestring import SafeString

from labeling.models import Label
from labeling.views.charts import both_widths
from labeling.views.charts.forest import Estimate, forest, in_words
from labeling.views.charts.heat import HeatCell, heat_table

SORTS = {"alpha": "Lowest α first", "support": "Most used first", "order": "In the project's order"}
MOST_LABELS = 12
"""Shown at once; a label set of sixty is searched or shown whole when asked for."""
MOST_PAIRS = 12


@dataclass(frozen=True)
class LabelRow:
    """A label with its α, and the share of answers that say it, 0..1."""

    key: str
    label: Label | None
    name: str
    alpha: float | None
    words: str
    support: int
    share: float | None


@dataclass(frozen=True)
class Confused:
    """Two labels that are taken for each other: `count` pairs of answers, `share` of all that differ, 0..1."""

    a: str
    b: str
    name_a: str
    name_b: str
    count: int
    share: float
    href: str


def label_rows(figures: Mapping[str, Any], labels: Mapping[str, Label], sort: str) -> list[LabelRow]:
    """Every label of the report, sorted by one of SORTS; one without a value comes last."""
    rows = []
    for key in figures["label_order"]:
        found = figures["labels"][key]
        label = labels.get(key)
        alpha = found["alpha"]
        said = found.get("reason", "–") if alpha is None else in_words(alpha, *(found["ci"] or ()))
        name = name_of(labels, key)
        share = figures["prevalence"].get(key)
        rows.append(LabelRow(key, label, name, alpha, said, found["support"], share))
    if sort == "support":
        rows.sort(key=lambda row: -row.support)
    elif sort == "alpha":
        rows.sort(key=lambda row: (row.alpha is None, row.alpha or 0.0, -row.support))
    return rows


def forest_of_labels(figures: Mapping[str, Any], rows: list[LabelRow], floor: float) -> SafeString:
    """α of each label with its interval and support."""
    estimates = [
        Estimate(
            row.name,
            row.alpha,
            *(figures["labels"][row.key]["ci"] or (None, None)),
            note=f"{row.support:,} answer{'' if row.support == 1 else 's'}",
            reason=figures["labels"][row.key].get("reason", ""),
        )
        for row in rows
    ]
    said = "; ".join(f"{row.name} {row.words}" for row in rows)
    return both_widths(
        lambda width: forest(
            estimates,
            width=width,
            title="α of each label, with its interval",
            description=said,
            floor=floor,
        )
    )


def confused_pairs(
    figures: Mapping[str, Any], labels: Mapping[str, Label], address: str, query: Mapping[str, str]
) -> list[Confused]:
    """The pairs of different labels that most often meet on one image, the most frequent first."""
    apart = [cell for cell in figures["confusion"] if cell["a"] != cell["b"]]
    total = sum(cell["count"] for cell in apart)
    apart.sort(key=lambda cell: -cell["count"])
    return [
        Confused(
            cell["a"],
            cell["b"],
            name_of(labels, cell["a"]),
            name_of(labels, cell["b"]),
            cell["count"],
            cell["count"] / total,
            _behind(address, query, cell["a"], cell["b"]),
        )
        for cell in apart
    ]


def heatmap(
    figures: Mapping[str, Any],
    labels: Mapping[str, Label],
    address: str,
    query: Mapping[str, str],
    *,
    most: int = MOST_LABELS,
) -> tuple[SafeString, int]:
    """The table of which labels meet on one image, and how many labels it leaves out: the least confused."""
    counts = {(cell["a"], cell["b"]): cell["count"] for cell in figures["confusion"]}
    weight: dict[str, int] = dict.fromkeys(figures["label_order"], 0)
    for (a, b), count in counts.items():
        if a != b:
            weight[a] += count
            weight[b] += count
    used = [key for key in figures["label_order"] if figures["labels"][key]["support"]]
    kept = set(sorted(used, key=lambda key: -weight[key])[:most])
    keys = [key for key in used if key in kept]
    top = max((count for (a, b), count in counts.items() if a != b and {a, b} <= kept), default=1)
    cells: list[list[HeatCell | None]] = []
    for row, a in enumerate(keys):
        line: list[HeatCell | None] = []
        for column, b in enumerate(keys):
            count = counts.get((a, b), counts.get((b, a), 0))
            if column > row:
                line.append(None)
            else:
                line.append(_cell(labels, a, b, count, top, _behind(address, query, a, b)))
        cells.append(line)
    names = [name_of(labels, key) for key in keys]
    table = heat_table(
        names,
        names,
        cells,
        caption="Pairs of answers, by what the two people said. A cell opens its images.",
        corner="one said \\ the other",
    )
    return table, len(used) - len(keys)


def _cell(labels: Mapping[str, Label], a: str, b: str, count: int, top: int, href: str) -> HeatCell:
    if not count:
        return HeatCell("0")
    if a == b:
        return HeatCell(
            f"{count:,}", 0, href, f"Both said {name_of(labels, a)}: {count:,} pairs", is_right=True
        )
    spoken = f"{name_of(labels, a)} against {name_of(labels, b)}: {count:,} pairs"
    return HeatCell(f"{count:,}", count / top, href, spoken)


def _behind(address: str, query: Mapping[str, str], a: str, b: str) -> str:
    return f"{address}?{urlencode({'a': a, 'b': b, **query})}"


def name_of(labels: Mapping[str, Label], key: str) -> str:
    """What the label is called; what is none of the project's, as “nothing here”, is quoted."""
    label = labels.get(key)
    return label.name if label else f"“{key}”"
