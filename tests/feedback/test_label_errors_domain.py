"""Finding label errors, without a database: the formulas, what keeps groups apart, and the whole search on pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain import appearance, confident, likeness, out_of_sample
from feedback.domain.disagreeing import near_but_unlike
from feedback.domain.label_errors import NothingToCompare, look

GIVEN = np.array([0, 0, 0, 0, 1, 1, 1, 1])
TABLE = np.array(
    [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.5, 0.5], [0.1, 0.9], [0.3, 0.7], [0.7, 0.3], [0.45, 0.55]]
)
"""Thresholds by hand: 2.4 / 4 = 0.6 of the first label, 2.45 / 4 = 0.6125 of the second."""


def noisy(seed, count=300, labels=4, wrong=0.15):
    """Labels as given, some of them wrong, and probabilities [N, C] that know the true ones fairly well."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, labels, count)
    given_labels = np.where(random.random(count) < wrong, random.integers(0, labels, count), truth)
    logits = random.normal(0, 1, (count, labels))
    logits[np.arange(count), truth] += 2
    powers = np.exp(logits)
    return given_labels, powers / powers.sum(axis=1, keepdims=True)


def test_the_confident_joint_is_as_computed_by_hand():
    assert confident.thresholds(GIVEN, TABLE) == pytest.approx([0.6, 0.6125])
    assert confident.confident_labels(GIVEN, TABLE).tolist() == [0, 0, 1, -1, 1, 1, 0, -1]
    assert confident.confident_joint(GIVEN, TABLE).tolist() == [[2, 1], [1, 2]]
    # A third of four labels each.
    assert confident.estimated(GIVEN, TABLE) == pytest.approx(8 / 3)
    judged = confident.judged(GIVEN, TABLE)
    assert (judged.count, judged.order.tolist()[:3]) == (2, [2, 6, 3])
    assert judged.suggested[[2, 6]].tolist() == [1, 0]
    assert judged.given[[2, 6]] == pytest.approx([0.2, 0.3])


def test_a_label_that_nobody_gave_is_never_confident():
    probabilities = np.array([[0.6, 0.1, 0.3], [0.2, 0.2, 0.6]])
    assert confident.thresholds(np.array([0, 0]), probabilities)[2] == np.inf
    assert confident.confident_labels(np.array([0, 0]), probabilities).tolist() == [0, -1]


@pytest.mark.parametrize("seed", range(5))
def test_it_says_what_cleanlab_says(seed):
    count = pytest.importorskip("cleanlab.count")
    filters = pytest.importorskip("cleanlab.filter")
    labels, probabilities = noisy(seed)
    assert confident.thresholds(labels, probabilities) == pytest.approx(
        count.get_confident_thresholds(labels, probabilities)
    )
    theirs = filters.find_label_issues(labels, probabilities, filter_by="confident_learning", n_jobs=1)
    ours = confident.flagged(labels, probabilities)
    # Of several labels at their thresholds it takes the likeliest of all labels, reached or not; the paper, and we,
    # the likeliest of those reached.
    reached = probabilities >= confident.thresholds(labels, probabilities)
    likeliest = probabilities.argmax(axis=1)
    same_rule = reached[np.arange(len(labels)), likeliest] | (reached.sum(axis=1) < 2)
    assert ours.sum() > 10
    assert np.array_equal(ours[same_rule], theirs[same_rule])
    assert same_rule.mean() > 0.97
    if same_rule.all():
        ranked = filters.find_label_issues(
            labels,
            probabilities,
            filter_by="confident_learning",
            return_indices_ranked_by="self_confidence",
            n_jobs=1,
        )
        judged = confident.judged(labels, probabilities)
        assert judged.order[: judged.count].tolist() == ranked.tolist()
        assert confident.estimated(labels, probabilities) == pytest.approx(
            count.num_label_issues(labels, probabilities, estimation_method="off_diagonal_calibrated"), abs=1
        )


