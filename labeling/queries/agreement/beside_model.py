"""The model as one more annotator of a project: what it said of images that people answered without seeing it."""

from collections import Counter
from typing import Any
from uuid import UUID

import numpy as np

from labeling import registry
from labeling.domain.agreement.beside_model import beside
from labeling.domain.agreement.votes import Votes
from labeling.models import Image

MOST_IMAGES = 2_000
"""The latest of them."""


def beside_model(votes: Votes, labels: list[str], *, bootstrap: int) -> dict[str, Any] | None:
    """`name`, `blind` (true: only answers given without a proposal), and what `beside` gives; None without a model.

    Over the latest images with two such answers that one model, the one with most of them, predicted.
    """
    blind = votes.only(votes.blind & (votes.label >= 0))
    sizes = np.bincount(blind.item, minlength=len(blind.images))
    chosen = np.flatnonzero(sizes >= 2)[-MOST_IMAGES:]
    ids = {UUID(bytes=blind.images[item].tobytes()): int(item) for item in chosen.tolist()}
    said = _labels_of(list(ids))
    if not said:
        return None
    name, _ = Counter(model for model, _ in said.values()).most_common(1)[0]
    place = {key: number for number, key in enumerate(labels)}
    found = {
        ids[image]: place[label] for image, (model, label) in said.items() if model == name and label in place
    }
    counts = np.zeros((len(blind.images), len(labels)))
    np.add.at(counts, (blind.item, blind.label), 1)
    items = np.array(sorted(found), dtype=np.int64)
    model = np.array([found[item] for item in items.tolist()], dtype=np.int64)
    return {"name": name, "blind": True, **beside(counts[items], model, bootstrap=bootstrap)}


def _labels_of(ids: list[UUID]) -> dict[UUID, tuple[str, str]]:
    """By image id, which model proposed which label."""
    return {
        image: (found.proposal["model"], found.proposal["label"])
        for image, found in registry.proposals_of([Image(pk=pk) for pk in ids]).items()
        if "label" in found.proposal
    }
