"""What a file of labels says, piece by piece: the one shape that every format is read into."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any, NamedTuple, Protocol, TypeAlias

from labeling.domain.rows import RowRefused

Box: TypeAlias = tuple[float, float, float, float]
Sort: TypeAlias = Callable[[Iterable[list[Any]]], Iterator[list[Any]]]
"""Sorts lists of JSON values, however many: `sorted` would do but for memory."""


class FileUnreadable(ValueError):
    """The file cannot be read at all; the message says why in one line, whatever it quotes."""

    def __init__(self, message: str) -> None:
        super().__init__("".join(char if char.isprintable() else " " for char in message))


class Mark(NamedTuple):
    """One label, with its box (x1, y1, x2, y2) where it has one. `confidence` is as given: a prediction has one."""

    label: str
    box: Box | None = None
    confidence: float | None = None
    row: int | None = None


class Found(NamedTuple):
    """What one place of a file says of one image.

    `whole` is all the file says of it; pieces that are not whole add up, as the rows of a table do. `relative` boxes
    are shares 0..1 of the image's width and height, others pixels from its top left corner. `size` (width, height)
    is what the file takes the image to measure.
    """

    file: str
    row: int | None = None
    marks: tuple[Mark, ...] = ()
    sha256: str = ""
    size: tuple[float, float] | None = None
    relative: bool = False
    whole: bool = True
    model: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something left out or chosen, told once with how often: "crowd regions were left out"."""

    what: str


Piece: TypeAlias = Found | RowRefused | Note
"""A RowRefused that names a file keeps that image out whole: labels that miss one are wrong."""


class Files(Protocol):
    """One file, a folder or a zip. `names` are paths inside it, with slashes; each may be opened again and again."""

    name: str

    def names(self) -> Iterable[str]: ...

    def open(self, name: str) -> BufferedIOBase: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of a file: predictions or labels, for boxes or for one label an image.

    `reference` is the COCO file whose images and categories a COCO results file speaks of.
    """

    predictions: bool
    boxes: bool
    sort: Sort
    reference: Files | None = None


MOST_SMALL_BYTES = 1024 * 1024
"""What a file about one image may measure; a thousand boxes take a fifth of it."""


def read_small(files: Files, name: str) -> str:
    """The text of a file about one image or of a list of classes. Raises FileUnreadable."""
    with files.open(name) as stream:
        data = stream.read(MOST_SMALL_BYTES + 1)
    if len(data) > MOST_SMALL_BYTES:
        raise FileUnreadable(f"{name} is larger than {MOST_SMALL_BYTES // 2**20} MB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileUnreadable(f"{name} is not UTF-8 text: save it as UTF-8.") from None


def number(given: Any) -> float:
    """The number, finite or not. Raises ValueError for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError(f"{given!r:.40} is not a number")
    try:
        return float(given)
    except OverflowError:
        return float("inf")
    except ValueError:
        raise ValueError(f"{given!r:.40} is not a number") from None
