"""A 64-bit difference hash of a picture: near-duplicates differ in few bits."""

import numpy as np
from PIL import Image

from labeling.imagefile import open_upright

COLUMNS, ROWS = 9, 8


def difference_hash(data: bytes) -> int:
    """The dHash of the upright image in `data`, as a signed 64-bit integer, as PostgreSQL keeps it.

    The grey picture is averaged to 9×8; a bit says whether a cell is brighter than its left neighbour, row by
    row, the highest bit first (Krawetz 2013, "Kind of Like That"). Raises ImageRefused for what cannot be decoded.
    """
    picture = open_upright(data, at_least=(COLUMNS * 8, ROWS * 8)).convert("L")
    cells = np.asarray(picture.resize((COLUMNS, ROWS), Image.Resampling.BOX), dtype=np.int16)
    bits = np.packbits(cells[:, 1:] > cells[:, :-1])
    return int.from_bytes(bits.tobytes(), "big", signed=True)
