"""A CSV file of answers: columns item, annotator, label, one row an answer, oldest first."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from labeling.domain.agreement.answers import Answers, tabulate
from labeling.domain.agreement.distances import NUMERIC, Level, Weights, numbers

COLUMNS = ("item", "annotator", "label")
MOST_LABELS = 500


class FileRefused(ValueError):
    """What is wrong, in which line, and what would be right: one line of text."""


def read_answers(
    lines: Iterable[str],
    *,
    labels: Sequence[str] = (),
    level: Level = Level.NOMINAL,
    weights: Weights = Weights.IDENTITY,
) -> Answers:
    """The file as a table. Other columns are ignored.

    `labels` declares the labels in their order; without it they are those that occur, by number where all are
    numbers, else by name. Where numbers are compared as such, 1 and 1.0 are one label, under its shortest name; as
    names they are two. Raises FileRefused.
    """
    rows = list(_rows(lines, frozenset(labels)))
    occurring = {row[2] for row in rows}
    if not labels and (level != Level.NOMINAL or weights != Weights.IDENTITY):
        if _are_numbers(occurring):
            one_name = _by_number(occurring)
            rows = [(item, annotator, one_name[label]) for item, annotator, label in rows]
            occurring = set(one_name.values())
        elif level not in NUMERIC:
            asked = "--level ordinal" if level == Level.ORDINAL else f"--weights {weights}"
            raise FileRefused(
                f"{asked} needs the labels' order: name them from lowest to highest with --labels."
            )
    declared = list(labels) or _sorted(occurring)
    if len(declared) > MOST_LABELS:
        raise FileRefused(
            f"there are {len(declared)} different labels; at most {MOST_LABELS} can be compared."
        )
    if level in NUMERIC:
        try:
            numbers(level, declared)
        except ValueError as error:
            raise FileRefused(str(error)) from None
    return tabulate(rows, declared)


def declared_labels(text: str) -> list[str]:
    """`a,b,c` as labels, in that order; one that holds a comma stands in double quotes. Raises FileRefused."""
    try:
        names = [name.strip() for row in csv.reader([text], strict=True) for name in row]
    except csv.Error as error:
        raise FileRefused(f"--labels: {error}.") from None
    if not names or "" in names:
        raise FileRefused("--labels must name every label, like --labels low,middle,high.")
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise FileRefused(f"--labels names {twice[0]!r} twice.")
    return names


def _rows(lines: Iterable[str], known: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        if any(header.count(name) != 1 for name in COLUMNS):
            raise FileRefused(
                f"the first line must name the columns {', '.join(COLUMNS)}, once each; it reads "
                f"{', '.join(header)[:80] or 'nothing'}."
            )
        places = [header.index(name) for name in COLUMNS]
        for row in reader:
            if not row:
                continue
            try:
                item, annotator, label = (row[place].strip() for place in places)
            except IndexError:
                raise FileRefused(
                    f"line {reader.line_num} has {len(row)} columns, not {len(header)}."
                ) from None
            if not (item and annotator and label):
                empty = COLUMNS[[item, annotator, label].index("")]
                raise FileRefused(
                    f"line {reader.line_num} has no {empty}; an answer not given is a row left out."
                )
            if known and label not in known:
                raise FileRefused(f"line {reader.line_num}: label {label[:80]!r} is not one of --labels.")
            yield item, annotator, label
    except csv.Error as error:
        raise FileRefused(f"line {reader.line_num}: {error}.") from None
    except UnicodeDecodeError:
        raise FileRefused(f"after line {reader.line_num}: the text is not UTF-8.") from None


def _are_numbers(labels: Iterable[str]) -> bool:
    try:
        numbers(Level.INTERVAL, list(labels))
    except ValueError:
        return False
    return True


def _by_number(labels: Iterable[str]) -> dict[str, str]:
    """For each label the shortest that is the same number."""
    shortest: dict[float, str] = {}
    for label in sorted(labels, key=lambda label: (len(label), label)):
        shortest.setdefault(float(label), label)
    return {label: shortest[float(label)] for label in labels}


def _sorted(labels: set[str]) -> list[str]:
    return sorted(labels, key=lambda label: (float(label), label)) if _are_numbers(labels) else sorted(labels)
