"""What people make of proposals: how it is told, stored with the answer, and read as precision and recall."""

import itertools
import re
import uuid

import pytest
from django.urls import URLResolver, get_resolver
from hypothesis import given
from hypothesis import strategies as st

from labeling.domain.values import ValueRefused
from labeling.domain.verification import check_origins, is_proposal, verify
from labeling.models import Answer
from tests.factories.inference import ModelVersionFactory
from tests.factories.labeling import ImageFactory, open_task, project_with
from tests.factories.people import client_of, member

BOX = [10.0, 10.0, 30.0, 30.0]


def region(name, label="can", box=BOX, of=None):
    return {"id": name, "label": label, "box": box} | ({"of": of} if of else {})


def regions(*some):
    return {"regions": list(some)}


def test_each_proposed_box_meets_one_fate_and_the_rest_was_added():
    proposal = regions(*(region(name) for name in ("a", "b", "c", "d")))
    value = regions(
        region("a", of="a"),
        region("x", box=[12, 10, 32, 30], of="b"),
        region("c", label="cup", of="c"),
        region("new"),
    )
    found = verify(proposal, value).document()
    assert found == {
        "kept": ["a"],
        "fixed": ["b"],
        "relabelled": ["c"],
        "rejected": ["d"],
        "added": ["new"],
        "labels": {"can": [4, 2, 3], "cup": [0, 0, 1]},
    }


@pytest.mark.parametrize(("right_edge", "right"), [(50.0, 1), (50.1, 0)])
def test_a_box_that_was_moved_far_was_not_found(right_edge, right):
    # Twice as wide overlaps by exactly a half.
    value = regions(region("a", box=[10.0, 10.0, right_edge, 30.0], of="a"))
    found = verify(regions(region("a")), value)
    assert (found.fixed, found.right["can"], found.there["can"]) == (["a"], right, 1)


@pytest.mark.parametrize(
    ("said", "fate", "labels"),
    [
        ({"label": "can"}, "kept", {"can": [1, 1, 1]}),
        ({"label": "cup"}, "relabelled", {"can": [1, 0, 0], "cup": [0, 0, 1]}),
        (None, "rejected", {"can": [1, 0, 0]}),
    ],
)
def test_a_label_of_the_whole_image_is_counted_likewise(said, fate, labels):
    found = verify({"label": "can", "confidence": 0.4}, said).document()
    assert found[fate] == ["image"]
    assert found["labels"] == labels


def test_none_of_these_says_nothing_of_single_boxes():
    assert verify(regions(region("a")), None) is None


@given(
    st.lists(st.sampled_from(["can", "cup"]), max_size=6),
    st.lists(st.tuples(st.sampled_from(["can", "cup"]), st.sampled_from([None, *range(6)])), max_size=8),
)
def test_counts_add_up(proposed, said):
    proposal = regions(*(region(f"p{n}", label) for n, label in enumerate(proposed)))
    value, named = [], set()
    for n, (label, of) in enumerate(said):
        if of is not None and (of >= len(proposed) or of in named):
            continue
        named.add(of)
        value.append(region(f"v{n}", label, of=None if of is None else f"p{of}"))
    found = verify(proposal, regions(*value))
    fates = [*found.kept, *found.fixed, *found.relabelled, *found.rejected]
    assert sorted(fates) == [f"p{n}" for n in range(len(proposed))]
    assert len(value) == len(fates) - len(found.rejected) + len(found.added)
    for label in ("can", "cup"):
        assert found.right[label] <= min(found.proposed[label], found.there[label])


@pytest.mark.parametrize(
    ("value", "proposed", "words"),
    [
        (regions(region("x", of="z")), regions(region("a")), "no region of the proposal"),
        (regions(region("x", of="a"), region("y", of="a")), regions(region("a")), "named by two regions"),
        (regions(region("x", of="a")), None, "no proposal was shown"),
    ],
)
def test_an_origin_that_was_not_proposed_is_refused_by_name(value, proposed, words):
    with pytest.raises(ValueRefused) as refused:
        check_origins(value, proposed)
    ((path, (reason,)),) = refused.value.errors.items()
    assert path == f"value.regions.{len(value['regions']) - 1}.of"
    assert words in reason


def test_a_proposal_said_again_is_the_proposal_in_any_order():
    proposed = regions(region("a"), region("b", "cup"))
    assert is_proposal(regions(region("b", "cup", of="b"), region("a")), proposed)
    assert not is_proposal(regions(region("a")), proposed)
    assert not is_proposal(regions(region("a", of="b"), region("b", "cup")), proposed)
    assert not is_proposal(regions(region("a"), region("b", "cup", [10, 10, 31, 30])), proposed)


@pytest.fixture
def shelves(db):
    return project_with(("can", "cup"), task_type="detection")


@pytest.fixture
def annotator(shelves):
    return member(shelves, "annotator")


