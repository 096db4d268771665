"""What a project's models have cost so far, in hours of people and of compute, and what each accuracy point did."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Prices:
    """Of an hour of people and an hour of compute, None where nobody stated one; `currency` is three letters."""

    people_hour: float | None = None
    compute_hour: float | None = None
    currency: str = ""

    @property
    def are_stated(self) -> bool:
        return self.people_hour is not None or self.compute_hour is not None


@dataclass(frozen=True)
class Spent:
    """Hours: people's active time on answers that count, and how long trainings ran."""

    people_hours: float = 0.0
    compute_hours: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.people_hours + other.people_hours, self.compute_hours + other.compute_hours)

    def over(self, points: float) -> "Spent":
        """What each of `points` > 0 took."""
        return Spent(self.people_hours / points, self.compute_hours / points)

    def cost(self, prices: Prices) -> float | None:
        """In the currency, what has no price taken as free; None where no price is stated."""
        if not prices.are_stated:
            return None
        return self.people_hours * (prices.people_hour or 0) + self.compute_hours * (prices.compute_hour or 0)


@dataclass(frozen=True)
class Step:
    """From one champion (None: there was none) to the next, by number, and what was spent since the step before.

    `points` are those of accuracy between them on the same `images` test images, negative where it fell; None where the
    two were never measured on the same ones.
    """

    before: int | None
    after: int
    spent: Spent
    points: float | None = None
    images: int = 0

    @property
    def per_point(self) -> Spent | None:
        """None where no point was gained, or none is known."""
        return self.spent.over(self.points) if self.points is not None and self.points > 0 else None


@dataclass(frozen=True)
class Gained:
    """The points between the first champion and the last over the steps that were measured, and what these took."""

    points: float
    spent: Spent

    @property
    def per_point(self) -> Spent | None:
        """None where no point was gained."""
        return self.spent.over(self.points) if self.points > 0 else None


def gained(steps: Sequence[Step]) -> Gained | None:
    """Of all steps that were measured together, also those that lost; None where there is none."""
    measured = [step for step in steps if step.points is not None]
    if not measured:
        return None
    return Gained(
        sum(step.points or 0.0 for step in measured), sum((step.spent for step in measured), Spent())
    )
