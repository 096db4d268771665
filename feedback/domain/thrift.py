"""Thrift's compact protocol, as much of it as the metadata of a Parquet file needs: bytes from fields and back.

A struct is written from `{field id: (type, value)}` and read as `{field id: value}`; a list is
`(element type, values)`.
Apache Thrift, doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12
_TRUE, _FALSE, _I8, _I16, _DOUBLE, _SET = 1, 2, 3, 4, 7, 10
Field = tuple[int, Any]
DEEPEST = 32


class ThriftRefused(ValueError):
    """Bytes that are not what they should be."""


def written(fields: Mapping[int, Field]) -> bytes:
    """A struct; its ids ascend, at most 15 apart."""
    out = bytearray()
    last = 0
    for number, (kind, value) in sorted(fields.items()):
        out.append((number - last) << 4 | kind)
        _write(out, kind, value)
        last = number
    out.append(0)
    return bytes(out)


def varint(value: int) -> bytes:
    """A whole number from 0 as ULEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _write(out: bytearray, kind: int, value: Any) -> None:
    if kind in (I32, I64):
        out += varint(value << 1 if value >= 0 else -value * 2 - 1)
    elif kind == BINARY:
        data = value.encode() if isinstance(value, str) else value
        out += varint(len(data)) + data
    elif kind == STRUCT:
        out += written(value)
    else:
        of, values = value
        out.append(min(len(values), 15) << 4 | of)
        if len(values) >= 15:
            out += varint(len(values))
        for each in values:
            _write(out, of, each)


class Reader:
    """Reads structs from `data`, from `at` on."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """The fields of one struct. Raises ThriftRefused."""
        if depth > DEEPEST:
            raise ThriftRefused("it is nested too deeply")
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            kind = head & 0x0F
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            found[number] = self._value(kind, depth)
        return found

    def varint(self) -> int:
        """The inverse of `varint`."""
        value, shift = 0, 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ThriftRefused("a number is too long")

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind == _I8:
            return self._byte()
        if kind in (_I16, I32, I64):
            return self._zigzag()
        if kind == _DOUBLE:
            return self._bytes(8)
        if kind == BINARY:
            return self._bytes(self.varint())
        if kind in (LIST, _SET):
            head = self._byte()
            size = head >> 4 if head >> 4 < 15 else self.varint()
            if size > len(self.data):
                raise ThriftRefused("a list is longer than the file")
            return [self._value(head & 0x0F, depth + 1) for _ in range(size)]
        if kind == STRUCT:
            return self.struct(depth + 1)
        raise ThriftRefused(f"there is a field of the unknown type {kind}")

    def _zigzag(self) -> int:
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        found = self.data[self.at : self.at + count]
        if len(found) < count:
            raise ThriftRefused("it ends in the middle of a field")
        self.at += count
        return found
