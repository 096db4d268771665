"""The model as one more annotator: how people agree with each other and with it, on the same images."""

from typing import Any

import numpy as np

from labeling.domain.agreement.answers import Floats, Indices
from labeling.domain.agreement.bootstrap import intervals
from labeling.domain.agreement.coefficients import divided
from labeling.domain.agreement.figures import figure
from labeling.domain.agreement.patterns import distinct

NOTHING = "no image has two people's answers and the model's"


def beside(counts: Floats, model: Indices, *, bootstrap: int = 1_000, seed: int = 0) -> dict[str, Any]:
    """`images, human_human, human_model, difference`: α of all pairs of people, and of each person with the model.

    counts: people's answers by label, shape (images, labels), two or more an image; model: its label, (images,).
    α is Krippendorff's, nominal; beside the model every answer is a unit of two, itself and the model's, so that an
    image counts on both sides by its number of answers. difference: human-model less human-human. Intervals draw the
    images anew.
    """
    labels = counts.shape[1]
    rows, _, times = distinct(np.column_stack((model, counts)).astype(np.int64))
    by_model, said = rows[:, 0], rows[:, 1:].astype(np.float64)
    sizes = said.sum(axis=1)
    among = np.column_stack(((sizes**2 - (said**2).sum(axis=1)) / np.maximum(sizes - 1, 1), said))
    apart = 2 * (sizes - said[np.arange(len(rows)), by_model])
    with_it = np.column_stack((apart, said + sizes[:, None] * np.eye(labels)[by_model]))
    statistics = {
        "human_human": lambda drawn: _alpha(drawn @ among),
        "human_model": lambda drawn: _alpha(drawn @ with_it),
        "difference": lambda drawn: _alpha(drawn @ with_it) - _alpha(drawn @ among),
    }
    weights = times.astype(np.float64)
    ends = intervals(weights, statistics, count=bootstrap, seed=seed) if bootstrap else {}
    return {
        "images": int(times.sum()),
        **{
            name: figure(
                statistic(weights[None, :])[0] if len(rows) else np.nan, NOTHING, ends=ends.get(name)
            )
            for name, statistic in statistics.items()
        },
    }


def _alpha(sums: Floats) -> Floats:
    """1 - D_o / D_e of sums (samples, 1 + labels): what disagrees, and how often each label is used."""
    used = sums[:, 1:]
    total = used.sum(axis=1)
    return 1 - divided(sums[:, 0] * (total - 1), total**2 - (used**2).sum(axis=1))
