"""The key that notifications are signed with: made once, kept in a file beside the installation's secret key."""

import os
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from people.domain import webpush


class KeysExist(Exception):
    """There are keys already: others would make every subscription worthless."""


def make() -> str:
    """Make the key; returns its public half, as browsers are told it. Raises KeysExist."""
    path = Path(settings.PUSH_KEY_FILE)
    key = webpush.new_private_key()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeysExist(f"{path} holds a key already.") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(webpush.private_text(key) + "\n")
    return _public(key)


def private_key() -> ec.EllipticCurvePrivateKey | None:
    """The key; None where none was made."""
    path = Path(settings.PUSH_KEY_FILE)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@cache
def _read(path: Path, _changed: int) -> ec.EllipticCurvePrivateKey:
    return webpush.private_key_of(path.read_text().strip())


def public_key() -> str | None:
    """Its public half in base64url, the browser's `applicationServerKey`; None where none was made."""
    key = private_key()
    return _public(key) if key else None


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    return webpush.encoded(webpush.public_bytes(key.public_key()))
