"""The token of a lease, `NUMBER.SECRET`: the number names its slot to us, and says nothing to its bearer.

A slot's own number grows with every slot made: beside its neighbours, that of a known answer would stand out as new.
"""

import hashlib
from functools import lru_cache

from django.conf import settings

HALF = 29
MASK = (1 << HALF) - 1
DIGITS = 18
ROUNDS = range(4)


def token_of(slot_id: int, secret: str) -> str:
    """The token of the lease on this slot."""
    return f"{_veiled(slot_id):0{DIGITS}d}.{secret}"


def slot_number(lease: str) -> int | None:
    """The slot a lease's token names; None for anything else."""
    number, _, secret = lease.partition(".")
    right = number.isascii() and number.isdecimal() and len(number) <= DIGITS and bool(secret)
    return _unveiled(int(number)) if right and int(number) >> 2 * HALF == 0 else None


def _veiled(number: int) -> int:
    """Another number below 2**58, each for one: a Feistel network of four rounds (Luby and Rackoff 1988)."""
    left, right = number >> HALF, number & MASK
    for turn in ROUNDS:
        left, right = right, left ^ _mixed(turn, right)
    return left << HALF | right


def _unveiled(number: int) -> int:
    left, right = number >> HALF, number & MASK
    for turn in reversed(ROUNDS):
        left, right = right ^ _mixed(turn, left), left
    return left << HALF | right


def _mixed(turn: int, half: int) -> int:
    data = half.to_bytes(4, "big") + bytes([turn])
    digest = hashlib.blake2s(data, key=_key(settings.SECRET_KEY), digest_size=4).digest()
    return int.from_bytes(digest, "big") & MASK


@lru_cache(maxsize=4)
def _key(secret_key: str) -> bytes:
    return hashlib.sha256(f"labeling.lease.{secret_key}".encode()).digest()
