"""Which truth about an image takes the place of which."""

from itertools import product

import pytest

from labeling.domain.resolving import replaces
from labeling.enums import ResolvedBy as By

FULL, BLOCKED = {"label": "full"}, {"label": "blocked"}
ORDER = [By.IMPORTED, By.ONE_ANSWER, By.CONSENSUS, By.ADJUDICATION]


@pytest.mark.parametrize(("by", "old_by"), list(product(ORDER, ORDER)))
def test_people_outrank_imports_and_several_outrank_one(by, old_by):
    said = replaces(by=by, value=FULL, old_by=old_by, old_value=BLOCKED)
    assert said == (ORDER.index(by) >= ORDER.index(old_by))


@pytest.mark.parametrize(
    ("by", "value", "old_by", "old_value", "expected"),
    [
        (By.ONE_ANSWER, None, By.IMPORTED, FULL, False),
        (By.IMPORTED, FULL, By.ONE_ANSWER, None, True),
        (By.IMPORTED, FULL, By.CONSENSUS, None, False),
        (By.CONSENSUS, None, By.ONE_ANSWER, FULL, True),
        (By.ONE_ANSWER, None, By.ONE_ANSWER, FULL, False),
        (By.ONE_ANSWER, None, By.ONE_ANSWER, None, True),
    ],
)
def test_what_one_person_could_not_tell_gives_way_to_an_import(by, value, old_by, old_value, expected):
    assert replaces(by=by, value=value, old_by=old_by, old_value=old_value) is expected
