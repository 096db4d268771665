"""Annotators on the agreement page: a card for each, and how every two of them agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from labeling.domain.agreement.estimates import confused
from labeling.models import Label
from labeling.views.agreement.labels import name_of
from labeling.views.charts.heat import HeatCell, heat_table

SORTS = {
    "harm": "Who lowers α most first",
    "agreement": "Least agreement first",
    "answers": "Most answers first",
    "name": "By name",
}
MOST_CARDS = 12
MOST_IN_MATRIX = 12
HARMS = 0.02
"""α without somebody is so much higher: worth a word."""


@dataclass
class Card:
    """An annotator. `gain` is how much α would rise without them; `wrong`: see `confused`."""

    username: str
    name: str
    answers: int
    agreement: float | None
    alpha_without: float | None
    gain: float | None
    seconds: float | None
    cant_tell: int
    none_of_these: int
    gold: Mapping[str, Any] | None
    wrong: Sequence[Mapping[str, Any]]
    labels: Mapping[str, Label] = field(repr=False)

    @property
    def confuses(self) -> list[tuple[str, str, float]]:
        """What they most often say instead, in the names of labels: (true, said, share 0..1)."""
        return [
            (name_of(self.labels, one["true"]), name_of(self.labels, one["said"]), one["share"])
            for one in self.wrong
        ]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The keys of labels that are confused: (true, said); nothing drawn is none."""
        pairs = [(one["true"], one["said"]) for one in self.wrong]
        return [pair for pair in pairs if self.labels.keys() >= set(pair)]

    @property
    def gain_words(self) -> str:
        """How α changes without them, signed; "" where it does not by a hundredth."""
        return "" if self.gain is None or abs(self.gain) < 0.005 else f"{self.gain:+.2f}".replace("-", "−")

    @property
    def does_harm(self) -> bool:
        """Whether α is so much higher without them that it is worth a look."""
        return self.gain is not None and self.gain >= HARMS


def cards(
    figures: Mapping[str, Any],
    labels: Mapping[str, Label],
    names: Mapping[str, str],
    gold: Mapping[str, Any],
    *,
    sort: str,
    search: str = "",
) -> tuple[list[Card], int]:
    """Everybody with enough answers, sorted by one of SORTS; and how many are hidden for having too few.

    `names` by username; `search` keeps those whose name or username has it.
    """
    alpha = figures["coefficients"]["krippendorff_alpha"]["value"]
    shown = [
        _card(username, found, alpha, labels, _confused(figures, username), names, gold)
        for username, found in figures["annotators"].items()
        if not found["hidden"]
    ]
    hidden = len(figures["annotators"]) - len(shown)
    wanted = search.casefold().strip()
    kept = [card for card in shown if wanted in card.name.casefold() or wanted in card.username.casefold()]
    orders: dict[str, Any] = {
        "harm": lambda card: -(card.gain if card.gain is not None else -9),
        "agreement": lambda card: card.agreement if card.agreement is not None else 9,
        "answers": lambda card: -card.answers,
        "name": lambda card: card.name.casefold(),
    }
    return sorted(kept, key=orders.get(sort, orders["harm"])), hidden


def _card(
    username: str,
    found: Mapping[str, Any],
    alpha: float | None,
    labels: Mapping[str, Label],
    wrong: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    gold: Mapping[str, Any],
) -> Card:
    without = found["alpha_without"]
    return Card(
        username,
        names.get(username, username),
        found["answers"],
        found["agreement_with_others"],
        without,
        None if without is None or alpha is None else without - alpha,
        found["median_seconds"],
        found["cant_tell"],
        found["none_of_these"],
        gold.get(username),
        wrong,
        labels,
    )


def _confused(figures: Mapping[str, Any], username: str) -> Sequence[Mapping[str, Any]]:
    found: Mapping[str, Any] | None = figures.get("confuses")
    if found is not None:
        return found.get(username, ())
    # Reports frozen earlier say it in whole matrices alone.
    matrix = figures["annotators"][username]["confusion"]
    return () if matrix is None else confused(matrix, figures["label_order"])


def pairwise(
    figures: Mapping[str, Any], names: Mapping[str, str], chosen: Sequence[str]
) -> SafeString | None:
    """κ of every two of the people chosen, with how many images both answered; None where no two met."""
    met = {(pair["a"], pair["b"]): pair for pair in figures["pairs"]}
    people = [one for one in chosen if any(one in pair for pair in met)][:MOST_IN_MATRIX]
    if len(people) < 2:
        return None
    cells: list[list[HeatCell | None]] = []
    for row, one in enumerate(people):
        line: list[HeatCell | None] = []
        for column, other in enumerate(people):
            pair = met.get((one, other)) or met.get((other, one))
            line.append(_pair(pair) if column < row and pair else None)
        cells.append(line)
    shown = [names.get(one, one) for one in people]
    return heat_table(
        shown[1:],
        shown[:-1],
        [line[:-1] for line in cells[1:]],
        caption="Cohen's κ of every two people, and how many images both answered; the stronger the shade, the less"
        " they agree.",
        corner="κ · images",
    )


def _pair(pair: Mapping[str, Any]) -> HeatCell:
    kappa, note = pair["kappa"], f"{pair['items']:,}"
    if kappa is None:
        return HeatCell("–", note=note)
    return HeatCell(f"{kappa:.2f}".replace("-", "−"), max(0.0, min(1.0, 1 - kappa)), note=note)
