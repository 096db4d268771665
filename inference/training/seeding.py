"""Random draws and threads of a run, apart from those of the process it runs in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int, threads: int) -> Iterator[None]:
    """Draw from `seed` and compute with `threads` inside; leave torch as it was outside."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)
