"""The report of a project: the planted story is found, and the figures are those of the same rows in a file."""

import random
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.domain.agreement import report as report_of_rows
from labeling.domain.agreement import tabulate
from labeling.domain.agreement.dawid_skene import entropy_of
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.enums import AnswerState, Verdict
from labeling.models import AgreementStatistics, Answer, Task
from labeling.services import agreement
from tests.factories.agreement_story import CARELESS, tell
from tests.factories.labeling import AnswerFactory, ImageFactory, project_with
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield tell()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def figures(told):
    return agreement.report(project=told.project, filters=Filters())


def rows_of(answers):
    return [(str(a.task.image_id), a.user.username, a.value["label"]) for a in answers]


def close(found, expected):
    """Equal but for the last digits, which hang on the order of sums."""
    if isinstance(expected, dict):
        return found.keys() >= expected.keys() and all(close(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(close, found, expected))
    return found == pytest.approx(expected, abs=1e-9) if isinstance(expected, float) else found == expected


def test_every_figure_of_a_file_with_the_same_rows_is_in_it(told, figures):
    answers = Answer.objects.filter(project=told.project).select_related("user", "task").order_by("id")
    expected = report_of_rows(tabulate(rows_of(answers), told.labels))
    del expected["repeated"]
    assert close(figures, expected)


def test_the_careless_annotator_tops_the_list(told, figures):
    cards = agreement.report(project=told.project, filters=Filters(), whole=True)["annotators"]
    careless = told.people[CARELESS].username
    assert min(cards, key=lambda name: cards[name]["agreement_with_others"]) == careless
    assert max(cards, key=lambda name: cards[name]["alpha_without"]) == careless
    assert min(cards, key=lambda name: np.diag(cards[name]["confusion"]).mean()) == careless
    assert min(cards, key=lambda name: cards[name]["median_seconds"]) == careless
    # What is renewed with every answer carries no matrices along, only the worst that is in them.
    assert not any("confusion" in card for card in figures["annotators"].values())
    worst = figures["confuses"][careless][0]
    row, column = (figures["label_order"].index(worst[name]) for name in ("true", "said"))
    assert worst["share"] == cards[careless]["confusion"][row][column]


def test_the_bad_camera_at_night_tops_the_slices(told, figures):
    worst = figures["slices"]["list"][0]
    assert worst["by"] == {"source": told.camera, "context.lighting": "night"}
    assert worst["certain"]
    assert worst["ci"][1] < 0
    assert figures["slices"]["looked_at"] >= len(figures["slices"]["list"])


def test_the_second_version_helps_exactly_the_labels_it_is_about(told, figures):
    (version,) = figures["guidelines"]
    assert (version["before"], version["after"], version["same_people"]) == (1, 2, True)
    changed = {label: figure["changed"] for label, figure in version["labels"].items() if figure["changed"]}
    assert changed == dict.fromkeys(told.confused, "better")
    assert all(version["labels"][label]["ci"][0] > 0 for label in told.confused)


def test_the_week_of_the_change_is_found(told, figures):
    change = figures["weeks"]["change"]
    assert change["week"] == told.changed_at.date().isoformat()
    assert change["before"] < change["after"]
    assert change["p"] <= 0.05


def test_the_labels_that_are_confused_are_confused_most(told, figures):
    apart = [pair for pair in figures["confusion"] if pair["a"] != pair["b"]]
    worst = max(apart, key=lambda pair: pair["count"])
    assert {worst["a"], worst["b"]} == set(told.confused)
    assert sum(pair["share"] for pair in figures["confusion"]) == pytest.approx(1)


def test_images_are_unanimous_or_have_a_majority_or_none(figures):
    found = figures["adjudication"]
    kinds = ("unanimous", "majority", "without_majority")
    assert sum(found[kind] for kind in kinds) == found["images"] == figures["coverage"]["with_two_answers"]
    assert 0 < found["one_more"]["settled"] < found["without_majority"]
    assert found["hours_to_adjudicate"] == pytest.approx(
        found["without_majority"] * figures["seconds"] / 3600
    )


def test_disputed_images_come_the_most_undecided_first(told, figures):
    entropies = [image["entropy"] for image in figures["disputed"]]
    assert entropies == sorted(entropies, reverse=True)
    assert len(entropies) == figures["adjudication"]["majority"] + figures["adjudication"]["without_majority"]
    assert {uuid.UUID(image["image"]) for image in figures["disputed"]} <= {image.pk for image in told.images}
    # Which of the labels it may be, only the whole report says.
    whole = agreement.report(project=told.project, filters=Filters(), whole=True)["disputed"]
    assert [(one["image"], one["entropy"]) for one in whole] == [
        (one["image"], one["entropy"]) for one in figures["disputed"]
    ]
    for one in whole:
        shares = np.array([one["posterior"][label] for label in figures["label_order"]])
        assert entropy_of(shares[None])[0] == pytest.approx(one["entropy"])
    assert not any("posterior" in one for one in figures["disputed"])
    settles = [image["settles"] for image in figures["to_ask"]]
    assert settles == sorted(settles, reverse=True)
    assert 0 < settles[-1] <= settles[0] <= 1


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({"queue": "review"}, lambda a, told: True),
        ({"queue": "audit"}, lambda a, told: False),
        ({"guideline": "2"}, lambda a, told: a.guideline.number == 2),
        ({"source": "door"}, lambda a, told: a.task.image.source.key == "door"),
        (
            {"context.lighting": "night", "context.season": "winter"},
            lambda a, told: a.task.image.context == {"lighting": "night", "season": "winter"},
        ),
        ({"since": "2026-01-19", "until": "2026-02-02"}, lambda a, told: 19 <= _day(a) < 33),
    ],
)
def test_filters_choose_answers_and_images(told, query, kept):
    found = agreement.report(project=told.project, filters=Filters.from_query(query))
    answers = Answer.objects.filter(project=told.project).select_related(
        "user", "task__image__source", "guideline"
    )
    expected = report_of_rows(
        tabulate(rows_of(a for a in answers.order_by("id") if kept(a, told)), told.labels), bootstrap=0
    )
    assert found["annotations"] == expected["annotations"]
    for name, figure in expected["coefficients"].items():
        assert close(found["coefficients"][name]["value"], figure["value"])


