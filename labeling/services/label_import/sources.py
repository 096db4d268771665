"""A file, a folder or a zip as the readers of formats want it, held within bounds."""

import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from labeling.domain.formats.found import Files, FileUnreadable

MOST_MEMBERS = 500_000
MOST_UNPACKED_BYTES = 4 * 1024**3
MOST_SWELL = 300
"""How many times its packed size a member may have, once that is more than SWELL_FROM_BYTES."""
SWELL_FROM_BYTES = 64 * 1024 * 1024


class _Lasting(io.BufferedIOBase):
    """A stream that is read from its beginning, and outlives whoever closes it."""

    def __init__(self, stream: BinaryIO) -> None:
        stream.seek(0)
        self.stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self.stream.read(-1 if size is None else size)

    read1 = read


DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)
"""What Python's zipfile raises for bytes that are no zip, or one that it cannot unpack."""


class _Member(io.BufferedIOBase):
    """A member of a zip; raises FileUnreadable where its bytes are damaged."""

    def __init__(self, archive: zipfile.ZipFile, name: str, whole: str) -> None:
        self.whole = whole
        try:
            self.stream = archive.open(name)
        except DAMAGED:
            raise FileUnreadable(f"{whole} is no whole zip: {name} cannot be read.") from None

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            return self.stream.read(-1 if size is None else size)
        except DAMAGED:
            raise FileUnreadable(f"{self.whole} is no whole zip: {self.stream.name} is damaged.") from None

    read1 = read

    def close(self) -> None:
        self.stream.close()
        super().close()


class OneFile:
    """A file alone. `opened` gives its stream, anew each time or the same one."""

    def __init__(self, name: str, opened: Callable[[], io.BufferedIOBase]) -> None:
        self.name, self.opened = name, opened

    def names(self) -> Iterator[str]:
        yield self.name

    def open(self, name: str) -> io.BufferedIOBase:
        return self.opened()


class Folder:
    """Every file below a folder but for hidden ones."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name or str(path)

    def names(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            inside = Path(folder).relative_to(self.path).as_posix()
            for name in sorted(files):
                if not name.startswith("."):
                    yield name if inside == "." else f"{inside}/{name}"

    def open(self, name: str) -> io.BufferedIOBase:
        return (self.path / name).open("rb")


class Zip:
    """The members of a zip, read where they lie: nothing is unpacked to disk, so no name can lead outside."""

    def __init__(self, name: str, file: Any) -> None:
        self.name = name
        try:
            self.zip = zipfile.ZipFile(file)
        except DAMAGED:
            raise FileUnreadable(f"{name} is no whole zip.") from None
        members = [member for member in self.zip.infolist() if _is_file(member)]
        if len(members) > MOST_MEMBERS:
            raise FileUnreadable(f"{name} holds more than {MOST_MEMBERS:,} files: send it in parts.")
        if any(member.flag_bits & 1 for member in members):
            raise FileUnreadable(f"{name} is encrypted: send it without a password.")
        unpacked = sum(member.file_size for member in members)
        if unpacked > MOST_UNPACKED_BYTES or any(map(_swells, members)):
            raise FileUnreadable(
                f"{name} unpacks to {unpacked / 2**20:,.0f} MB, which no labels need: it is not read."
            )

    def names(self) -> Iterator[str]:
        for member in self.zip.infolist():
            parts = set(member.filename.split("/")) - {".", ".."}
            if _is_file(member) and not any(part.startswith((".", "__MACOSX")) for part in parts):
                yield member.filename

    def open(self, name: str) -> io.BufferedIOBase:
        return _Member(self.zip, name, self.name)


def _is_file(member: zipfile.ZipInfo) -> bool:
    # Not is_dir, which fails on the empty names of damaged zips.
    return not member.filename.endswith("/") and member.filename != ""


def _swells(member: zipfile.ZipInfo) -> bool:
    return member.file_size > SWELL_FROM_BYTES and member.file_size > MOST_SWELL * max(
        member.compress_size, 1
    )


def at_path(path: Path) -> Files:
    """What lies at the path. Raises FileUnreadable where nothing does."""
    if path.is_dir():
        return Folder(path)
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"PK"
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}.") from None
    return Zip(path.name, path) if packed else OneFile(path.name, lambda: path.open("rb"))


def in_stream(name: str, stream: BinaryIO) -> Files:
    """What came as one stream that can be sought, an upload."""
    stream.seek(0)
    packed = stream.read(2) == b"PK"
    stream.seek(0)
    return Zip(name, stream) if packed else OneFile(name, lambda: _Lasting(stream))
