"""Splits: nothing straddles, nothing moves, order does not matter."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.groups import NEAR_BITS, Together, burst_of, near_any, near_duplicates
from feedback.domain.splits import Item, over_share, plan
from labeling.enums import Split

START = datetime(2026, 5, 4, 12, tzinfo=UTC)
LABELS = ("in_stock", "low_stock", "out_of_stock")
SIGNED = st.integers(-(2**63), 2**63 - 1)


def name(number):
    return f"{number:064x}"


@st.composite
def items(draw, asked=False, frozen=True, most=60):
    """Images of a few cameras over a few minutes, some grouped by hand, some alike, some frozen before."""
    count = draw(st.integers(0, most))
    alike = draw(st.lists(SIGNED, min_size=1, max_size=8))
    splits = st.sampled_from([None, None, None, *Split])
    return [
        Item(
            sha256=name(number),
            labels=(draw(st.sampled_from(LABELS)),),
            source=draw(st.sampled_from([None, "north", "south"])),
            taken_at=START + timedelta(seconds=draw(st.integers(0, 3600))),
            group=draw(st.sampled_from(["", "", "", "burst-1", "burst-2"])),
            difference_hash=draw(st.one_of(st.none(), SIGNED, st.sampled_from(alike))),
            look=draw(st.sampled_from(["", "", "", "shelf", "door"])),
            asked=draw(splits) if asked else None,
            frozen=draw(splits) if frozen else None,
            synthetic=draw(st.sampled_from([False, False, False, True])),
        )
        for number in range(count)
    ]


def tied(one, other):
    """Whether two images must stay together, by the definition alone."""
    bits = (
        one.difference_hash is not None
        and other.difference_hash is not None
        and ((one.difference_hash ^ other.difference_hash) & (2**64 - 1)).bit_count() <= NEAR_BITS
    )
    same_burst = burst_of(one.source, one.taken_at) == burst_of(other.source, other.taken_at) is not None
    return bits or same_burst or (one.group == other.group != "") or (one.look == other.look != "")


@given(items(frozen=False))
def test_no_group_straddles(given_items):
    given_items = [Item(**{**fields(item), "synthetic": False}) for item in given_items]
    made = plan(given_items)
    assert made.left_out == []
    for one in given_items:
        for other in given_items:
            if tied(one, other):
                assert made.splits[one.sha256] == made.splits[other.sha256]


def leaks(made, given_items):
    """Every two images that must stay together and lie in two splits, by the definition alone."""
    inside = [item for item in given_items if item.sha256 in made.splits]
    return [
        (one.sha256, other.sha256)
        for one in inside
        for other in inside
        if made.splits[one.sha256] != made.splits[other.sha256] and tied(one, other)
    ]


@given(items(asked=True))
def test_nothing_leaks_and_what_was_placed_stays_or_is_left_out_but_never_from_test(given_items):
    made = plan(given_items)
    assert leaks(made, given_items) == []
    assert set(made.splits) | set(made.left_out) == {item.sha256 for item in given_items}
    assert not set(made.splits) & set(made.left_out)
    for item in given_items:
        if item.synthetic and not item.frozen:
            assert made.splits.get(item.sha256, Split.TRAIN) == Split.TRAIN
        elif where := item.frozen or item.asked:
            assert made.splits.get(item.sha256, where) == where
            assert item.sha256 in made.splits or where != Split.TEST


def crowd(count=400):
    """Pictures of a few scenes, one bit apart, some of them asked for by an import."""
    return [
        Item(
            sha256=name(number),
            labels=(LABELS[number % 3],),
            difference_hash=(number % 40) * 0x0123_4567_89AB_CDEF % 2**62 ^ 1 << number % 5,
            asked=[None, Split.TEST, Split.TRAIN, None][number // 40 % 4],
        )
        for number in range(count)
    ]


def test_synthetic_images_train_or_are_left_out_and_nothing_follows_them():
    real, copy = (
        Item(sha256=name(0), group="a", asked=Split.TEST),
        Item(sha256=name(1), group="a", synthetic=True),
    )
    free = [Item(sha256=name(10 + n), synthetic=True, asked=Split.TEST) for n in range(5)]
    made = plan([real, copy, *free])
    assert (made.splits[name(0)], made.left_out) == (Split.TEST, [name(1)])
    assert {made.splits[item.sha256] for item in free} == {Split.TRAIN}
    alone = plan(apart(100)).splits
    assert alone.items() <= plan([*apart(100), *apart(100, start=500, synthetic=True)]).splits.items()


def test_too_many_synthetic_images_leave_the_same_ones_each_time():
    given_items = [*apart(60), *apart(100, start=500, synthetic=True)]
    every = {item.sha256 for item in given_items}
    gone = over_share(given_items, every, 0.25)
    assert len(gone) == 80
    assert gone < over_share(given_items, every - {name(n) for n in range(30)}, 0.25)
    assert len(over_share(given_items, every, 0)) == 100
    assert over_share(given_items, every, 0.9) == set()


def test_what_looks_like_a_test_image_to_a_model_is_left_out_of_training():
    tested, wished, other = apart(3)
    placed = [
        Item(**{**fields(tested), "look": "shelf", "frozen": Split.TEST}),
        Item(**{**fields(wished), "look": "shelf", "asked": Split.TRAIN}),
        Item(**{**fields(other), "look": "door", "asked": Split.TRAIN}),
    ]
    made = plan(placed)
    assert (made.splits, made.left_out) == ({name(0): Split.TEST, name(2): Split.TRAIN}, [name(1)])


def test_without_looking_at_near_duplicates_it_would_leak(monkeypatch):
    assert leaks(plan(crowd()), crowd()) == []
    monkeypatch.setattr("feedback.domain.splits.near_any", lambda hashes, marked: list(marked))
    assert leaks(plan(crowd()), crowd())
    monkeypatch.setattr("feedback.domain.groups.near_duplicates", lambda hashes: [])
    assert leaks(plan(crowd()), crowd())


@given(items(asked=True), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(given_items, chance):
    shuffled = list(given_items)
    chance.shuffle(shuffled)
    assert plan(shuffled) == plan(given_items)


@given(items(frozen=False), items(frozen=False, most=20))
def test_a_later_freeze_keeps_every_split_and_the_test_split_never_shrinks(first, later):
    before = plan(first)
    known = [Item(**{**fields(item), "frozen": before.splits.get(item.sha256)}) for item in first]
    more = [Item(**{**fields(item), "sha256": name(1000 + n)}) for n, item in enumerate(later)]
    after = plan([*known, *more])
    assert {sha256: after.splits[sha256] for sha256 in before.splits} == before.splits


def fields(item):
    return {slot: getattr(item, slot) for slot in Item.__slots__}


def apart(count, labels=LABELS, start=0, **more):
    """Images that resemble nothing and belong to no burst, labels by turns."""
    return [Item(sha256=name(start + n), labels=(labels[n % len(labels)],), **more) for n in range(count)]


def test_each_split_gets_about_its_share_of_each_label():
    given_items = apart(3000)
    counts = Counter((item.labels[0], split) for item, split in placed_in(given_items))
    for label in LABELS:
        assert abs(counts[label, Split.TEST] - 150) <= 1
        assert abs(counts[label, Split.VAL] - 150) <= 1


def placed_in(given_items, **shares):
    made = plan(given_items, **shares)
    return [(item, made.splits[item.sha256]) for item in given_items]


@pytest.mark.parametrize("count", [9, 12, 15, 30])
def test_a_small_set_still_holds_out_something_of_each_label(count):
    found = {(item.labels[0], split) for item, split in placed_in(apart(count))}
    assert found == {(label, split) for label in LABELS for split in Split}


def test_the_only_image_of_a_label_is_trained_on():
    alone = Item(sha256=name(999), labels=("blocked",))
    assert plan([*apart(30), alone]).splits[alone.sha256] == Split.TRAIN


def test_many_small_freezes_hold_out_their_share_between_them():
    known = []
    for freeze in range(200):
        fresh = apart(3, start=1000 * freeze)
        made = plan([*known, *fresh])
        known += [Item(**{**fields(item), "frozen": made.splits[item.sha256]}) for item in fresh]
    counts = Counter(item.frozen for item in known)
    assert 60 <= counts[Split.TEST] <= 120
    assert 60 <= counts[Split.VAL] <= 120


def test_a_share_of_nothing_holds_out_nothing():
    splits = {split for _, split in placed_in(apart(100), test_share=0, val_share=0)}
    assert splits == {Split.TRAIN}


def test_a_long_burst_does_not_go_to_test_for_the_sake_of_a_few():
    burst = [Item(sha256=name(n), labels=("low_stock",), source="north", taken_at=START) for n in range(100)]
    assert set(plan(burst).splits.values()) == {Split.TRAIN}


def test_new_images_follow_the_frozen_one_they_resemble():
    frozen = Item(sha256=name(1), difference_hash=0b1111, frozen=Split.TEST)
    alike = Item(sha256=name(2), labels=("low_stock",), difference_hash=0b1000)
    assert plan([frozen, alike]).splits[alike.sha256] == Split.TEST


def test_what_ties_test_to_train_is_left_out():
    tested = Item(sha256=name(1), group="g", frozen=Split.TEST)
    trained = Item(sha256=name(2), group="g", frozen=Split.TRAIN)
    new = Item(sha256=name(3), group="g")
    made = plan([tested, trained, new])
    assert (made.left_out, made.torn) == ([trained.sha256, new.sha256], 1)
    assert made.splits == {tested.sha256: Split.TEST}


def test_an_import_s_wish_to_train_on_what_resembles_a_test_image_is_refused():
    tested = Item(sha256=name(1), difference_hash=0b1111, frozen=Split.TEST)
    wished = Item(sha256=name(2), difference_hash=0b1000, asked=Split.TRAIN)
    apart_from_it = Item(sha256=name(3), difference_hash=~0b1111, asked=Split.TRAIN)
    made = plan([tested, wished, apart_from_it])
    assert (made.left_out, made.torn) == ([wished.sha256], 1)
    assert made.splits == {tested.sha256: Split.TEST, apart_from_it.sha256: Split.TRAIN}


def test_of_a_chain_only_what_is_itself_like_a_test_image_is_left_out():
    chain = [(0, Split.TEST), (0b11_1111, Split.TRAIN), (0b1111_1111_1111, Split.TRAIN)]
    made = plan(
        [Item(sha256=name(n), difference_hash=bits, asked=split) for n, (bits, split) in enumerate(chain)]
    )
    assert made.splits == {name(0): Split.TEST, name(2): Split.TRAIN}


def test_an_import_s_wish_is_granted_unless_it_was_frozen_elsewhere():
    wished = Item(sha256=name(1), asked=Split.TEST)
    moved = Item(sha256=name(2), asked=Split.TEST, frozen=Split.TRAIN)
    assert plan([wished, moved]).splits == {wished.sha256: Split.TEST, moved.sha256: Split.TRAIN}


@pytest.mark.parametrize("shares", [{"test_share": -0.1}, {"val_share": 0.5, "test_share": 0.5}])
def test_shares_out_of_range_are_refused(shares):
    with pytest.raises(ValueError, match="share"):
        plan([], **shares)


def test_an_image_that_comes_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        plan([*apart(1), *apart(1)])


@given(st.lists(st.one_of(st.none(), SIGNED), max_size=40), SIGNED, st.sets(st.integers(0, 63), max_size=9))
def test_near_duplicates_are_linked_exactly(hashes, value, flipped):
    other = value ^ sum(1 << bit for bit in flipped)
    given_hashes = [*hashes, value, other - 2**64 if other >= 2**63 else other]
    together = Together(len(given_hashes))
    for one, two in near_duplicates(given_hashes):
        together.join(one, two)
    by_force = Together(len(given_hashes))
    for one, a in enumerate(given_hashes):
        for two, b in enumerate(given_hashes):
            if a is not None and b is not None and ((a ^ b) & (2**64 - 1)).bit_count() <= NEAR_BITS:
                by_force.join(one, two)
    numbers = range(len(given_hashes))
    assert [together.find(n) for n in numbers] == [by_force.find(n) for n in numbers]
    marked = [n % 3 == 0 for n in numbers]
    assert near_any(given_hashes, marked) == [
        marked[one]
        or any(
            marked[other]
            and a is not None
            and b is not None
            and ((a ^ b) & (2**64 - 1)).bit_count() <= NEAR_BITS
            for other, b in enumerate(given_hashes)
        )
        for one, a in enumerate(given_hashes)
    ]
