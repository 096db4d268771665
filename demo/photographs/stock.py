"""Decides what stands where on a shelf: full, thinned out or sold out in one section, never evenly."""

from dataclasses import dataclass, replace

import numpy as np

from .cameras import CANVAS, Tier
from .product import Product, pixel_size

ROWS = 3
"""How many products stand one behind the other in a full facing; row 0 is the front."""


PROMINENCE = (0.28, 0.44, 0.28)
"""How often each of a bay's three shelves, from the top, is sold from: the frame cuts the outer two."""


@dataclass(frozen=True)
class Facing:
    """One product's place on a shelf: `left` and `width` at the front edge, in canvas pixels.

    `rows` are the rows still filled (0 the front). `fallen` means that its one product lies on its side,
    `short` that its piles are one product high.
    """

    product: Product
    left: float
    width: float
    rows: tuple[int, ...] = (0, 1, 2)
    fallen: bool = False
    short: bool = False

    @property
    def right(self) -> float:
        return self.left + self.width


Shelf = list[Facing]


def stock(
    tiers: tuple[Tier, ...], products: tuple[Product, ...], label: str, rng: np.random.Generator
) -> list[Shelf]:
    """Fill every shelf, then sell from one section of it what `label` says is missing.

    Behind an obstacle (`blocked`) the shelf may be in any state. Full shelves have a front product missing
    here and there: that alone is not low stock.
    """
    shelves = [_full(tier, products, rng) for tier in tiers]
    if label == "blocked":
        label = str(rng.choice(["in_stock", "low_stock", "out_of_stock"], p=[0.5, 0.3, 0.2]))
    shelves = [[_touched(facing, rng) for facing in shelf] for shelf in shelves]
    if label == "in_stock":
        return shelves
    sell = _sell_out if label == "out_of_stock" else _thin_out
    first, second = rng.choice(len(shelves), 2, p=PROMINENCE)
    hit = {int(first)} | ({int(second)} if rng.random() < 0.5 else set())
    left, right = _section(rng)
    for index in sorted(hit):
        shift = 0 if index == first else float(rng.normal(0, 40))
        shelves[index] = sell(shelves[index], left + shift, right + shift, rng)
    return shelves


def _full(tier: Tier, products: tuple[Product, ...], rng: np.random.Generator) -> Shelf:
    shelf: Shelf = []
    x = float(rng.uniform(-60, -10))
    order = rng.permutation(len(products))
    turn = 0
    while x < CANVAS[0] + 20:
        product = products[order[turn % len(order)]]
        turn += 1
        wide, _ = pixel_size(product, tier.clear)
        gap = float(rng.uniform(1.5, 5))
        for _ in range(int(rng.integers(2, 5)) if wide < 90 else int(rng.integers(1, 3))):
            shelf.append(Facing(product, x, wide))
            x += wide + gap
        x += float(rng.uniform(2, 8))
    return shelf


def _touched(facing: Facing, rng: np.random.Generator) -> Facing:
    """A full facing as customers leave it: now and then the front product, or the top one, is gone."""
    chance = rng.random()
    if chance < 0.07:
        return replace(facing, rows=(1, 2))
    if chance < 0.12 and facing.product.stack > 1:
        return replace(facing, short=True)
    return facing


def _section(rng: np.random.Generator) -> tuple[float, float]:
    width = float(rng.uniform(0.46, 0.78)) * CANVAS[0]
    left = float(rng.uniform(0.04 * CANVAS[0], 0.96 * CANVAS[0] - width))
    return left, left + width


def _inside(facing: Facing, left: float, right: float) -> bool:
    return left <= (facing.left + facing.right) / 2 <= right


def _sell_out(shelf: Shelf, left: float, right: float, rng: np.random.Generator) -> Shelf:
    section = [i for i, facing in enumerate(shelf) if _inside(facing, left, right)]
    fallen = section[int(rng.integers(len(section)))] if rng.random() < 0.35 else None
    return [
        replace(
            facing, rows=(int(rng.integers(ROWS)),) if i == fallen else (), fallen=i == fallen, short=True
        )
        if i in section
        else facing
        for i, facing in enumerate(shelf)
    ]


def _thin_out(shelf: Shelf, left: float, right: float, rng: np.random.Generator) -> Shelf:
    """Leave between a quarter and a half of the section's facings, one product each, some pushed back."""
    section = [i for i, facing in enumerate(shelf) if _inside(facing, left, right)]
    remaining = max(2, round(float(rng.uniform(0.25, 0.5)) * len(section)))
    kept = set(rng.choice(section, size=min(remaining, len(section)), replace=False).tolist())
    thinned = list(shelf)
    for i in section:
        row = int(rng.choice([0, 1, 2], p=[0.45, 0.3, 0.25]))
        rows = (row,) if rng.random() < 0.75 else tuple(range(row, min(row + 2, ROWS)))
        thinned[i] = replace(shelf[i], rows=rows if i in kept else (), short=bool(rng.random() < 0.6))
    return thinned
