"""A project's whole report from its tally: what `report` gives, and everything else that a report's page shows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labeling.domain.agreement.annotators import Said
from labeling.domain.agreement.answers import Floats, Indices
from labeling.domain.agreement.conger import kappa_of_counts
from labeling.domain.agreement.counted import Counted, figures_of
from labeling.domain.agreement.distances import Level, Weights, weighted
from labeling.domain.agreement.figures import figure, number, why_not
from labeling.domain.agreement.pairs import PairCells, pair_kappas
from labeling.domain.agreement.patterns import Patterns
from labeling.domain.agreement.settling import settled
from labeling.domain.agreement.slices import ranked
from labeling.domain.agreement.tally import Cells, Tally, medians, summed, weighted_median
from labeling.domain.agreement.versions import compared
from labeling.domain.agreement.votes import CANT_TELL, NONE_OF_THESE
from labeling.domain.agreement.weeks import over_time

LEAST_ANSWERS = 20
"""Of a person, for a card of theirs to be shown: fewer say more about chance than about them."""


def overview(
    tally: Tally,
    labels: Sequence[str],
    names: Mapping[int, str],
    attributes: Mapping[int, Mapping[str, str]],
    estimates: Mapping[str, Any],
    *,
    bootstrap: int = 1_000,
    seed: int = 0,
) -> dict[str, Any]:
    """Ready for JSON: the keys of `report`, and label_order, coverage, left_out, seconds, confusion, guidelines,
    slices, weeks, adjudication, dawid_skene, confuses, disputed, to_ask. A database's JSON keeps no order of keys:
    label_order says it.

    labels: keys, in order; names: of everybody in `tally.people`; attributes: of every setting, `{key: value}`;
    estimates: see `estimates.estimates`. `annotators` has more of each: median_seconds, cant_tell, none_of_these,
    hidden; `matrices.Large` adds the largest part.
    """
    patterns, place = _used(tally)
    people = [names[person] for person in tally.people.tolist()]
    counted = _counted(tally, labels, people, patterns, place)
    distances = weighted(Weights.IDENTITY, len(labels))
    figures = figures_of(
        counted,
        _kappas(counted, estimates["kappas"], distances),
        disagreements=distances,
        distances=distances,
        bootstrap=bootstrap,
        seed=seed,
    )
    figures["annotators"] = _cards(figures["annotators"], tally, people)
    seconds = _median(tally)
    settings = [attributes.get(setting, {}) for setting in tally.settings.tolist()]
    return {
        "level": str(Level.NOMINAL),
        "weights": str(Weights.IDENTITY),
        "bootstrap": bootstrap,
        "seed": seed,
        "label_order": list(labels),
        **figures,
        "coverage": _coverage(figures["pairable_items"], figures["items"]),
        "left_out": _left_out(tally),
        "seconds": seconds,
        "confusion": _confusion(patterns, labels),
        "guidelines": compared(tally, labels, people, bootstrap=bootstrap, seed=seed),
        "slices": ranked(patterns, _placed(tally.cells["settings"], place), settings),
        "weeks": over_time(patterns, _placed(tally.cells["weeks"], place), seed=seed),
        "adjudication": settled(patterns, figures["coefficients"]["krippendorff_alpha"]["value"], seconds),
        "dawid_skene": _without(estimates["dawid_skene"], "annotators"),
        "confuses": _of_shown(estimates["confuses"], figures["annotators"]),
        "disputed": estimates["disputed"],
        "to_ask": estimates["to_ask"],
    }


def _used(tally: Tally) -> tuple[Patterns, Indices]:
    """The patterns that images have, and the place among them of each of the tally's, or -1."""
    times = np.bincount(
        tally.cells["settings"].column(1),
        weights=tally.cells["settings"].count,
        minlength=len(tally.patterns),
    )
    used = times > 0
    return tally.counted(), np.where(used, np.cumsum(used) - 1, -1)


def _placed(cells: Cells, place: Indices) -> Cells:
    return Cells(np.column_stack((cells.column(0), place[cells.column(1)])), cells.count)


