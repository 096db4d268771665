"""Numbers of a context as slices: ranges fixed at first sight, found, narrowed to, and made again to the digit."""

import uuid
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from labeling.domain.agreement import ranges
from labeling.domain.agreement.filters import Filters
from labeling.models import Answer, ContextRanges, Image, Task
from labeling.services import agreement
from tests.factories.labeling import ImageFactory, project_with
from tests.factories.people import UserFactory, client_of, member

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: float(f"{number:.6g}"))


@given(st.lists(NUMBERS, min_size=ranges.FEWEST, max_size=300))
def test_every_number_lies_in_one_range_and_none_is_empty(values):
    edges = ranges.edges_of(values)
    assert list(edges) == sorted(set(edges))
    assert len(edges) <= 3
    found = [ranges.read(text) for text in ranges.names(edges)] if edges else []
    for value in values:
        inside = [
            low for low, high in found if (low is None or low <= value) and (high is None or value < high)
        ]
        assert len(inside) == (1 if edges else 0)
    if edges:
        assert set(np.searchsorted(edges, values, side="right")) == set(range(len(edges) + 1))


@given(st.one_of(st.none(), NUMBERS), st.one_of(st.none(), NUMBERS))
def test_a_range_is_read_back_as_it_was_written(low, high):
    text = ranges.as_text(low, high)
    is_range = (low, high) != (None, None) and (low is None or high is None or low < high)
    assert ranges.read(text) == ((low, high) if is_range else None)


@pytest.mark.parametrize(
    "text", ["night", "..", "a..b", "1..nan", "1..inf", "..-", "5..3", "1e400..", "1..2..3"]
)
def test_other_text_is_no_range_and_is_said_as_it_is(text):
    assert ranges.read(text) is None
    assert ranges.words(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [("..10", "below 10"), ("10..40.5", "10 to 40.5"), ("40..", "40 or more"), ("-5..-1", "-5 to -1")],
)
def test_a_range_is_said_in_words(text, words):
    assert ranges.words(text) == words


def test_edges_are_quartiles_that_can_be_remembered():
    assert ranges.edges_of(np.linspace(-3.02, 9.11, 500).tolist()) == (0.0, 3.0, 6.1)
    assert ranges.edges_of([1, 2, 3] * 50) == (2.0, 3.0)
    assert ranges.edges_of([7.0] * 500) == ()
    assert ranges.edges_of([1.0, 2.0]) == ()


@pytest.fixture
def dim(db):
    """A project where people disagree on images of little light; 3 answers an image, the lux and a shelf known."""
    project = project_with(labels=("a", "b", "c"), queues=("review",))
    project.people = [UserFactory(username=name) for name in ("ann", "bob", "cid")]
    for person in project.people:
        project.memberships.create(user=person, role="annotator")
    add(project, 200, lambda chance: float(np.round(chance.uniform(1, 1000), 1)))
    return project


def add(project, count, lux, seed=0):
    chance = np.random.default_rng(seed)
    queue = project.queues.get()
    images = Image.objects.bulk_create(
        [
            ImageFactory.build(
                project=project,
                number=str(uuid.uuid4()),
                context={"lux": lux(chance), "shelf": "1", "odd": True},
            )
            for _ in range(count)
        ]
    )
    tasks = Task.objects.bulk_create(
        [
            Task(project=project, queue=queue, image=image, state="resolved", closed_at=timezone.now())
            for image in images
        ]
    )
    Answer.objects.bulk_create(
        [
            Answer(
                project=project, task=task, user=person, client_id=uuid.uuid4(), verdict="label", seconds=2,
                value={"label": "abc"[said(chance, number, task.image.context["lux"])]},
            )
            for number, task in enumerate(tasks)
            for person in project.people
        ]
    )  # fmt: skip
    return images


def said(chance, number, lux):
    is_dark = not isinstance(lux, float | int) or lux < 250
    return int(chance.integers(3)) if is_dark and chance.random() < 0.8 else number % 3


def worst(figures):
    return figures["slices"]["list"][0]


def test_a_dark_range_is_found_and_its_address_keeps_the_same_images(dim, client):
    figures = agreement.report(project=dim, filters=Filters())
    found = worst(figures)
    assert list(found["by"]) == ["context.lux"]
    low, high = ranges.read(found["by"]["context.lux"])
    assert low is None
    assert 200 < high < 300
    assert found["certain"]
    narrowed = agreement.report(project=dim, filters=Filters.from_query(found["by"]))
    assert narrowed["items"] == found["images"]
    assert narrowed["coefficients"]["krippendorff_alpha"]["value"] == pytest.approx(found["alpha"], abs=1e-12)
    client.force_login(member(dim, "qa_lead"))
    page = client.get(f"/p/{dim.slug}/agreement/").content.decode()
    assert f"Lux below {high:g}" in page
    assert f'<option value="..{high:g}">below {high:g}</option>' in page


