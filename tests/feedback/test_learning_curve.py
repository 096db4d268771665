"""The learning curve: recovered from its own points, its interval held against many worlds."""

import numpy as np
import pytest

from feedback.domain.learning_curve import Point, TooFewPoints, fit, lacking

SIZES = (100, 200, 400, 800, 1600)


def error(size, a=2.0, b=0.4):
    return a * size**-b


def points(totals=1_000_000, sizes=SIZES):
    return [Point(size, round(totals * (1 - error(size))), totals) for size in sizes]


def test_it_recovers_a_known_curve():
    curve = fit(points())
    assert np.exp(curve.log_a) == pytest.approx(2.0, rel=0.01)
    assert curve.b == pytest.approx(0.4, abs=0.002)
    found = curve.gain(400)
    assert found.gain == pytest.approx(error(1600) - error(2000), rel=0.02)
    assert found.low <= found.gain <= found.high
    assert found.high - found.low < 0.001


def test_its_weights_trust_the_model_measured_on_more_images():
    misled = [*points(), Point(6400, 5, 10)]
    assert fit(misled).b == pytest.approx(0.4, abs=0.01)


def test_its_interval_covers_what_is_true_in_most_worlds():
    generator = np.random.default_rng(7)
    true = error(1600) - error(2400)
    covered = 0
    for world in range(300):
        drawn = [Point(n, 400 - int(generator.binomial(400, error(n))), 400) for n in SIZES]
        found = fit(drawn, seed=world).gain(800)
        covered += found.low <= true <= found.high
    assert 0.92 <= covered / 300 <= 1.0


def test_its_interval_widens_where_the_points_do_not_lie_on_a_curve():
    scattered = [
        Point(point.size, point.right + (30_000 if i % 2 else -30_000), point.total)
        for i, point in enumerate(points())
    ]
    even, uneven = fit(points()).gain(400), fit(scattered).gain(400)
    assert uneven.high - uneven.low > 10 * (even.high - even.low)


def test_the_same_seed_gives_the_same_interval():
    assert fit(points(300), seed=3).gain(300) == fit(points(300), seed=3).gain(300)


@pytest.mark.parametrize("sizes", [(), (100,), (100, 400), (100, 400, 400)])
def test_it_refuses_fewer_than_three_sizes(sizes):
    with pytest.raises(TooFewPoints, match=r"3 different numbers of examples"):
        fit(points(sizes=sizes))


def test_it_refuses_sizes_that_lie_close_together():
    assert "range from 100 to 199" in lacking(points(sizes=(100, 150, 199)))
    assert lacking(points(sizes=(100, 150, 200))) is None


@pytest.mark.parametrize("right", [0, 1, 250, 499, 500])
def test_it_never_promises_more_than_all_right(right):
    curve = fit([Point(size, right, 500) for size in SIZES])
    for size in (1, 100, 10**9):
        assert 0 <= curve.accuracy(size) <= 1
    found = curve.gain(10**9)
    assert -1 <= found.low <= found.gain <= found.high
    assert curve.accuracy(curve.largest) + found.high <= 1


def test_it_says_so_where_more_examples_made_it_worse():
    worse = [Point(size, 900 - size // 4, 1000) for size in SIZES]
    assert fit(worse).gain(500).gain < 0


def test_it_refuses_a_point_that_cannot_be():
    with pytest.raises(ValueError, match="no point"):
        fit([Point(100, 11, 10), *points()])