def said(project, user, proposal, verdict, value=None, queue="review", **more):
    """The answer's JSON, or the problem's, by the API."""
    client = client_of(user, project)
    task = open_task(project.queues.get(name=queue), proposal=proposal)
    body = {"lease": None, "client_id": str(uuid.uuid4()), "verdict": verdict, "seconds": 1, **more}
    if value is not None:
        body["value"] = value
    return client.post(f"/api/v1/tasks/{task.pk}/answers/", body, format="json")


def proposed(*some, model="boxes 3", **of):
    return regions(*(one | {"confidence": 0.6} for one in some)) | {"model": model, **of}


@pytest.mark.django_db
def test_an_answer_keeps_what_it_made_of_the_proposal(shelves, annotator):
    shown = proposed(region("a"), region("b", "cup"))
    said(shelves, annotator, shown, "accept")
    said(shelves, annotator, shown, "accept", regions(region("b", "cup", of="b"), region("a", of="a")))
    said(shelves, annotator, shown, "correct", regions(region("a", of="a"), region("n", "cup")))
    said(shelves, annotator, shown, "correct", regions())
    said(shelves, annotator, shown, "cant_tell")
    said(shelves, annotator, shown, "none_of_these", words="a crate")
    said(shelves, annotator, None, "label", regions(region("n")))
    kept = [answer.shown["verification"] for answer in Answer.objects.order_by("id")]
    assert [found and (found["kept"], found["rejected"], found["added"]) for found in kept] == [
        (["a", "b"], [], []),
        (["a", "b"], [], []),
        (["a"], ["b"], ["n"]),
        ([], ["a", "b"], []),
        None,
        None,
        None,
    ]
    # Accepted with its boxes named in another order, it is the proposal that is kept.
    first, second = Answer.objects.order_by("id")[:2]
    assert first.value == second.value == regions(region("a"), region("b", "cup"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("box", "words"),
    [
        ([10, 10, 65, 20], "outside the image, which is 64 by 48"),
        ([30, 10, 20, 20], "x1"),
        ([10, 10, 10.5, 20], "1"),
        ([1, 2, 3], "[x1, y1, x2, y2]"),
    ],
)
def test_a_box_outside_inverted_or_under_a_pixel_is_refused_with_the_reason(shelves, annotator, box, words):
    answer = said(shelves, annotator, None, "label", regions(region("n", box=box)))
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"value.regions.0.box"}
    assert words in answer.json()["errors"]["value.regions.0.box"][0]
    assert not Answer.objects.exists()


@pytest.mark.django_db
def test_an_origin_that_was_not_shown_is_refused(shelves, annotator):
    answer = said(shelves, annotator, None, "label", regions(region("n", of="a")))
    assert answer.json()["errors"] == {"value.regions.0.of": ["no proposal was shown: leave it out."]}


@pytest.mark.django_db
def test_precision_and_recall_are_read_from_answers(shelves, annotator, django_assert_max_num_queries):
    lead = member(shelves, "qa_lead")
    shown = proposed(region("a"), region("b", "cup"))
    said(shelves, annotator, shown, "accept")
    said(shelves, annotator, shown, "correct", regions(region("a", of="a"), region("n", "cup")))
    said(shelves, annotator, proposed(region("a"), model="boxes 4"), "correct", regions())
    # Neither of these is evidence: one is blind, one was taken back.
    said(shelves, annotator, shown, "label", regions(region("n")), queue="audit")
    client = client_of(lead, shelves)
    path = f"/api/v1/projects/{shelves.slug}/verification/"
    with django_assert_max_num_queries(12):
        found = client.get(path).json()
    assert (found["answers"], found["kept"], found["rejected"], found["added"]) == (3, 3, 2, 1)
    can, cup = found["labels"]
    assert (can["label"], can["precision"]["right"], can["precision"]["of"], can["recall"]["of"]) == (
        "can",
        2,
        3,
        2,
    )
    assert (cup["precision"]["of"], cup["recall"]["of"], cup["recall"]["value"]) == (2, 2, 0.5)
    assert found["precision"]["value"] == pytest.approx(3 / 5)
    # Wilson 1927 for 3 of 5.
    assert (found["precision"]["low"], found["precision"]["high"]) == pytest.approx(
        (0.2307, 0.8824), abs=1e-4
    )
    assert client.get(path, {"model": "boxes 4"}).json()["precision"]["of"] == 1
    assert client.get(path, {"annotator": "nobody"}).json()["recall"] == {
        "value": None,
        "low": None,
        "high": None,
        "right": 0,
        "of": 0,
    }
    refused = client.get(path, {"modle": "boxes 4"})
    assert refused.status_code == 400
    assert "model" in refused.json()["errors"]["modle"][0]
    assert client_of(annotator, shelves).get(path).status_code == 403


