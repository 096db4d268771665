"""Sets of photographs as the demo needs them: a balanced one to train on, an endless one to send."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .cameras import CAMERAS, LABELS
from .photograph import Photograph, photograph

EVERY_CAMERA = tuple(camera.key for camera in CAMERAS)
SHOP_FLOOR = {"in_stock": 0.55, "low_stock": 0.2, "out_of_stock": 0.15, "blocked": 0.1}
"""How often each label occurs on an ordinary day."""


def training_set(
    n_per_label: int, conditions: Sequence[str] = ("morning", "evening"), seed: int = 0
) -> Iterator[Photograph]:
    """`n_per_label` photographs of every label, labels, cameras and conditions in even rotation.

    Photographs are made one at a time, as they are asked for; the same arguments give the same bytes.
    """
    rng = np.random.default_rng(seed)
    for number in range(n_per_label):
        for label in LABELS:
            yield photograph(
                camera=CAMERAS[number % len(CAMERAS)].key,
                label=label.key,
                condition=conditions[number // len(CAMERAS) % len(conditions)],
                rng=rng,
            )


def stream(
    seed: int = 0,
    *,
    condition: str = "morning",
    cameras: Sequence[str] = EVERY_CAMERA,
    shares: Mapping[str, float] = SHOP_FLOOR,
) -> Iterator[Photograph]:
    """An endless day at the shop: cameras by turns, labels at random with `shares` (0..1, adding up to 1)."""
    rng = np.random.default_rng(seed)
    labels, chances = list(shares), list(shares.values())
    while True:
        for camera in cameras:
            yield photograph(
                camera=camera, label=str(rng.choice(labels, p=chances)), condition=condition, rng=rng
            )