def _day(answer):
    return (answer.created_at - datetime(2025, 12, 31, tzinfo=UTC)).days


def test_a_person_is_asked_for_by_the_images_they_answered(told):
    name = told.people["ada"].username
    found = agreement.report(project=told.project, filters=Filters(annotator=name))
    everything = agreement.report(project=told.project, filters=Filters())
    assert found["annotators"][name] == {
        **everything["annotators"][name],
        **{key: found["annotators"][name][key] for key in ("alpha_without",)},
    }
    site = told.images[3].source.site.key
    assert agreement.report(project=told.project, filters=Filters(site=site))["items"] == 300


def test_a_filter_that_is_none_is_refused_by_name():
    for query, name in (
        ({"colour": "red"}, "colour"),
        ({"guideline": "two"}, "guideline"),
        ({"since": "soon"}, "since"),
        ({"label": "a\0"}, "label"),
    ):
        with pytest.raises(ValueRefused) as refused:
            Filters.from_query(query)
        assert list(refused.value.errors) == [name]


def test_filters_are_read_back_as_they_were_written():
    query = {"queue": "review", "since": "2026-01-01T00:00:00Z", "context.a b": "c=d", "guideline": "2"}
    assert Filters.from_query(Filters.from_query(query).as_query()) == Filters.from_query(query)


def test_a_project_without_answers_has_reasons_instead_of_figures():
    found = agreement.report(project=project_with(), filters=Filters())
    assert found["coefficients"]["krippendorff_alpha"]["reason"] == "no answers"
    assert found["slices"]["list"] == found["weeks"]["list"] == found["guidelines"] == []
    assert found["disputed"] == []
    assert found["dawid_skene"] is None