def test_ranges_are_fixed_at_first_sight_and_a_frozen_report_is_made_again(dim):
    made = agreement.freeze(user=None, project=dim, filters=Filters(), name="then")
    made.refresh_from_db()
    edges = ContextRanges.objects.get(project=dim).edges
    add(dim, 150, lambda chance: 100_000.0 + chance.integers(1000), seed=1)
    assert agreement.reproduce(made) == made.figures
    now = agreement.report(project=dim, filters=Filters())
    assert ContextRanges.objects.get(project=dim).edges == edges
    assert now["items"] == 350
    # Were they changed by hand, what is frozen would still be what it was.
    ContextRanges.objects.filter(project=dim).update(edges=[1.0])
    assert agreement.reproduce(made) == made.figures


def test_a_lead_changes_the_ranges_and_the_next_report_uses_them(dim, client):
    first = agreement.report(project=dim, filters=Filters())
    client.force_login(member(dim, "qa_lead"))
    address = f"/p/{dim.slug}/agreement/ranges/"
    assert b"change them" in client.get(f"/p/{dim.slug}/agreement/").content
    page = client.get(address).content.decode()
    assert "200 of the newest images have one" in page
    for wrong in ("20 10", "1 2 3 4 5 6 7", "10 nan", "dark"):
        assert client.post(address, {"edges.lux": wrong}).status_code == 400
    assert client.post(address, {"edges.lux": "99,5; 300"}).status_code == 302
    assert ContextRanges.objects.get(project=dim).edges == [99.5, 300]
    second = agreement.report(project=dim, filters=Filters())
    assert worst(second)["by"] != worst(first)["by"]
    assert {low_or_high(part) for part in second["slices"]["list"]} <= {"..99.5", "99.5..300", "300.."}
    # Without ranges, none are fixed anew.
    api = client_of(member(dim, "qa_lead"), dim)
    answer = api.patch(f"/api/v1/projects/{dim.slug}/context-ranges/", {"ranges": {"lux": []}}, format="json")
    assert answer.json() == {"ranges": {}}
    assert agreement.report(project=dim, filters=Filters())["slices"]["list"] == []
    too_many = {"ranges": {key: [1] for key in "abcd"}}
    answer = api.patch(f"/api/v1/projects/{dim.slug}/context-ranges/", too_many, format="json")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {f"ranges.{key}" for key in "abcd"})


def low_or_high(part):
    return part["by"]["context.lux"]


def test_brought_up_to_date_the_slices_are_those_of_counting_anew(dim):
    agreement.report(project=dim, filters=Filters(), small=0)
    add(dim, 30, lambda chance: float(chance.integers(1, 1000)), seed=2)
    renewed = agreement.report(project=dim, filters=Filters(), small=0)
    assert renewed["intervals_as_of"] != renewed["as_of"]
    anew = agreement.freeze(user=None, project=dim, filters=Filters(), name="anew").figures
    assert renewed["slices"] == anew["slices"]


def test_what_is_no_number_or_too_large_for_one_has_no_range(dim):
    add(dim, 8, lambda chance: None, seed=3)
    add(dim, 8, lambda chance: "250", seed=3)
    add(dim, 8, lambda chance: {"lux": 3}, seed=3)
    (huge,) = add(dim, 1, lambda chance: 1.0, seed=3)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labeling_image SET context = jsonb_build_object('lux', %s::numeric) WHERE id = %s",
            [Decimal("1e500"), huge.pk],
        )
    figures = agreement.report(project=dim, filters=Filters())
    by_range = [
        part["by"]["context.lux"] for part in figures["slices"]["list"] if list(part["by"]) == ["context.lux"]
    ]
    assert set(by_range) <= set(ranges.names(ContextRanges.objects.get(project=dim).edges))
    everything = sum(
        agreement.report(project=dim, filters=Filters(context=(("lux", text),)))["items"]
        for text in ("..500", "500..")
    )
    assert everything == 201


def test_few_numbers_or_all_alike_make_no_ranges(db):
    project = project_with(labels=("a", "b", "c"), queues=("review",))
    project.people = [UserFactory()]
    add(project, 30, lambda chance: float(chance.integers(9)))
    agreement.report(project=project, filters=Filters())
    add(project, 120, lambda chance: 5.0)
    assert not ContextRanges.objects.exists()