def _counted(
    tally: Tally, labels: Sequence[str], people: Sequence[str], patterns: Patterns, place: Indices
) -> Counted:
    """The counts of those who named a label, in order of their names."""
    said, pairs = tally.cells["said"], tally.cells["pairs"]
    active = np.unique(said.column(0))
    order = active[np.argsort([people[number] for number in active.tolist()], kind="stable")]
    rank = np.full(len(people), -1)
    rank[order] = np.arange(len(order))
    cells = summed(np.column_stack((rank[said.column(0)], place[said.column(1)], said.column(2))), said.count)
    a, b = rank[pairs.column(0)], rank[pairs.column(1)]
    turned = a > b
    first, second = pairs.column(2), pairs.column(3)
    met = np.column_stack(
        (
            np.where(turned, b, a),
            np.where(turned, a, b),
            np.where(turned, second, first),
            np.where(turned, first, second),
        )
    )
    met_cells = summed(met, pairs.count)
    columns = met_cells.at.T
    return Counted(
        labels,
        [people[number] for number in order.tolist()],
        patterns,
        Said(cells.column(0), cells.column(1), cells.column(2), cells.count),
        PairCells(columns[0], columns[1], columns[2], columns[3], met_cells.count),
    )


def _kappas(counted: Counted, estimated: Mapping[str, Any], disagreements: Floats) -> dict[str, Any]:
    """Conger's κ, and Cohen's of two people, as they are now, with the intervals they had when those were made."""
    margins = counted.said.margins(len(counted.annotators), len(counted.labels))
    values = {"conger_kappa": kappa_of_counts(margins, counted.patterns, disagreements)}
    if len(counted.annotators) == 2:
        values["cohen_kappa"] = float((*pair_kappas(counted.pairs, disagreements)[3], np.nan)[0])
    found = {}
    for name, value in values.items():
        made = figure(value, why_not(counted.patterns))
        known = estimated.get(name)
        found[name] = made | (
            {"ci": known["ci"], "se": known["se"]} if known and made["value"] is not None else {}
        )
    return found


def _cards(cards: Mapping[str, Any], tally: Tally, people: Sequence[str]) -> dict[str, Any]:
    seconds = dict(zip(people, medians(tally).tolist(), strict=True))
    kinds = {name: _of_people(tally, people, kind) for name, kind in _KINDS.items()}
    silent = {
        name: {"answers": 0, "agreement_with_others": None, "alpha_without": None}
        for name in people
        if name not in cards
    }
    found = {}
    for name, card in sorted({**cards, **silent}.items()):
        hidden = card["answers"] < LEAST_ANSWERS
        found[name] = {
            **card,
            **{kind: counts.get(name, 0) for kind, counts in kinds.items()},
            "hidden": hidden,
            "median_seconds": None if hidden else number(seconds[name]),
        }
    return found


_KINDS = {"cant_tell": CANT_TELL, "none_of_these": NONE_OF_THESE}


def _of_people(tally: Tally, people: Sequence[str], kind: int) -> dict[str, int]:
    cells = tally.cells["left_out"]
    chosen = cells.column(1) == kind
    return {
        people[person]: int(count)
        for person, count in zip(cells.column(0)[chosen].tolist(), cells.count[chosen].tolist(), strict=True)
    }


def _left_out(tally: Tally) -> dict[str, int]:
    cells = tally.cells["left_out"]
    return {name: int(cells.count[cells.column(1) == kind].sum()) for name, kind in _KINDS.items()}


def _coverage(multiple: int, answered: int) -> dict[str, Any]:
    return {
        "images": answered,
        "with_two_answers": multiple,
        "share": multiple / answered if answered else None,
    }


def _median(tally: Tally) -> float | None:
    """Active seconds of an answer, over everybody."""
    pace = summed(tally.cells["pace"].at[:, 1:], tally.cells["pace"].count)
    return weighted_median(pace.column(0), pace.count) / 10 if len(pace.count) else None


def _confusion(patterns: Patterns, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Pairs of answers to one image, by what they say: `a` not after `b`, `count`, `share` of all pairs, 0..1."""
    table = patterns.counts.T @ (patterns.times[:, None] * patterns.counts)
    table -= np.diag(patterns.times @ patterns.counts)
    counts = np.triu(table)
    counts[np.diag_indices(len(labels))] /= 2
    total = counts.sum()
    return [
        {"a": labels[a], "b": labels[b], "count": int(counts[a, b]), "share": float(counts[a, b] / total)}
        for a, b in np.argwhere(counts > 0).tolist()
    ]


def _of_shown(confuses: Mapping[str, Any], cards: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found for name, found in confuses.items() if name in cards and not cards[name]["hidden"]}


def _without(mapping: Mapping[str, Any] | None, name: str) -> dict[str, Any] | None:
    return None if mapping is None else {key: value for key, value in mapping.items() if key != name}
