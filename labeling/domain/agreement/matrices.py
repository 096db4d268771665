"""What of a report grows with labels times people or images, as bytes: a fifth of what it takes as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Large:
    """matrices: everybody's confusion by name, each (labels, labels), rows true. posteriors: of each disputed image, in
    the order of the report's `disputed`, one number for each label in label_order.

    Two hundred people and sixty labels make 17 MB of JSON of the first and one of the second, which only those read
    who ask for them.
    """

    matrices: Mapping[str, Any] = field(default_factory=dict, repr=False)
    posteriors: Sequence[Sequence[float]] = field(default=(), repr=False)

    def dumped(self) -> bytes:
        """As bytes that `loaded` reads."""
        out = BytesIO()
        np.savez(
            out,
            names=np.array(list(self.matrices), dtype=np.str_),
            values=np.array(list(self.matrices.values()), dtype=float),
            posteriors=np.array(self.posteriors, dtype=float),
        )
        return out.getvalue()

    @classmethod
    def loaded(cls, data: bytes) -> "Large":
        """What `dumped` wrote, as lists."""
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            matrices = dict(zip(arrays["names"].tolist(), arrays["values"].tolist(), strict=True))
            return cls(matrices, arrays["posteriors"].tolist())

    def added_to(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        """The report with `confusion` in `annotators`, null of those hidden, and `posterior{label}` in `disputed`."""
        cards = {
            name: card | {"confusion": None if card["hidden"] else self.matrices.get(name)}
            for name, card in figures["annotators"].items()
        }
        disputed = [
            one | {"posterior": dict(zip(figures["label_order"], row, strict=True))}
            for one, row in zip(figures["disputed"], self.posteriors, strict=True)
        ]
        return {**figures, "annotators": cards, "disputed": disputed}
