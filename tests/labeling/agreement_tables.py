"""Published tables of answers, small enough to be read, each with where it was printed."""

from collections.abc import Iterable, Sequence

from labeling.domain.agreement import Answers, tabulate

Row = tuple[str, str, str]


def by_item(lines: Iterable[Sequence[str]]) -> list[Row]:
    """One line an item, one place an annotator, `.` where there is no answer."""
    return [
        (f"item {number}", f"annotator {place}", label)
        for number, line in enumerate(lines)
        for place, label in enumerate(line)
        if label != "."
    ]


def contingency(table: Sequence[Sequence[int]], labels: Sequence[str]) -> list[Row]:
    """What two annotators said of how many items: table[said by the first][said by the second]."""
    pairs = [
        (first, second)
        for first, counts in zip(labels, table, strict=True)
        for second, count in zip(labels, counts, strict=True)
        for _ in range(count)
    ]
    return by_item(pairs)


def answers(rows: Iterable[Row], labels: Iterable[str]) -> Answers:
    return tabulate(rows, list(labels))


# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", example D; Gwet 2014, table 2.10: four observers.
FOUR_OBSERVERS = by_item(
    ["11.1", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", ".555", "..11", "..3."]
)

# Fleiss 1971, "Measuring nominal scale agreement among many raters", table 1: 30 patients, 6 psychiatrists each.
_DIAGNOSES = (
    "444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445 "
    "333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"
)
PSYCHIATRISTS = by_item(_DIAGNOSES.split())

# Gwet 2014, table 2.1: two abstractors, 100 pregnancies, ectopic, abnormal or normal intrauterine.
PREGNANCIES = contingency([[13, 0, 0], [0, 20, 7], [0, 4, 56]], ["ectopic", "abnormal", "normal"])

# Dawid and Skene 1979, table 1: 45 patients; the first anaesthetist judged each three times.
_JUDGED = (
    "111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3|222 2 2 2 3|"
    "232 2 2 2 3|444 4 4 4 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1|111 1 1 1 1|111 1 1 1 1|"
    "222 2 2 2 1|222 1 3 2 2|222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2|111 1 1 1 1|111 1 1 1 1|232 2 2 2 2|"
    "111 1 1 1 1|111 1 1 1 1|112 1 1 2 1|111 1 1 1 1|333 3 2 3 3|111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3|"
    "221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1|111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2"
)
ANAESTHETISTS: list[Row] = [
    (f"patient {number}", f"observer {place}", label)
    for number, line in enumerate(_JUDGED.split("|"), start=1)
    for place, said in enumerate(line.split(), start=1)
    for label in said
]
