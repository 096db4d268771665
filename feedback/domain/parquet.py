"""Parquet files of flat rows, written and read back a group of rows at a time; nothing is ever held whole.

One page a column and group, PLAIN, gzip, without dates or dictionaries: what every reader of Parquet takes. The same
rows give the same bytes. Apache Parquet format 2.10, README.md and Encodings.md.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby, islice
from typing import Any, BinaryIO

from feedback.domain.thrift import BINARY, I32, I64, LIST, STRUCT, Reader, ThriftRefused, varint, written

MAGIC = b"PAR1"
GROUP_ROWS = 2_000
_PLAIN, _RLE = 0, 3
_GZIP = 2
_UTF8 = 0
_LARGEST_FOOTER = 64 * 1024 * 1024


class ParquetRefused(ValueError):
    """A file that cannot be read here; the message says why."""


class Kind(IntEnum):
    """What a column holds, by Parquet's number for it: TEXT is UTF-8."""

    INTEGER = 2
    REAL = 5
    TEXT = 6


@dataclass(frozen=True)
class Column:
    """Of an optional one a row may hold None."""

    name: str
    kind: Kind
    optional: bool = False


def write(
    columns: Sequence[Column], rows: Iterable[Sequence[Any]], metadata: Mapping[str, str]
) -> Iterator[bytes]:
    """The file in pieces; `rows` are values in the order of the columns, `metadata` is kept in its footer."""
    yield MAGIC
    at, count, groups = len(MAGIC), 0, []
    waiting = iter(rows)
    while page := list(islice(waiting, GROUP_ROWS)):
        chunks, total = [], 0
        for number, column in enumerate(columns):
            data, plain = _page(column, [row[number] for row in page])
            chunks.append(_chunk(column, len(page), at, len(data), plain))
            at += len(data)
            total += plain
            yield data
        groups.append({1: (LIST, (STRUCT, chunks)), 2: (I64, total), 3: (I64, len(page))})
        count += len(page)
    footer = written(
        {
            1: (I32, 1),
            2: (LIST, (STRUCT, _schema(columns))),
            3: (I64, count),
            4: (LIST, (STRUCT, groups)),
            5: (LIST, (STRUCT, [{1: (BINARY, k), 2: (BINARY, v)} for k, v in metadata.items()])),
            6: (BINARY, "vouch"),
        }
    )
    yield footer + struct.pack("<I", len(footer)) + MAGIC


def _schema(columns: Sequence[Column]) -> list[dict[int, Any]]:
    root = {4: (BINARY, "schema"), 5: (I32, len(columns))}
    return [root] + [
        {1: (I32, int(column.kind)), 3: (I32, int(column.optional)), 4: (BINARY, column.name)}
        | ({6: (I32, _UTF8)} if column.kind == Kind.TEXT else {})
        for column in columns
    ]


def _page(column: Column, values: Sequence[Any]) -> tuple[bytes, int]:
    """Header and page, and how long the two are uncompressed."""
    plain = b""
    if column.optional:
        runs = groupby(value is not None for value in values)
        levels = b"".join(varint(sum(1 for _ in run) << 1) + bytes([is_there]) for is_there, run in runs)
        plain = struct.pack("<I", len(levels)) + levels
    plain += b"".join(_plain(column.kind, value) for value in values if value is not None)
    packed = gzip.compress(plain, mtime=0)
    header = written(
        {
            1: (I32, 0),
            2: (I32, len(plain)),
            3: (I32, len(packed)),
            5: (STRUCT, {1: (I32, len(values)), 2: (I32, _PLAIN), 3: (I32, _RLE), 4: (I32, _RLE)}),
        }
    )
    return header + packed, len(header) + len(plain)


def _plain(kind: Kind, value: Any) -> bytes:
    if kind == Kind.TEXT:
        data = value.encode()
        return struct.pack("<I", len(data)) + data
    return struct.pack("<q" if kind == Kind.INTEGER else "<d", value)


