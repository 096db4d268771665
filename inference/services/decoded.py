"""Pictures as the model wants them, kept for a moment by who took them in: they need not be decoded a second time.

A web process decodes an upload anyway, to prove that it is whole. What waits is in a file that is a ring: each picture
has one place, by its hash, and whoever comes later overwrites it. Anything may be missing at any time, as on another
host it always is: then the image is decoded from its bytes.
"""

import hashlib
import json
import logging
import math
import os
import struct
import time
import zlib
from functools import cache
from pathlib import Path

import numpy as np
from django.conf import settings

from inference.imaging import Preprocessing

logger = logging.getLogger(__name__)

RING_BYTES = 64 * 2**20
LARGEST = 512
"""Pixels a side: decoding for larger models costs an upload more than it saves."""
STALE_SECONDS = 24 * 3600
_HEAD = struct.Struct("32sI")


def keep(sha256: str, preprocessing: Preprocessing, pixels: np.ndarray) -> None:
    """Put the image's `imaging.to_array` where `find` looks. What cannot be kept is logged, and no harm."""
    content = pixels.tobytes()
    packed = _HEAD.pack(bytes.fromhex(sha256), zlib.crc32(content)) + content
    path = _ring(preprocessing)
    try:
        try:
            file = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            file = _make(path)
        try:
            os.pwrite(file, packed, _offset(sha256, len(packed)))
        finally:
            os.close(file)
    except OSError as error:
        logger.warning("a decoded picture cannot be kept in %s: %s", path, error)


def find(sha256: str, preprocessing: Preprocessing) -> np.ndarray | None:
    """The image's array [3, size, size]; None where it is not here, or not whole: it may be written just now."""
    if not worth(preprocessing):
        return None
    shape = (3, preprocessing.size, preprocessing.size)
    length = _HEAD.size + math.prod(shape)
    try:
        file = os.open(_ring(preprocessing), os.O_RDONLY)
        try:
            packed = os.pread(file, length, _offset(sha256, length))
        finally:
            os.close(file)
    except OSError:
        return None
    if len(packed) != length:
        return None
    whose, checksum = _HEAD.unpack_from(packed)
    content = memoryview(packed)[_HEAD.size :]
    if whose != bytes.fromhex(sha256) or checksum != zlib.crc32(content):
        return None
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def forget(sha256: str, preprocessing: Preprocessing) -> bool:
    """Overwrite the image's array on this host; returns whether there was one."""
    if not worth(preprocessing):
        return False
    length = _HEAD.size + 3 * preprocessing.size**2
    try:
        file = os.open(_ring(preprocessing), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        at = _offset(sha256, length)
        if os.pread(file, 32, at) != bytes.fromhex(sha256):
            return False
        os.pwrite(file, bytes(length), at)
    finally:
        os.close(file)
    return True


def worth(preprocessing: Preprocessing) -> bool:
    """Whether pictures for such a model are kept at all."""
    return preprocessing.size <= LARGEST


def _ring(preprocessing: Preprocessing) -> Path:
    return Path(settings.VAR, "decoded", _name(preprocessing))


@cache
def _name(preprocessing: Preprocessing) -> str:
    return hashlib.sha256(json.dumps(preprocessing.to_json(), sort_keys=True).encode()).hexdigest()[:32]


def _offset(sha256: str, length: int) -> int:
    return int(sha256[:12], 16) % (RING_BYTES // length) * length


def _make(path: Path) -> int:
    """The file, open; those of models that no longer serve go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for other in path.parent.iterdir():
        if other.stat().st_mtime < time.time() - STALE_SECONDS:
            other.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