@given(
    groups=st.lists(st.integers(0, 12), min_size=20, max_size=80), seed=st.integers(0, 5), labels=st.randoms()
)
def test_a_group_is_in_one_fold(groups, seed, labels):
    given_labels = np.array([labels.randrange(3) for _ in groups])
    fold = out_of_sample.folds(given_labels, groups, seed)
    assert all(len({fold[i] for i, each in enumerate(groups) if each == group}) == 1 for group in set(groups))
    assert set(fold.tolist()) <= set(range(out_of_sample.FOLDS))


def test_every_fold_has_its_share_of_each_label():
    labels = np.repeat([0, 1, 2], [50, 30, 10])
    fold = out_of_sample.folds(labels, range(90))
    table = np.array([np.bincount(labels[fold == each], minlength=3) for each in range(out_of_sample.FOLDS)])
    assert table.max(axis=0).tolist() == table.min(axis=0).tolist() == [10, 6, 2]


def test_a_near_duplicate_does_not_vouch_for_the_same_wrong_label():
    # Labels are drawn by lot, two copies of each point have the same: whoever sees the copy knows the label.
    random = np.random.default_rng(1)
    points = np.repeat(random.normal(0, 1, (60, 100)), 2, axis=0)
    labels = np.repeat(random.integers(0, 3, 60), 2)
    groups = np.repeat(np.arange(60), 2).tolist()
    apart = out_of_sample.probabilities(points, labels, groups, 3)
    torn = out_of_sample.probabilities(points, labels, list(range(120)), 3)
    assert (apart.argmax(axis=1) == labels).mean() < 0.5
    assert (torn.argmax(axis=1) == labels).mean() > 0.8
    assert apart.sum(axis=1) == pytest.approx(1)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.integers(0, 63), max_size=5), st.integers(0, 2)),
        min_size=2,
        max_size=40,
    )
)
def test_near_duplicates_of_other_labels_are_found_exactly(drawn):
    centres = np.random.default_rng(0).integers(0, 2**63, 4).tolist()
    hashes = [centres[centre] ^ sum(1 << bit for bit in set(bits)) for centre, bits, _ in drawn]
    labels = [label for _, _, label in drawn]
    expected = {}
    for one, a in enumerate(hashes):
        apart = [(a ^ b).bit_count() for other, b in enumerate(hashes) if labels[other] != labels[one]]
        if apart and min(apart) <= 6:
            expected[one] = min(apart)
    found = near_but_unlike(hashes, labels)
    assert {each.number: each.bits for each in found} == expected
    assert all(labels[each.number] != labels[each.other] for each in found)
    assert [each.bits for each in found] == sorted(each.bits for each in found)


def test_an_image_without_a_hash_is_like_nothing():
    assert near_but_unlike([None, 5, None], ["a", "b", "c"]) == []
    assert [each.number for each in near_but_unlike([-1, None, -1], ["a", "b", "c"])] == [0, 2]


def plain(red, green, blue, size=16):
    return np.broadcast_to(np.array([red, green, blue], dtype=np.uint8)[:, None, None], (3, size, size))


def test_views_are_histograms_of_colours_and_of_directions():
    stripes = np.zeros((3, 16, 16), dtype=np.uint8)
    stripes[:, :, ::4] = 255
    pictures = np.stack([plain(255, 0, 0), plain(0, 0, 255), stripes, stripes.transpose(0, 2, 1)])
    colours, shades, layout, edges = appearance.views(pictures)
    assert (colours**2).sum(axis=1) == pytest.approx(1)
    assert (shades**2).sum(axis=1) == pytest.approx(1)
    # Pure red is L* 53.2, a* 80.1, b* 67.2; pure blue 32.3, 79.2, -107.9.
    assert np.flatnonzero(shades[0]).tolist() == [3 * 100 + 9 * 10 + 8]
    assert np.flatnonzero(shades[1]).tolist() == [1 * 100 + 9 * 10 + 0]
    assert (layout**2).sum(axis=1) == pytest.approx(1)
    assert (colours[0] > 0).sum() == (colours[1] > 0).sum() == 1
    assert colours[0] @ colours[1] == 0
    # Stripes turned by a right angle have the same colours, and edges that run the other way.
    assert colours[2] == pytest.approx(colours[3])
    assert edges[2] @ edges[3] == pytest.approx(0, abs=1e-6)
    assert edges[0].sum() == 0


