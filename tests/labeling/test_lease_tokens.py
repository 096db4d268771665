"""The token of a lease names its slot to us alone."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.queries.lease_tokens import slot_number, token_of


@given(st.integers(min_value=0, max_value=2**58 - 1))
def test_a_token_names_its_slot(number):
    token = token_of(number, "s")
    assert slot_number(token) == number
    assert len(token) == 20


def test_neighbours_do_not_look_like_it():
    numbers = [int(token_of(number, "s").partition(".")[0]) for number in range(1000)]
    assert len(set(numbers)) == 1000
    rising = sum(one < other for one, other in pairwise(numbers))
    assert 400 < rising < 600
    assert max(numbers) - min(numbers) > 2**57


@pytest.mark.parametrize(
    "token", ["", ".", "12", "12.", "x.s", "-1.s", "٣.s", "9" * 19 + ".s", "9" * 18 + ".s"]
)
def test_anything_else_names_none(token):
    assert slot_number(token) is None
