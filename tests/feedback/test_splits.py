"""Splits: nothing straddles, nothing moves, order does not matter."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.groups import NEAR_BITS, Together, burst_of, near_duplicates
from feedback.domain.splits import Item, plan
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
            asked=draw(splits) if asked else None,
            frozen=draw(splits) if frozen else None,
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
    return bits or same_burst or (one.group == other.group != "")


@given(items(frozen=False))
def test_no_group_straddles(given_items):
    made = plan(given_items)
    assert made.left_out == []
    for one in given_items:
        for other in given_items:
            if tied(one, other):
                assert made.splits[one.sha256] == made.splits[other.sha256]


@given(items(asked=True))
def test_what_was_frozen_never_moves_and_nothing_new_ties_test_to_another_split(given_items):
    made = plan(given_items)
    placed = {item.sha256: item.frozen or item.asked for item in given_items}
    for item in given_items:
        if item.frozen:
            assert made.splits[item.sha256] == item.frozen
        elif item.asked:
            assert made.splits[item.sha256] == item.asked
    for one in given_items:
        for other in given_items:
            if tied(one, other) and not (placed[one.sha256] and placed[other.sha256]):
                found = {made.splits.get(one.sha256), made.splits.get(other.sha256)} - {None}
                assert len(found) < 2 or Split.TEST not in found
    assert set(made.splits) | set(made.left_out) == set(placed)
    assert not set(made.splits) & set(made.left_out)


@given(items(asked=True), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(given_items, chance):
    shuffled = list(given_items)
    chance.shuffle(shuffled)
    assert plan(shuffled) == plan(given_items)


@given(items(frozen=False), items(frozen=False, most=20))
def test_a_later_freeze_keeps_every_split_and_the_test_split_never_shrinks(first, later):
    before = plan(first)
    known = [Item(**{**fields(item), "frozen": before.splits[item.sha256]}) for item in first]
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
    assert (made.left_out, made.torn) == ([new.sha256], 1)
    assert made.splits == {tested.sha256: Split.TEST, trained.sha256: Split.TRAIN}


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
