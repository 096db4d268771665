"""What a device at the edge and the centre agree on: signatures, and by what a capture was decided there."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

FORMAT = "vouch-edge/1"
BUCKETS = 20
"""Light records count confidences in so many equal steps of 0..1."""


def digest_of(secret: str) -> bytes:
    """What the centre keeps of a token's secret: SHA-256."""
    return hashlib.sha256(secret.encode()).digest()


def sign(digest: bytes, nonce: str, manifest: str) -> str:
    """The signature in hex of a manifest's text, for who holds the token of that digest and asked with `nonce`.

    HMAC-SHA-256 (RFC 2104) under a key made of the digest for this use alone. The nonce makes it fresh by no clock.
    """
    key = hmac.digest(digest, b"vouch edge manifest", hashlib.sha256)
    return hmac.new(key, f"{nonce}\n{manifest}".encode(), hashlib.sha256).hexdigest()


def is_signed(signature: str, digest: bytes, nonce: str, manifest: str) -> bool:
    """Whether `sign` made this signature, compared in constant time."""
    return hmac.compare_digest(signature.encode(), sign(digest, nonce, manifest).encode())


def bucket_of(confidence: float) -> int:
    """The step, 0..BUCKETS - 1, that a confidence of 0..1 lies in."""
    return min(int(confidence * BUCKETS), BUCKETS - 1)


def drawn_for(capture: object, external: Mapping[str, Any] | None) -> str:
    """What names a capture in draws: the id a device gave it, where one decided about it, else the capture's own."""
    device = (external or {}).get("edge")
    return str(device["capture"] if device else capture)


def decided_by(external: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    """The policy that a device decided by and the newest certificate it knew; None where it was none."""
    device = (external or {}).get("edge") or {}
    return device.get("policy"), device.get("trust")
