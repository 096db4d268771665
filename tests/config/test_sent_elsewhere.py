"""Errors and traces that are sent elsewhere: nothing unless it is asked for, and never who or what it was about."""

import asyncio
import gzip
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import sentry_sdk
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from structlog.contextvars import bound_contextvars

from config import logs, sentry, tracing
from config.request_ids import Named
from people.api.bodies import MATCH


@pytest.fixture
def sink():
    """A server on this machine that takes whatever is sent: `address`, and `sent` as (path, bytes)."""
    sent = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_zipped = self.headers.get("Content-Encoding") == "gzip"
            sent.append((self.path, gzip.decompress(body) if is_zipped else body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Takes) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield SimpleNamespace(address=f"127.0.0.1:{server.server_port}", sent=sent)
        server.shutdown()
        thread.join()


@pytest.fixture
def reporting(sink):
    """Errors go to the sink, until the test is over."""
    assert sentry.report({"VOUCH_SENTRY_DSN": f"http://key@{sink.address}/7"}) is True
    yield
    sentry_sdk.get_client().close(timeout=10)
    sentry_sdk.get_global_scope().set_client(None)


def events(sink):
    """The events that came, once all that waited was sent."""
    sentry_sdk.flush(timeout=20)
    lines = [line for path, body in sink.sent if path == "/api/7/envelope/" for line in body.splitlines()]
    return [said for said in map(json.loads, lines) if "exception" in said or "logentry" in said]


def fails(photograph, name):
    raise ValueError(f"{name} sent https://shop/i/?sign=abcdefgh as ada@example.org")


def test_nothing_is_sent_unless_it_is_told_to(sink):
    assert sentry.report({}) is False
    assert tracing.trace({}) is None
    assert not sentry_sdk.get_client().is_active()
    with tracing.span("anything", request="r1") as begun:
        assert begun is None
    logging.getLogger("some.module").error("It went wrong.")
    assert sink.sent == []


def test_an_error_is_sent_with_where_it_was_and_nothing_of_what_it_was_about(sink, reporting):
    request = SimpleNamespace(user="ada", META={"HTTP_AUTHORIZATION": "Token abc"}, body=b"\xff\xd8jpeg")
    with bound_contextvars(request="r1", capture="c1", user="ada"):
        try:
            fails(b"\xff\xd8photograph", "Ada")
        except ValueError:
            logging.getLogger("django.request").exception(
                "Internal Server Error: %s", "/people/ada/", extra={"request": request, "status_code": 500}
            )
    (event,) = events(sink)
    assert event["tags"] == {"request": "r1", "capture": "c1"}
    assert event["logentry"] == {"message": "Internal Server Error: %s"}
    (raised,) = event["exception"]["values"]
    assert raised["type"] == "ValueError"
    assert raised["value"] == f"Ada sent https://shop/i/?{logs.LEFT_OUT} as {logs.LEFT_OUT}"
    assert raised["stacktrace"]["frames"][-1]["function"] == "fails"
    everything = b"".join(body for _, body in sink.sent).decode()
    for never in ("/people/ada", "ada@example", "Token abc", "jpeg", "photograph\\", "server_name", '"vars"'):
        assert never not in everything
    assert set(event) <= {*sentry.KEPT, "tags", "logentry", "exception"}


def test_what_is_no_error_is_not_sent(sink, reporting):
    logging.getLogger("some.module").warning("It may go wrong.")
    assert events(sink) == []


def test_a_request_and_a_job_are_a_span_each_and_name_nobody(sink):
    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 404})

    async def send(message):
        pass

    end = tracing.trace({"VOUCH_OTLP_ENDPOINT": f"http://{sink.address}/"})
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/people/ada/",
        "query_string": b"sign=abc",
        "headers": [(b"x-request-id", b"request-1")],
        MATCH: SimpleNamespace(route="people/<slug:who>/"),
    }

    async def played():
        await Named(application)(scope, None, send)
        job = SimpleNamespace(id=12, task_name="feedback.escalate")

        async def work():
            raise LookupError("ada@example.org is gone")

        with pytest.raises(LookupError):
            await logs.naming_job(work, SimpleNamespace(job=job), None)

    asyncio.run(played())
    end()
    assert {path for path, _ in sink.sent} == {"/v1/traces"}
    found = {
        span.name: {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
        for _, body in sink.sent
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope_spans in resource.scope_spans
        for span in scope_spans.spans
    }
    assert found == {
        "GET /people/<slug:who>/": {
            "request": "request-1",
            "http.route": "/people/<slug:who>/",
            "http.response.status_code": 404,
        },
        "feedback.escalate": {"job": 12, "error.type": "LookupError"},
    }
    assert b"ada" not in b"".join(body for _, body in sink.sent)
    with tracing.span("after") as begun:
        assert begun is None