def test_points_multiply_to_the_likeness_they_are_made_of():
    views = [np.random.default_rng(seed).random((40, 8)) for seed in range(3)]
    marks = likeness.Landmarks(views)
    found = marks.likeness(views)
    points = marks.points(found)
    assert np.diagonal(found) == pytest.approx(1)
    assert points @ points.T == pytest.approx(found, abs=1e-3)


def test_only_what_lies_far_from_everything_is_an_outlier():
    random = np.random.default_rng(0)
    view = np.concatenate([random.normal(0, 1, (80, 4)), [[30, 30, 30, 30]]])
    marks = likeness.Landmarks([view])
    far = likeness.remoteness(marks.likeness([view]), np.arange(81))
    assert likeness.outliers(far).tolist()[0] == 80
    assert likeness.outliers(np.full(9, 0.5)).tolist() == []
    # A landmark is not its own neighbour.
    assert far[80] > 1.3
    assert likeness.remoteness(marks.likeness([view]), np.full(81, -1))[80] < far[80]


BASES = {"red": (200, 60, 50), "green": (60, 190, 70), "blue": (50, 70, 200)}


def pictures(count=60, flip=0.1, seed=0):
    """uint8 [N, 3, 16, 16] of three noisy colours, their true labels, and labels some of which are flipped."""
    random = np.random.default_rng(seed)
    names = list(BASES)
    truth = [names[number % 3] for number in range(count)]
    made = np.stack(
        [
            (plain(*BASES[label]).astype(int) + random.integers(-45, 46, (3, 16, 16))).clip(0, 255)
            for label in truth
        ]
    ).astype(np.uint8)
    labels = list(truth)
    wrong = random.permutation(count)[: round(flip * count)].tolist()
    for number in wrong:
        labels[number] = names[(names.index(truth[number]) + 1) % 3]
    return made, labels, set(wrong), truth


def seen(made, unreadable=()):
    def see(numbers):
        kept = [number for number in numbers if number not in unreadable]
        return kept, appearance.views(made[kept]) if kept else []

    return see


def test_flipped_labels_are_found_with_what_they_should_be():
    made, labels, wrong, truth = pictures()
    shares = []
    found = look(labels, range(60), [None] * 60, seen(made), shares.append)
    first = found.labels[: len(wrong)]
    assert {each.number for each in first} == wrong
    assert all(each.suggested == truth[each.number] for each in first)
    assert all(each.given_probability < each.suggested_probability for each in first)
    assert (found.flagged, found.judged, round(found.estimated)) == (6, 60, 6)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_what_cannot_be_judged_is_left_out_and_counted():
    made, labels, _, _ = pictures(flip=0)
    labels[:3] = ["rare"] * 3
    labels[3:9] = ["burst"] * 6
    groups = [*range(3), *[3] * 6, *range(9, 60)]
    found = look(labels, groups, [None] * 60, seen(made, unreadable={50}))
    assert found.left_out == {"burst": 6, "rare": 3}
    assert (found.judged, found.unreadable) == (50, 1)
    assert not {each.number for each in found.labels} & {*range(9), 50}


@pytest.mark.parametrize(
    ("labels", "unreadable", "reason"),
    [
        (["red"] * 60, (), "at least two labels"),
        (["red", "green"] * 30, range(60), "can be read"),
        ([str(number) for number in range(60)], (), "5 images each"),
    ],
)
def test_where_nothing_can_be_compared_it_says_why(labels, unreadable, reason):
    made, _, _, _ = pictures()
    with pytest.raises(NothingToCompare, match=reason):
        look(labels, range(60), [None] * 60, seen(made, unreadable))


def test_none_at_all_is_nothing_to_compare():
    with pytest.raises(NothingToCompare):
        look([], [], [], seen(np.zeros((0, 3, 16, 16), dtype=np.uint8)))
