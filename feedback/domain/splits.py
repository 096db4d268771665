"""Which split each image of a dataset belongs to, so that nothing that was tested on is ever learned from."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from feedback.domain.groups import burst_of, kept_together, near_any
from labeling.enums import Split

HELD_OUT = (Split.TEST, Split.VAL)
DEFAULT_SHARE = 0.15
SYNTHETIC_SHARE = 0.5
"""At most this share of what is trained on was made by a program, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Item:
    """An image to place. `frozen`: where an earlier dataset put it; `asked`: where its import wanted it.

    `labels` are the keys its value names; `difference_hash` is 64-bit; `look` is one name for all that a model sees as
    nearly the same; a `synthetic` one was made to be learned from. Nothing here depends on the machine: the same images
    with the same values fall into the same splits anywhere.
    """

    sha256: str
    labels: tuple[str, ...] = ()
    source: str | None = None
    taken_at: datetime | None = None
    group: str = ""
    difference_hash: int | None = None
    look: str = ""
    asked: Split | None = None
    frozen: Split | None = None
    synthetic: bool = False


@dataclass
class Plan:
    """`splits` by sha256, for those placed; `left_out`: too like an image of a split held out more.

    `torn` counts the groups that an import or an earlier freeze had put into more than one split.
    """

    splits: dict[str, Split] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    groups: int = 0
    torn: int = 0


def plan(
    items: Sequence[Item], *, val_share: float = DEFAULT_SHARE, test_share: float = DEFAULT_SHARE
) -> Plan:
    """Place every item; the order of `items` does not matter.

    A frozen item stays; else one that was asked for somewhere goes there; the rest of a group follows what is
    placed, or trains where that lies apart; a group with nothing placed goes where its labels are short. The shares,
    0..1 and together below 1, are of the images not placed yet, label by label. Of two images that are alike and
    would lie apart, the one less held out is left out: test stays whole, and nothing like it is ever learned from.
    A synthetic item is never held out, whatever was asked for: it trains, or is left out where it belongs with one that
    is held out, and nothing follows it.
    Raises ValueError for shares out of their range and for an image that comes twice.
    """
    if not (val_share >= 0 and test_share >= 0 and val_share + test_share < 1):
        raise ValueError("val_share and test_share must be 0 or more and together below 1.")
    items = sorted(items, key=lambda item: item.sha256)
    if len({item.sha256 for item in items}) < len(items):
        raise ValueError("an image comes twice")
    made = Plan()
    fresh = []
    groups = _groups(items)
    for together in groups:
        made.groups += 1
        group = [item for item in together if item.frozen or not item.synthetic]
        placed = {item.sha256: split for item in group if (split := item.frozen or item.asked)}
        where = set(placed.values())
        made.torn += len(where) > 1
        if not group:
            continue
        if not where:
            fresh.append(group)
        elif len(where) == 1:
            made.splits |= dict.fromkeys((item.sha256 for item in group), where.pop())
        else:
            wanted = {item.sha256: placed.get(item.sha256, Split.TRAIN) for item in group}
            exposed = _exposed(group, wanted)
            made.splits |= {sha256: split for sha256, split in wanted.items() if sha256 not in exposed}
            made.left_out += [item.sha256 for item in group if item.sha256 in exposed]
    shares = {Split.TEST: test_share, Split.VAL: val_share}
    _place(fresh, items, made, shares)
    _add_synthetic(groups, made)
    return made


def over_share(items: Sequence[Item], train: Collection[str], share: float) -> set[str]:
    """The hashes of the synthetic items that must go, so that at most `share`, 0 to below 1, of training is synthetic.

    `train` are the hashes of all that would be learned from. Those that stay do so when there are more real ones.
    """
    made = sorted((item.sha256 for item in items if item.synthetic and item.sha256 in train), key=_number)
    real = len(train) - len(made)
    # A share that comes out whole must not be rounded down by the last bit.
    return set(made[int(real * share / (1 - share) + 1e-9) :])


def _add_synthetic(groups: Sequence[Sequence[Item]], made: Plan) -> None:
    """Have the synthetic items of each group train, unless one of the group is held out."""
    for group in groups:
        fresh = [item.sha256 for item in group if item.synthetic and not item.frozen]
        if any(made.splits.get(item.sha256) in HELD_OUT for item in group):
            made.left_out += fresh
        else:
            made.splits |= dict.fromkeys(fresh, Split.TRAIN)


