"""Making new labels earn their place: they may not win images from the labels that a model knew before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHIFTS = np.arange(0, 4.01, 0.05)
MOST_LOST = 0.01
"""The share of what the base had right that may go to a new label: of changed pictures, a few are past telling."""
LEAST_KEPT = 0.5
"""New labels keep at least so much of the validation images that they had right without a shift."""


def shift_for(
    logits: np.ndarray, base: np.ndarray, truth: np.ndarray, old: Sequence[int], new: Sequence[int]
) -> float:
    """What to take from the logits of the `new` labels, in nats, so that they win hardly an image of an `old` one.

    `logits` [N, C] are the new model's of validation images, `base` [N, len(old)] those of the model it comes from,
    `truth` [N] true labels. The smallest shift of SHIFTS by which no more than MOST_LOST of the images of old labels
    that the base had right are given a new one; where too many images of new labels would be lost (LEAST_KEPT) before
    that, the last shift before they are. A new row of a head competes with old ones by no common scale (Wu et al. 2019,
    "Large scale incremental learning", who fit one to the loss); here it is fitted to what the gate asks: nothing
    forgotten.
    """
    is_old = np.isin(truth, old)
    if not is_old.any() or is_old.all():
        return 0.0
    had = is_old.copy()
    had[is_old] = np.asarray(old)[base[is_old].argmax(axis=1)] == truth[is_old]
    unshifted = (logits[~is_old].argmax(axis=1) == truth[~is_old]).sum()
    best = 0.0
    for shift in SHIFTS:
        moved = logits.copy()
        moved[:, new] -= shift
        said = moved.argmax(axis=1)
        if (said == truth)[~is_old].sum() < LEAST_KEPT * unshifted:
            break
        best = float(shift)
        if np.isin(said[had], new).sum() <= MOST_LOST * had.sum():
            break
    return best
