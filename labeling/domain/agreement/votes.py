"""What people said of images, as numbers: the table that a report on a project is counted from."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labeling.domain.agreement.answers import Indices
from labeling.domain.agreement.pairs import met

CANT_TELL, NONE_OF_THESE = -1, -2
"""In the place of a label; counted and shown, and left out of every coefficient: they say nothing of the image."""
REGIONS = -3
"""In the place of a label where boxes were drawn, which are compared by themselves."""


@dataclass(frozen=True)
class Votes:
    """One row a vote, in order of item, and in the order of voting within one. All arrays are of shape (N,).

    item: 0, 1, 2 … without gaps; person: a user's id; label: place among the labels, or CANT_TELL, NONE_OF_THESE;
    guideline: the version's number, 0 for none; setting: a hash of what is known of the image; tenths: of a second;
    week: whole weeks since Monday, 5 January 1970; blind: no proposal was shown; number: the vote's own.
    images: (items, 16), uuid bytes.
    """

    images: NDArray[np.uint8]
    item: Indices
    person: Indices
    label: Indices
    guideline: Indices
    setting: Indices
    tenths: Indices
    week: Indices
    blind: NDArray[np.bool_]
    number: Indices

    def __len__(self) -> int:
        return len(self.item)

    def only(self, rows: NDArray[np.bool_]) -> "Votes":
        """The rows chosen; items left without one are dropped, and the rest numbered anew."""
        if rows.all():
            return self
        kept, item = np.unique(self.item[rows], return_inverse=True)
        columns = ("person", "label", "guideline", "setting", "tenths", "week", "blind", "number")
        chosen = {name: getattr(self, name)[rows] for name in columns}
        return replace(self, images=self.images[kept], item=item, **chosen)

    def of_images(self, chosen: NDArray[np.bool_]) -> "Votes":
        """All votes on the items chosen, mask of shape (items,)."""
        return self.only(chosen[self.item])

    def latest(self) -> "Votes":
        """Without those that a later one, of the same person on the same item, takes the place of."""
        last = np.ones(len(self), dtype=bool)
        for earlier, later in met(self.item):
            last[earlier[self.person[earlier] == self.person[later]]] = False
        return self.only(last)


def standing(number: Indices, supersedes: Indices) -> NDArray[np.bool_]:
    """Which votes nobody took back: shape of `number`; supersedes holds the numbers of those taken back."""
    return ~np.isin(number, supersedes)
