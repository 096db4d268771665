"""Several classifiers asked as one: the mean of what they say, and how far they disagree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inference.runtimes import Found, Runtime, RuntimeRefused, Scores, contract

_SMALLEST = 1e-12


class Ensemble:
    """A deep ensemble (Lakshminarayanan et al. 2017): its probabilities are the mean of its members'.

    Embeddings are the first member's. Raises RuntimeRefused where the members cannot share one decoded picture
    or do not know the same labels.
    """

    def __init__(self, members: Sequence[Runtime]) -> None:
        first = members[0]
        for number, member in enumerate(members, start=1):
            if member.task != contract.CLASSIFICATION:
                raise RuntimeRefused(f"File {number} finds boxes; an ensemble is of classifiers.")
            if set(member.labels) != set(first.labels):
                raise RuntimeRefused(
                    f"File {number} predicts {', '.join(sorted(member.labels))}; the first predicts "
                    f"{', '.join(sorted(first.labels))}: an ensemble's files share their labels."
                )
            if member.preprocessing != first.preprocessing:
                raise RuntimeRefused(
                    f"File {number} takes {member.preprocessing.to_json()}; the first takes "
                    f"{first.preprocessing.to_json()}: an ensemble's files share one decoded picture."
                )
            if member.context != first.context:
                raise RuntimeRefused(
                    f"File {number} takes the readings {list(member.context)}; the first takes "
                    f"{list(first.context)}: an ensemble's files share what they are told of a picture."
                )
        self.task, self.floor, self.context = first.task, first.floor, first.context
        self.labels, self.preprocessing, self.temperature = (
            first.labels,
            first.preprocessing,
            first.temperature,
        )
        self.architecture = " + ".join(dict.fromkeys(member.architecture for member in members))[:200]
        self._members = tuple(members)
        self._columns = [[member.labels.index(label) for label in first.labels] for member in members]

    def predict(self, batch: np.ndarray, readings: np.ndarray | None = None) -> Scores:
        """Score uint8 [N, 3, size, size] by every member. `disagreement` [N] is the entropy of the mean less the
        mean entropy, in nats: the mutual information of label and member (Houlsby et al. 2011, equation 2)."""
        said = [member.predict(batch, readings) for member in self._members]
        pairs = list(zip(said, self._columns, strict=True))
        each = np.stack([scores.probabilities[:, columns] for scores, columns in pairs])
        raw = np.stack([scores.raw_probabilities[:, columns] for scores, columns in pairs])
        mean = each.mean(axis=0)
        apart = np.maximum(_entropy(mean) - _entropy(each).mean(axis=0), 0)
        return Scores(mean, raw.mean(axis=0), said[0].embeddings, apart)

    def look(self, batch: np.ndarray) -> np.ndarray | None:
        """None: each member looks elsewhere."""
        return None

    def detect(self, batch: np.ndarray) -> list[Found]:
        """Raises ValueError: an ensemble is of classifiers."""
        raise ValueError("The model classifies: it has no boxes.")


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    return -(probabilities * np.log(np.maximum(probabilities, _SMALLEST))).sum(axis=-1)
