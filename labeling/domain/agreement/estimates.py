"""What no counts give: it takes everybody's answers at once, so it is made anew now and then, not vote by vote."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labeling.domain.agreement import conger
from labeling.domain.agreement.answers import Answers, Floats
from labeling.domain.agreement.dawid_skene import DawidSkene, dawid_skene, entropy_of, posterior_by
from labeling.domain.agreement.distances import Weights, weighted
from labeling.domain.agreement.patterns import Patterns, patterns
from labeling.domain.agreement.report import kappa_figure
from labeling.domain.agreement.settling import chance_to_settle
from labeling.domain.agreement.votes import Votes

MOST_JUDGED = 20_000
"""Images that Dawid and Skene's model is fitted to: drawn at random where there are more."""
MOST_DISPUTED = 500
WORST = 3
LEAST_SHARE = 0.05
LEAST_TIMES = 1.5
"""Expected, for the model is never sure: once may be a slip of the hand, twice is a habit."""


def as_answers(votes: Votes, labels: Sequence[str], names: Mapping[int, str]) -> Answers:
    """The votes that name a label, annotators in order of their names; items keep their numbers."""
    said = votes.label >= 0
    annotators = sorted({names[person] for person in np.unique(votes.person[said]).tolist()})
    place = {name: number for number, name in enumerate(annotators)}
    people, which = np.unique(votes.person[said], return_inverse=True)
    places = np.array([place[names[person]] for person in people.tolist()], dtype=np.int64)
    items = range(len(votes.images))
    return Answers(items, annotators, labels, votes.item[said], places[which], votes.label[said])  # type: ignore[arg-type]


def estimates(
    votes: Votes, labels: Sequence[str], names: Mapping[int, str], *, bootstrap: int = 1_000, seed: int = 0
) -> dict[str, Any]:
    """`kappas` (figures of Conger's κ, and of Cohen's between two), `dawid_skene`, `confuses`, `disputed`, `to_ask`.

    All for JSON. dawid_skene: `images` it was fitted to, `of` how many with two answers, `prevalence{label}`,
    `annotators{name: confusion}`; null without any. confuses: by name, the worst of that, see `confused`. disputed:
    images on which people differ, the most undecided first: `image` (id, hexadecimal), `entropy` (bits). posteriors:
    for each of those, the shares of all labels. to_ask: images without a majority, `image` and `settles`, 0..1, how
    likely one more answer makes one, the likeliest first: the next answer being that of somebody who errs as all of
    them together do, about what the model holds true.
    """
    answers = as_answers(votes, labels, names)
    disagreements = weighted(Weights.IDENTITY, len(labels))
    counted = patterns(answers)
    kappas = {"conger_kappa": kappa_figure(answers, counted, disagreements, bootstrap, seed)}
    if len(answers.annotators) == 2:
        both = conger.answered_by_all(answers)
        kappas["cohen_kappa"] = kappa_figure(both, patterns(both), disagreements, bootstrap, seed)
    multiple, apart = np.zeros(len(votes.images), dtype=bool), np.zeros(len(votes.images), dtype=bool)
    if len(counted.times):
        multiple = (counted.of_item >= 0) & counted.pairable[counted.of_item]
        apart = multiple & (counted.counts.max(axis=1) < counted.sizes)[counted.of_item]
    judged = _judged(answers, np.flatnonzero(multiple), seed)
    return {
        "kappas": kappas,
        "dawid_skene": judged and _shown(judged, answers, int(multiple.sum())),
        "confuses": {} if judged is None else _confuses(judged, answers),
        **_divided(answers, judged, apart, votes, counted),
    }


def confused(matrix: Any, labels: Sequence[str], seen: Floats | None = None) -> list[dict[str, Any]]:
    """What an annotator most often says instead, the worst first: `true` and `said`, `share` of what is truly so.

    matrix: rows true, columns said; seen: how many images truly of each label they answered, if known. At most WORST,
    none with a share below LEAST_SHARE or that rests on fewer than LEAST_TIMES answers.
    """
    wrong = np.array(matrix, dtype=np.float64)
    np.fill_diagonal(wrong, 0)
    if seen is not None:
        wrong[wrong * seen[:, None] < LEAST_TIMES] = 0
    order = np.argsort(-wrong, axis=None, kind="stable")[:WORST]
    return [
        {"true": labels[true], "said": labels[said], "share": float(wrong[true, said])}
        for true, said in np.column_stack(np.unravel_index(order, wrong.shape)).tolist()
        if wrong[true, said] >= LEAST_SHARE
    ]


def _confuses(judged: DawidSkene, answers: Answers) -> dict[str, list[dict[str, Any]]]:
    seen = np.zeros(judged.confusion.shape[:2])
    known = ~np.isnan(judged.posterior[answers.item, 0])
    np.add.at(seen, answers.annotator[known], judged.posterior[answers.item[known]])
    return {
        name: confused(matrix, answers.labels, given)
        for name, matrix, given in zip(answers.annotators, judged.confusion, seen, strict=True)
    }


def _judged(answers: Answers, multiple: Any, seed: int) -> DawidSkene | None:
    if not len(multiple):
        return None
    if len(multiple) > MOST_JUDGED:
        multiple = np.random.default_rng(seed).choice(multiple, MOST_JUDGED, replace=False)
    chosen = np.zeros(len(answers.items), dtype=bool)
    chosen[multiple] = True
    return dawid_skene(answers.only(chosen[answers.item]), tolerance=1e-6)


def _shown(judged: DawidSkene, answers: Answers, multiple: int) -> dict[str, Any]:
    return {
        "images": min(multiple, MOST_JUDGED),
        "of": multiple,
        "log_likelihood": judged.log_likelihood[-1],
        "prevalence": dict(zip(answers.labels, judged.prevalence.tolist(), strict=True)),
        "annotators": dict(zip(answers.annotators, judged.confusion.tolist(), strict=True)),
    }


def _divided(
    answers: Answers, judged: DawidSkene | None, apart: Any, votes: Votes, counted: Patterns
) -> dict[str, list[Any]]:
    if judged is None or not apart.any():
        return {"disputed": [], "posteriors": [], "to_ask": []}
    posterior: Floats = posterior_by(answers.only(apart[answers.item]), judged.prevalence, judged.confusion)
    items = np.flatnonzero(apart)
    entropy = entropy_of(posterior[items])
    order = np.argsort(-entropy, kind="stable")[:MOST_DISPUTED]
    disputed = [
        {"image": votes.images[item].tobytes().hex(), "entropy": float(bits)}
        for item, bits in zip(items[order].tolist(), entropy[order].tolist(), strict=True)
    ]
    posteriors = posterior[items[order]].tolist()
    said = conger.margins(answers).sum(axis=1)
    errs_as_all_do = np.tensordot(said / said.sum(), judged.confusion, axes=1)
    settles = chance_to_settle(counted.counts[counted.of_item[items]], posterior[items] @ errs_as_all_do)
    order = np.argsort(-settles, kind="stable")[:MOST_DISPUTED]
    to_ask = [
        {"image": votes.images[item].tobytes().hex(), "settles": float(chance)}
        for item, chance in zip(items[order].tolist(), settles[order].tolist(), strict=True)
        if chance > 0
    ]
    return {"disputed": disputed, "posteriors": posteriors, "to_ask": to_ask}
