"""Requests over the whole ASGI application: in one thread, streamed, refused; no connection stays taken."""

import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from structlog.contextvars import get_contextvars

from config.asgi import application
from config.handler import THREADS
from inference.models import Capture
from labeling.queries.images import address
from people.enums import Scope
from people.services.tokens import digest_of
from tests.factories.inference import capture_of, colour_project, coloured
from tests.factories.people import TokenFactory, member
from tests.inference.conftest import serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hub_of_this_test")]
SECRET = "a camera's"
SECONDS = 60


async def ask(method, path, body=b"", **headers):
    """The status, the headers and the whole body of what the application answers."""
    path, _, query = path.partition("?")
    named = {"host": "localhost", "content-length": str(len(body)), **headers}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()],
    }
    asking = ApplicationCommunicator(application, scope)
    await asking.send_input({"type": "http.request", "body": body})
    start = await asking.receive_output(SECONDS)
    parts, more = [], True
    while more:
        message = await asking.receive_output(SECONDS)
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    await asking.wait(SECONDS)
    return start["status"], dict(start["headers"]), b"".join(parts)


@pytest.fixture
def project():
    project = colour_project()
    user = member(project, "engineer")
    TokenFactory(user=user, project=project, scopes=list(Scope), digest=digest_of(SECRET))
    return project


def upload(project, data):
    fields = {"project": project.slug, "source": project.sources.get().key}
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    image = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n' + data
    return b"".join([*parts, image, b"\r\n--b--\r\n"])


def connections_of_this_test():
    """How many connections of the pool are with somebody."""
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


async def test_a_capture_is_taken_in_and_no_connection_stays_taken(project):
    headers = {"authorization": f"Token {SECRET}", "content_type": "multipart/form-data; boundary=b"}
    await Capture.objects.acount()
    taken = await sync_to_async(connections_of_this_test)()
    for seed in range(THREADS + 1):
        body = await sync_to_async(upload)(project, coloured("red", seed))
        status, found, answer = await ask("POST", "/api/v1/captures/", body, **headers)
        assert (status, json.loads(answer)["state"]) == (202, "pending")
        assert b"Location" in found
    assert await Capture.objects.acount() == THREADS + 1
    assert await sync_to_async(connections_of_this_test)() <= taken


async def test_whoever_waits_is_heard_after_others_who_did_not(project):
    headers = {"authorization": f"Token {SECRET}", "content_type": "multipart/form-data; boundary=b"}
    statuses = []
    with serving():
        for seed, query in enumerate(("", "?wait=30", "", "?wait=30")):
            body = await sync_to_async(upload)(project, coloured("red", seed))
            statuses.append((await ask("POST", f"/api/v1/captures/{query}", body, **headers))[0])
    assert statuses == [202, 200, 202, 200]


async def test_a_photograph_is_streamed_whole(project):
    capture = await sync_to_async(capture_of)(project, coloured("red", 1, size=(640, 480)))
    user = await project.memberships.select_related("user").afirst()
    path = await sync_to_async(address)(capture.image, user.user)
    status, found, body = await ask("GET", path)
    assert (status, found[b"Content-Type"]) == (200, b"image/jpeg")
    assert body == coloured("red", 1, size=(640, 480))


async def test_what_is_nowhere_says_so(project):
    for path in ("/api/v1/nowhere/", "/api/v1/", "/api/v1/captures/a line\nbroken/"):
        status, _, body = await ask("GET", path)
        assert (status, json.loads(body)["type"]) == (404, "/problems/not-found")


async def test_a_request_has_a_name_that_its_line_and_its_capture_share(project, caplog):
    caplog.set_level("INFO", "config.request_ids")
    caplog.handler.addFilter(lambda record: record.__dict__.update(bound=get_contextvars()) or True)
    body = await sync_to_async(upload)(project, coloured("red", 1))
    form = {"authorization": f"Token {SECRET}", "content_type": "multipart/form-data; boundary=b"}
    _, found, answer = await ask("POST", "/api/v1/captures/", body, **form, x_request_id="from-the-proxy.")
    (named,) = [value.decode() for name, value in found.items() if name == b"x-request-id"]
    assert len(named) == 32
    assert caplog.records[0].getMessage().startswith("POST /api/v1/captures/: 202 in ")
    assert caplog.records[0].bound == {"request": named, "capture": json.loads(answer)["id"]}

    # The next one in the same thread knows nothing of that capture, and keeps the name a proxy gave it.
    _, found, _ = await ask("GET", "/login/?who=anna", x_request_id="0af7651916cd43dd")
    assert found[b"x-request-id"] == b"0af7651916cd43dd"
    assert caplog.records[1].getMessage().startswith("GET /login/: 200 in ")
    assert caplog.records[1].bound == {"request": "0af7651916cd43dd"}


async def test_an_answer_to_a_token_is_as_guarded_as_one_to_a_page(project):
    path, token = f"/api/v1/projects/{project.slug}/", {"authorization": f"Token {SECRET}"}
    status, headers, _ = await ask("GET", path, **token)
    assert status == 200
    _, page, _ = await ask("GET", "/login/")
    for name in (b"X-Content-Type-Options", b"X-Frame-Options", b"Referrer-Policy"):
        assert headers[name] == page[name]
    assert b"default-src 'self'" in headers[b"Content-Security-Policy"]
    assert b"Set-Cookie" not in headers
    assert (await ask("GET", path, **(token | {"host": "elsewhere.example"})))[0] == 400


@pytest.mark.parametrize("scheme", ["Token", "token", "tOKEN"])
async def test_a_wrong_token_is_refused_whatever_else_came_with_it(project, client, scheme):
    def sign_in():
        client.force_login(member(project, "engineer"))
        return client.cookies["sessionid"].value

    cookie = f"sessionid={await sync_to_async(sign_in)()}"
    path = f"/api/v1/projects/{project.slug}/"
    assert (await ask("GET", path, cookie=cookie))[0] == 200
    assert (await ask("GET", path, cookie=cookie, authorization=f"{scheme} another"))[0] == 401


async def test_a_token_opens_no_page(project):
    status, headers, _ = await ask("GET", f"/p/{project.slug}/", authorization=f"Token {SECRET}")
    assert (status, headers[b"Location"].startswith(b"/login/")) == (302, True)
