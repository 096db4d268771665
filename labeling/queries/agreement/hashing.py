"""The fingerprint of a report's data: who called which picture what, and by which guideline."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from labeling.domain.agreement.votes import CANT_TELL, NONE_OF_THESE, REGIONS, Votes
from labeling.models import Image
from labeling.queries.agreement.basis import Basis

A_STATEMENT = 50_000
WORDS = {CANT_TELL: "", NONE_OF_THESE: "?", REGIONS: ""}
"""In the place of a label's key, which none of them can be."""


def data_hash(votes: Votes, basis: Basis, values: Mapping[int, Any]) -> str:
    """sha256 over one line a vote, sorted: the image's sha256, username, label's key, number of the guideline.

    values: by the number of a vote with regions, what was drawn; it stands in the place of the key, as JSON.
    """
    labels: dict[int, str] = dict(enumerate(basis.labels)) | WORDS
    drawn = {number: json.dumps(value, sort_keys=True) for number, value in values.items()}
    pictures = _pictures(votes)
    lines = sorted(
        f"{pictures[item]}\t{basis.names[person]}\t{drawn.get(number, labels[label])}\t{guideline}\n"
        for item, person, label, guideline, number in zip(
            votes.item.tolist(),
            votes.person.tolist(),
            votes.label.tolist(),
            votes.guideline.tolist(),
            votes.number.tolist(),
            strict=True,
        )
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _pictures(votes: Votes) -> list[str]:
    ids = [UUID(bytes=image.tobytes()) for image in votes.images]
    known: dict[UUID, str] = {}
    for start in range(0, len(ids), A_STATEMENT):
        known |= dict(
            Image.objects.filter(pk__in=ids[start : start + A_STATEMENT]).values_list("pk", "sha256")
        )
    return [known[image] for image in ids]
