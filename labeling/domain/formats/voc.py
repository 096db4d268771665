"""Pascal VOC: an XML file an image."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from labeling.domain.formats.found import (
    MOST_SMALL_BYTES,
    Asked,
    Box,
    Files,
    FileUnreadable,
    Found,
    Mark,
    Piece,
    number,
)
from labeling.domain.rows import RowRefused


def read(files: Files, asked: Asked) -> Iterator[Piece]:
    """Boxes in whole pixels counted from 1, both ends inside, as VOC defines them: xmin - 1 is the left edge here,
    xmax the right. Tools that count from 0 are off by that one pixel, and clamped where it leaves the image.

    Raises FileUnreadable.
    """
    names = sorted(name for name in files.names() if name.casefold().endswith(".xml")) or [
        name for name in files.names() if name == files.name
    ]
    if not names:
        raise FileUnreadable(f"{files.name} holds no .xml file.")
    for name in names:
        stem = str(PurePosixPath(name).with_suffix(""))
        try:
            root = _root(files, name)
        except ValueError as refused:
            if len(names) == 1:
                raise FileUnreadable(str(refused)) from None
            yield RowRefused(None, stem, str(refused))
            continue
        file = _text(root, "filename") or _text(root, "path") or stem
        marks = []
        for index, thing in enumerate(root.findall("object"), start=1):
            try:
                marks.append(_mark(thing, index))
            except ValueError as reason:
                yield RowRefused(index, file, f"object {index} of {name}: {reason}.")
        yield Found(file, marks=tuple(marks), size=_size(root))


def _root(files: Files, name: str) -> Element:
    with files.open(name) as stream:
        data = stream.read(MOST_SMALL_BYTES + 1)
    if len(data) > MOST_SMALL_BYTES:
        raise ValueError(f"{name} is larger than {MOST_SMALL_BYTES // 2**20} MB.")
    try:
        root = fromstring(data)
    except DefusedXmlException:
        raise ValueError(f"{name} declares entities, which no annotation needs: it is not read.") from None
    except (ParseError, LookupError, ValueError) as error:
        raise ValueError(f"{name} is not XML: {str(error).splitlines()[0]}.") from None
    if root.tag != "annotation":
        raise ValueError(f"{name} is no Pascal VOC annotation: its outermost element is {root.tag[:40]}.")
    return root


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _size(root: Element) -> tuple[float, float] | None:
    try:
        return number(_text(root, "size/width")), number(_text(root, "size/height"))
    except ValueError:
        return None


def _mark(thing: Element, index: int) -> Mark:
    label = _text(thing, "name")
    if not label:
        raise ValueError("has no name")
    confidence = _text(thing, "confidence") or _text(thing, "score")
    return Mark(label, _box(thing), number(confidence) if confidence else None, index)


def _box(thing: Element) -> Box:
    if thing.find("bndbox") is None:
        raise ValueError("has no bndbox; only upright boxes are taken")
    sides = []
    for side in ("xmin", "ymin", "xmax", "ymax"):
        try:
            sides.append(number(_text(thing, f"bndbox/{side}")))
        except ValueError as error:
            raise ValueError(f"{side} {error}") from None
    left, top, right, bottom = sides
    return left - 1, top - 1, right, bottom