def tied(items: Sequence[Item]) -> list[int]:
    """Which set each item is of that must not be torn, a number that its whole set shares."""
    return kept_together(
        [burst_of(item.source, item.taken_at) for item in items],
        [item.group or None for item in items],
        [item.difference_hash for item in items],
        [item.look or None for item in items],
    )


def _groups(items: Sequence[Item]) -> list[list[Item]]:
    """The groups that must not be torn, each and all in order of sha256."""
    groups: dict[int, list[Item]] = defaultdict(list)
    for item, number in zip(items, tied(items), strict=True):
        groups[number].append(item)
    return list(groups.values())


def _exposed(group: Sequence[Item], wanted: dict[str, Split]) -> set[str]:
    """Of a torn group, the images that are themselves like one held out, wanted in a split less so."""
    exposed: set[str] = set()
    for place, split in enumerate(HELD_OUT):
        held_out = [wanted[item.sha256] == split and item.sha256 not in exposed for item in group]
        exposed |= {
            item.sha256
            for item, is_like in zip(group, _like(group, held_out), strict=True)
            if is_like and wanted[item.sha256] not in HELD_OUT[: place + 1]
        }
    return exposed


def _like(group: Sequence[Item], marked: Sequence[bool]) -> list[bool]:
    """Whether each image is of the same burst, group or look as a marked one, or nearly the same picture."""
    found = near_any([item.difference_hash for item in group], marked)
    bursts = [burst_of(item.source, item.taken_at) for item in group]
    for keys in (bursts, [item.group for item in group], [item.look for item in group]):
        among = {key for key, is_marked in zip(keys, marked, strict=True) if is_marked and key}
        found = [before or key in among for before, key in zip(found, keys, strict=True)]
    return found


def _place(fresh: list[list[Item]], items: Sequence[Item], made: Plan, shares: dict[Split, float]) -> None:
    """Give each held-out split its share of the fresh groups; what is left is for training."""
    fresh.sort(key=lambda group: _number(*(item.sha256 for item in group)))
    counts = Counter(label for group in fresh for label in _strata(group))
    wanted = {
        split: {
            label: _rounded(count * shares[split], split, label, fresh) for label, count in counts.items()
        }
        for split in HELD_OUT
    }
    chosen: dict[int, Split] = {}
    for number, group in enumerate(fresh):
        for split in HELD_OUT:
            need, has = wanted[split], Counter(_strata(group))
            useful = sum(min(count, need[label]) for label, count in has.items())
            # More of it wanted than not: a whole burst does not go to test for the sake of one image.
            if useful * 2 > sum(has.values()):
                chosen[number] = split
                for label, count in has.items():
                    need[label] = max(0, need[label] - count)
                break
    _see_to_each_label(fresh, items, made, shares, chosen)
    for number, group in enumerate(fresh):
        made.splits |= {item.sha256: chosen.get(number, Split.TRAIN) for item in group}


def _see_to_each_label(
    fresh: list[list[Item]],
    items: Sequence[Item],
    made: Plan,
    shares: dict[Split, float],
    chosen: dict[int, Split],
) -> None:
    """Where a held-out split has nothing of a label yet, give it the smallest group training can spare."""
    have: dict[Split, Counter[str]] = {split: Counter() for split in Split}
    for item in items:
        if item.sha256 in made.splits:
            have[made.splits[item.sha256]].update(_strata([item]))
    for number, group in enumerate(fresh):
        have[chosen.get(number, Split.TRAIN)].update(_strata(group))
    by_size = sorted(range(len(fresh)), key=lambda number: (len(fresh[number]), number))
    for split in HELD_OUT:
        for label in sorted({label for group in fresh for label in _strata(group)}):
            if not shares[split] or have[split][label]:
                continue
            for number in by_size:
                has = Counter(_strata(fresh[number]))
                spared = all(have[Split.TRAIN][other] > count for other, count in has.items())
                if number not in chosen and label in has and spared:
                    chosen[number] = split
                    have[Split.TRAIN].subtract(has)
                    have[split].update(has)
                    break


def _strata(group: Sequence[Item]) -> list[str]:
    """The labels of a group's images, one for each image and label; "" for an image with nothing in it."""
    return [label for item in group for label in (sorted(set(item.labels)) or [""])]


def _rounded(exact: float, split: Split, label: str, fresh: list[list[Item]]) -> int:
    """`exact` rounded up or down by chance, the same chance for the same images: many small freezes, each of a
    few images, still hold out their share between them."""
    names = (item.sha256 for group in fresh for item in group)
    return int(exact + _number(split, label, *names))


def _number(*parts: str) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53
