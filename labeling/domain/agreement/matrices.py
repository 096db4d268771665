"""Everybody's confusion as bytes: a fifth of what it takes as JSON, and read only by whoever asks for it."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np


def dumped(matrices: Mapping[str, Any]) -> bytes:
    """As bytes that `loaded` reads; every matrix of one shape (labels, labels)."""
    out = BytesIO()
    np.savez(
        out,
        names=np.array(list(matrices), dtype=np.str_),
        values=np.array(list(matrices.values()), dtype=float),
    )
    return out.getvalue()


def loaded(data: bytes) -> dict[str, Any]:
    """What `dumped` wrote, each matrix as lists of its rows."""
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        return dict(zip(arrays["names"].tolist(), arrays["values"].tolist(), strict=True))