def _chunk(column: Column, count: int, at: int, length: int, plain: int) -> dict[int, Any]:
    about = {
        1: (I32, int(column.kind)),
        2: (LIST, (I32, [_PLAIN, _RLE])),
        3: (LIST, (BINARY, [column.name])),
        4: (I32, _GZIP),
        5: (I64, count),
        6: (I64, plain),
        7: (I64, length),
        9: (I64, at),
    }
    return {2: (I64, at), 3: (STRUCT, about)}


class ParquetFile:
    """An open file as `write` made it: `columns`, `metadata`, `count` rows. Raises ParquetRefused."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        try:
            self._open()
        except (ThriftRefused, KeyError, ValueError, struct.error) as error:
            raise ParquetRefused(f"This is no Parquet file that can be read here: {error}.") from None

    def _open(self) -> None:
        end = self._file.seek(0, 2)
        tail = self._read(max(0, end - 8), min(8, end))
        length = struct.unpack("<I", tail[:4])[0] if tail.endswith(MAGIC) and end >= 12 else None
        if length is None or length > min(end - 12, _LARGEST_FOOTER):
            raise ValueError("it does not end as one")
        footer = Reader(self._read(end - 8 - length, length)).struct()
        self.count: int = footer[3]
        self.metadata = {pair[1].decode(): pair.get(2, b"").decode() for pair in footer.get(5, [])}
        self.columns = [Column(each[4].decode(), Kind(each[1]), each.get(3) == 1) for each in footer[2][1:]]
        self._groups = footer.get(4, [])

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows in order. Raises ParquetRefused for pages that `write` does not make."""
        for group in self._groups:
            try:
                chunks = [chunk[3] for chunk in group[1]]
                read = [
                    self._values(column, about) for column, about in zip(self.columns, chunks, strict=True)
                ]
                yield from zip(*read, strict=True)
            except (ThriftRefused, KeyError, ValueError, struct.error, zlib.error, OSError) as error:
                raise ParquetRefused(f"A part of the file cannot be read here: {error}.") from None

    def _values(self, column: Column, about: Mapping[int, Any]) -> list[Any]:
        reader = Reader(self._read(about[9], about[7]))
        header = reader.struct()
        page = header.get(5)
        if about[4] != _GZIP or page is None or page[2] != _PLAIN or page[1] != about[5]:
            raise ValueError(f"{column.name} is kept in another way than a manifest is downloaded in")
        # No more than the header says, whatever the bytes would unfold to.
        packed = reader.data[reader.at : reader.at + header[3]]
        plain = zlib.decompressobj(wbits=31).decompress(packed, header[2] + 1)
        if len(plain) != header[2]:
            raise ValueError(f"{column.name} is not as long as it says")
        there = [True] * page[1]
        start = 0
        if column.optional:
            length = struct.unpack_from("<I", plain)[0]
            there = _levels(plain[4 : 4 + length], page[1])
            start = 4 + length
        return _unfolded(column.kind, plain, start, there)

    def _read(self, at: int, length: int) -> bytes:
        self._file.seek(at)
        return self._file.read(length)


def _levels(data: bytes, count: int) -> list[bool]:
    reader = Reader(data)
    found: list[bool] = []
    while len(found) < count:
        head = reader.varint()
        if head & 1 or head >> 1 > count - len(found):
            raise ValueError("what is there and what is not is kept in another way")
        found += [bool(reader.varint())] * (head >> 1)
    return found


def _unfolded(kind: Kind, data: bytes, at: int, there: Sequence[bool]) -> list[Any]:
    found: list[Any] = []
    for is_there in there:
        if not is_there:
            found.append(None)
        elif kind == Kind.TEXT:
            length = struct.unpack_from("<I", data, at)[0]
            text = data[at + 4 : at + 4 + length]
            if len(text) < length:
                raise ValueError("a text is cut off")
            found.append(text.decode())
            at += 4 + length
        else:
            found.append(struct.unpack_from("<q" if kind == Kind.INTEGER else "<d", data, at)[0])
            at += 8
    return found