@pytest.fixture
def small():
    """A project with three labels and three people; `say(person, image, label)` answers."""
    project = project_with(labels=("a", "b", "c"))
    queue = project.queues.get(name="review")
    images = [ImageFactory(project=project, context={"light": "on"}) for _ in range(4)]
    tasks = [
        Task.objects.create(
            project=project, queue=queue, image=image, state="resolved", closed_at=datetime.now(UTC)
        )
        for image in images
    ]
    people = [UserFactory() for _ in range(3)]
    start = datetime(2026, 3, 2, tzinfo=UTC)
    clock = iter(range(10**6))

    def say(person, image, label, **fields):
        value = None if label is None else {"label": label}
        verdict = Verdict.CANT_TELL if label is None else Verdict.LABEL
        fields = {"task": tasks[image], "user": people[person], "value": value, "verdict": verdict, **fields}
        return AnswerFactory(created_at=start + timedelta(minutes=next(clock)), **fields)

    say.project, say.images, say.people, say.tasks = project, images, people, tasks
    return say


def test_what_does_not_count_is_left_out(small):
    small(0, 0, "a")
    small(1, 0, "b")
    small(2, 0, None)
    small(2, 1, "c", state=AnswerState.LATE)
    lead = small.project.queues.get(name="adjudication")
    settling = Task.objects.create(
        project=small.project,
        queue=lead,
        image=small.images[0],
        state="resolved",
        closed_at=datetime.now(UTC),
    )
    small(2, 0, "b", task=settling)
    found = agreement.report(project=small.project, filters=Filters())
    assert (found["items"], found["annotations"]) == (1, 2)
    assert found["left_out"] == {"cant_tell": 1, "none_of_these": 0}
    assert found["coverage"] == {"images": 1, "with_two_answers": 1, "share": 1.0}


def test_an_answer_taken_back_does_not_count_and_the_latest_does(small):
    first = small(0, 0, "a")
    small(0, 0, "b", supersedes=first)
    again = Task.objects.create(
        project=small.project,
        queue=small.project.queues.get(name="audit"),
        image=small.images[0],
        state="resolved",
        closed_at=datetime.now(UTC),
    )
    small(1, 0, "a")
    small(1, 0, "b", task=again)
    found = agreement.report(project=small.project, filters=Filters())
    assert found["confusion"] == [{"a": "b", "b": "b", "count": 1, "share": 1.0}]


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 3),
        st.sampled_from(["a", "b", "c", None]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_brought_up_to_date_is_the_same_as_from_scratch(small, events):
    from django.db import transaction

    with transaction.atomic():
        said = {}
        for person, image, label, undoes, looked_at in events:
            earlier = said.get((person, image)) if undoes else None
            said[person, image] = small(person, image, label, supersedes=earlier)
            if looked_at:
                agreement.report(project=small.project, filters=Filters(), small=0)
        found = agreement.report(project=small.project, filters=Filters(), small=0)
        AgreementStatistics.objects.all().delete()
        expected = agreement.report(project=small.project, filters=Filters(), small=0)
        for key in expected.keys() - {"as_of", "intervals_as_of", "disputed", "to_ask", "dawid_skene"}:
            if key == "coefficients":
                values = {name: figure["value"] for name, figure in expected[key].items()}
                assert {name: figure["value"] for name, figure in found[key].items()} == values
            elif key == "annotators":
                for name, card in expected[key].items():
                    assert {**found[key][name], "confusion": None} == {**card, "confusion": None}
            else:
                assert found[key] == expected[key]
        transaction.set_rollback(True)


def test_statistics_of_the_latest_filters_alone_are_kept(small):
    small(0, 0, "a")
    for year in range(agreement.MOST_KEPT + 2):
        agreement.report(project=small.project, filters=Filters(since=f"{2000 + year}-01-01T00:00:00Z"))
    kept = AgreementStatistics.objects.filter(project=small.project)
    assert kept.count() == agreement.MOST_KEPT
    assert {row.figures["filters"]["since"][:4] for row in kept} == {str(year) for year in range(2002, 2022)}


def test_the_second_look_computes_nothing(small, django_assert_max_num_queries):
    random.seed(0)
    for image in range(4):
        for person in range(3):
            small(person, image, random.choice("abc"))
    first = agreement.report(project=small.project, filters=Filters())
    assert first["label_order"] == ["a", "b", "c"]
    with django_assert_max_num_queries(6):
        assert agreement.report(project=small.project, filters=Filters()) == first