def addresses(known, patterns=None, prefix=""):
    """Every address there is, its parts filled in with each of what is known; one with another part is left out."""
    for pattern in patterns or get_resolver().url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith(("admin/", "static")):
                yield from addresses(known, pattern.url_patterns, route)
            continue
        parts = re.findall(r"<(?:\w+:)?(\w+)>", route)
        if set(parts) <= set(known) and "^" not in route:
            for values in itertools.product(*(known[part] for part in parts)):
                yield "/" + re.sub(r"<[^>]+>", "{}", route).format(*values)


@pytest.mark.django_db
@pytest.mark.parametrize("task_type", ["detection", "classification"])
def test_a_blind_queue_gives_away_nothing_anywhere_an_annotator_reaches(task_type, client):
    project = project_with(("can", "cup"), task_type=task_type)
    annotator, other = member(project, "annotator"), member(project, "annotator")
    audit = project.queues.get(name="audit")
    value = regions(region("secret-region")) if task_type == "detection" else {"label": "cup"}
    proposal = dict(value) | {"confidence": 0.8125, "model": "secret-model"}
    audit.answers_required = 2
    audit.save()
    image = ImageFactory(project=project)
    capture = uuid.uuid4()
    task = open_task(audit, image, proposal=proposal, capture_id=capture)
    reading = open_task(audit, proposal=proposal)
    # Somebody else has answered it already, in words to be known by.
    theirs = regions(region("others-region")) if task_type == "detection" else {"label": "cup"}
    body = {"lease": None, "verdict": "label", "seconds": 1, "value": theirs, "client_id": str(uuid.uuid4())}
    answered = client_of(other, project).post(f"/api/v1/tasks/{reading.pk}/answers/", body, format="json")
    assert answered.status_code == 201
    mine = client_of(annotator, project)
    claim = mine.post(f"/api/v1/queues/{audit.pk}/claim/", {"count": 5}, format="json")
    assert len(claim.json()["tasks"]) == 2
    if task_type == "detection":
        body["value"] = regions(region("own-region"))
    body |= {"client_id": str(uuid.uuid4()), "shown": {"verification": {"labels": {"can": [9, 9, 9]}}}}
    own = mine.post(f"/api/v1/tasks/{task.pk}/answers/", body, format="json")
    assert own.status_code == 201
    client.force_login(annotator)
    known = {"slug": [project.slug], "name": [audit.name], "pk": [task.pk, reading.pk, image.pk, audit.pk]}
    known["pk"].append(Answer.objects.get(user=annotator).pk)
    bodies = {"claim": claim.content, "answer": own.content}
    for page in addresses(known):
        response = client.get(page)
        assert response.status_code < 500, page
        bodies[page] = b"".join(response) if response.streaming else response.content
    seen = {
        page for page, body in bodies.items() if b"work" in page.encode() or str(task.pk).encode() in body
    }
    assert {f"/api/v1/tasks/{task.pk}/", f"/p/{project.slug}/work/audit/", "/api/v1/answers/mine/"} <= seen
    given_away = [
        b"secret-",
        b"0.8125",
        b"81%",
        str(capture).encode(),
        b"others-region",
        other.username.encode(),
    ]
    for page, body in bodies.items():
        assert not [word for word in given_away if word in body], page
    # Nor can a client plant figures of a proposal it never saw.
    assert Answer.objects.get(user=annotator).shown["verification"] is None


@pytest.mark.django_db
def test_the_quality_page_and_the_models_page_show_it(shelves, annotator, client):
    model = ModelVersionFactory(project=shelves, name="boxes 3")
    said(
        shelves, annotator, proposed(region("a"), region("b", "cup")), "correct", regions(region("a", of="a"))
    )
    client.force_login(member(shelves, "engineer"))
    for page in (f"/p/{shelves.slug}/quality/", f"/p/{shelves.slug}/models/{model.pk}/"):
        shown = client.get(page).content.decode()
        assert "1 kept · 0 moved · 0 relabelled · 1 rejected · 0 added" in shown
    # Known by its id, whatever it was called then; another of the same name is another.
    known = proposed(region("a"), model="an old name", model_id=str(model.pk))
    said(shelves, annotator, known, "correct", regions(region("a", of="a")))
    stranger = proposed(region("a"), model="boxes 3", model_id="0192f0c0-0000-7000-8000-000000000000")
    said(shelves, annotator, stranger, "correct", regions(region("a", of="a")))
    assert "2 kept" in client.get(f"/p/{shelves.slug}/models/{model.pk}/").content.decode()
    by_id = client.get(f"/api/v1/projects/{shelves.slug}/verification/", {"model_id": str(model.pk)})
    assert by_id.json()["kept"] == 1
    other = ModelVersionFactory(project=shelves, name="boxes 4")
    assert "1 kept" not in client.get(f"/p/{shelves.slug}/models/{other.pk}/").content.decode()
