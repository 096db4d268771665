"""Wilson's interval against published and independently computed values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.domain.intervals import wilson


def test_it_matches_newcombe_1998():
    # Newcombe 1998, table I, method 3: 81 of 263 and 15 of 148; 0 of 20; 1 of 29.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_it_has_nothing_to_say_of_nothing():
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("hits", "count"), [(-1, 3), (4, 3)])
def test_it_refuses_what_cannot_be_counted(hits, count):
    with pytest.raises(ValueError, match="hits must be from 0"):
        wilson(hits, count)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_holds_the_share_and_mirrors(pair):
    hits, count = pair
    low, high = wilson(hits, count)
    assert 0 <= low <= hits / count <= high <= 1
    assert wilson(count - hits, count) == pytest.approx((1 - high, 1 - low))
