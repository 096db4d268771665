"""Answering a repeated POST the way it was answered the first time."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.utils import timezone

from people.models import IdempotencyKey, User

KEPT = timedelta(days=7)
AT_ONCE = 10_000


class KeyReused(ValueError):
    """The key came before, with another request."""


class Repeated(Exception):
    """The key came before: what it was answered then is to be answered again."""


def fingerprint_of(path: str, fields: Mapping[str, Any]) -> bytes:
    """SHA-256 of a request: its path, its fields, the bytes of its files. A multipart boundary does not count."""
    digest = hashlib.sha256(path.encode())
    for name in sorted(fields):
        values = fields.getlist(name) if hasattr(fields, "getlist") else [fields[name]]
        for value in values:
            digest.update(b"\0" + name.encode(errors="surrogatepass") + b"\0")
            if isinstance(value, UploadedFile):
                for chunk in value.chunks():
                    digest.update(chunk)
                value.seek(0)
            else:
                digest.update(json.dumps(value, sort_keys=True, default=str).encode())
    return digest.digest()


def reserve(*, user: User, token_id: int, key: str, fingerprint: bytes) -> IdempotencyKey:
    """The row of this key; `status` is None when this call is the first. Must run inside a transaction.

    A second request with the same key waits here until the first has committed or rolled back.
    Raises KeyReused when the key belongs to another request.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO people_idempotencykey (user_id, token_id, key, fingerprint, body)
            VALUES (%s, %s, %s, %s, '') ON CONFLICT DO NOTHING RETURNING id
            """,
            [user.pk, token_id, key, fingerprint],
        )
        made = cursor.fetchone()
    if made is not None:
        return IdempotencyKey(pk=made[0], user=user, token_id=token_id, key=key, fingerprint=fingerprint)
    row = IdempotencyKey.objects.get(user=user, token_id=token_id, key=key)
    if bytes(row.fingerprint) != fingerprint:
        raise KeyReused(key)
    return row


def forget_old() -> int:
    """Delete keys older than seven days, so many in a statement; returns how many there were."""
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT)
    forgotten = 0
    while gone := IdempotencyKey.objects.filter(pk__in=old.values("pk")[:AT_ONCE]).delete()[0]:
        forgotten += gone
    return forgotten
