"""A 64-bit difference hash of a picture: near-duplicates differ in few bits."""

import numpy as np
from PIL import Image

COLUMNS, ROWS = 9, 8
AT_LEAST = (COLUMNS * 8, ROWS * 8)
"""A picture reduced to no less than this, (width, height), has the hash that the whole one has."""


def difference_hash(picture: Image.Image) -> int:
    """The dHash of an upright picture, as a signed 64-bit integer, as PostgreSQL keeps it.

    The grey picture is averaged to 9×8; a bit says whether a cell is brighter than its left neighbour, row by
    row, the highest bit first (Krawetz 2013, "Kind of Like That").
    """
    cells = np.asarray(picture.convert("L").resize((COLUMNS, ROWS), Image.Resampling.BOX), dtype=np.int16)
    bits = np.packbits(cells[:, 1:] > cells[:, :-1])
    return int.from_bytes(bits.tobytes(), "big", signed=True)
