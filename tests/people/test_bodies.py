"""A body over the limit is refused before it is read whole; what is at a path is found once for all paths alike."""

import json
import uuid

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import Resolver404, resolve

from people.api.bodies import Bounded, match_of
from tests.factories.labeling import project_with
from tests.factories.people import client_of, member

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE


async def reading(scope, receive, send):
    """An application that reads the whole body and says how long it was; it gives up when the client goes away."""
    taken = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        taken += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(taken).encode()})


async def ask(path, chunks, headers=()):
    """What `Bounded(reading)` answers: the status, the body, and how many chunks it had taken by then."""
    sent, given, taken = [], 0, []

    async def receive():
        nonlocal given
        if given == len(chunks):
            return {"type": "http.disconnect"}
        given += 1
        return {"type": "http.request", "body": chunks[given - 1], "more_body": given < len(chunks)}

    async def send(message):
        sent.append(message)
        taken.append(given)

    scope = {"type": "http", "path": path, "headers": list(headers)}
    await Bounded(reading)(scope, receive, send)
    return sent[0]["status"], sent[1]["body"], taken[0]


async def test_a_body_that_announces_too_much_is_not_read_at_all():
    length = [(b"content-length", str(LIMIT + 1).encode())]
    status, body, taken = await ask("/api/v1/projects/", [b"x"], length)
    assert (status, taken) == (413, 0)
    assert json.loads(body) == {
        "type": "/problems/too-large",
        "title": "Too large",
        "status": 413,
        "detail": "The body is larger than the 16 MB this address takes; send less at a time.",
        "errors": {"body": ["The body is larger than the 16 MB this address takes; send less at a time."]},
    }


async def test_a_body_that_announces_nothing_is_read_up_to_the_limit():
    status, body, taken = await ask("/api/v1/projects/", [b"x" * (LIMIT // 2)] * 40)
    assert (status, json.loads(body)["type"], taken) == (413, "/problems/too-large", 3)


async def test_a_body_within_the_limit_goes_through():
    assert await ask("/api/v1/projects/", [b"x" * 1000] * 3) == (200, b"3000", 3)
    assert (await ask("/nowhere", [b"x"]))[0] == 200


async def test_an_import_may_be_longer():
    length = [(b"content-length", str(settings.MAX_IMPORT_BYTES).encode())]
    assert (await ask("/api/v1/projects/shelves/images/", [b"x"], length))[0] == 200
    longer = [(b"content-length", str(settings.MAX_IMPORT_BYTES + 2 * 1024 * 1024).encode())]
    status, body, _ = await ask("/api/v1/projects/shelves/images/", [b"x"], longer)
    assert (status, list(json.loads(body)["errors"])) == (413, ["image"])


async def test_a_capture_that_is_too_long_names_its_image():
    longer = [(b"content-length", str(settings.MAX_IMAGE_BYTES + 2 * 1024 * 1024).encode())]
    status, body, _ = await ask("/api/v1/captures/", [b"x"], longer)
    assert (status, list(json.loads(body)["errors"])) == (413, ["image"])


@pytest.mark.django_db
def test_the_view_refuses_it_too():
    project = project_with()
    client = client_of(member(project, "engineer"), project)
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        response = client.post("/api/v1/sites/", {"key": "a", "name": "A" * 100}, format="json")
    assert (response.status_code, response.json()["type"]) == (413, "/problems/too-large")


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["{", "[" * 100_000, '{"key": NaN}', "\xff", '{"key": ' + "9" * 5000 + "}"])
def test_json_that_cannot_be_read_is_a_problem(body):
    project = project_with()
    client = client_of(member(project, "engineer"), project)
    response = client.post("/api/v1/sites/", body.encode("latin-1"), content_type="application/json")
    assert (response.status_code, response.json()["type"]) == (400, "/problems/invalid")
    assert list(response.json()["errors"]) == ["body"]


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["null", "[]", '[{"key": "a"}]', "5", '"text"', "true"])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_json_that_is_no_object_is_a_problem(body, headers):
    project = project_with()
    client = client_of(member(project, "engineer"), project)
    response = client.post("/api/v1/sites/", body, content_type="application/json", headers=headers)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["body"])


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_half_a_surrogate_pair_in_a_name_is_no_fault_of_ours(headers):
    project = project_with()
    client = client_of(member(project, "engineer"), project)
    response = client.post(
        "/api/v1/sites/", r'{"\ud800": 1}', content_type="application/json", headers=headers
    )
    assert (response.status_code, sorted(response.json()["errors"])) == (400, ["key", "name"])


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/tasks/{}/answers/",
        "/api/v1/queues/{}/claim/",
        "/p/a-shop/images/{}/",
        "/p/{}/work/",
        "/p/the-{}/datasets/{}/",
        "/api/v1/captures/",
        "/api/v1/tasks/{}/nothing/",
        "/{0}/{0}/{0}/{0}/",
    ],
)
def test_a_path_is_matched_by_its_own_ids_however_often_its_like_was(path):
    for _ in range(2):
        full = path.format(uuid.uuid4(), uuid.uuid4())
        try:
            wanted = resolve(full)
        except Resolver404:
            assert match_of(full) is None
            continue
        found = match_of(full)
        assert (found.func, found.args, found.kwargs) == (wanted.func, wanted.args, wanted.kwargs)
        assert [type(value) for value in found.kwargs.values()] == [
            type(value) for value in wanted.kwargs.values()
        ]
        assert (found.url_name, found.route, found.captured_kwargs) == (
            wanted.url_name,
            wanted.route,
            wanted.captured_kwargs,
        )
