"""The whole description of the API, walked with requests that fit it and that do not, and held against the answers."""

import datetime
import os
from typing import Any

import pytest
import requests
import yaml
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from schemathesis import Case, GenerationMode
from urllib3 import HTTPResponse

from benchmarks.api_walk import Walk
from tests.factories.everything import furnish

ORIGIN = "http://localhost"


class Here:
    """Puts a generated request to Django in this process, in a transaction that is undone."""

    def __init__(self, authorization: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.authorization = authorization

    def __call__(self, case: Case) -> requests.Response:
        asked = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
        headers = {
            name: value if isinstance(value, str) else value.decode("latin-1")
            for name, value in asked.headers.items()
            if name.lower() not in ("content-length", "content-type")
        }
        body = asked.body or b""
        with transaction.atomic():
            answer = self.client.generic(
                asked.method or "",
                asked.path_url,
                body.encode() if isinstance(body, str) else body,
                content_type=asked.headers.get("Content-Type") or "application/octet-stream",
                headers={**headers, "Authorization": self.authorization},
            )
            content = _content(answer)
            transaction.set_rollback(True)
        said = requests.Response()
        said.status_code, said.request, said._content = answer.status_code, asked, content
        said.headers = requests.structures.CaseInsensitiveDict(answer.headers)
        said.raw = HTTPResponse(headers=dict(answer.headers), status=answer.status_code)
        said.elapsed = datetime.timedelta(0)
        return said


def _content(answer: Any) -> bytes:
    if not (answer.streaming and answer.is_async):
        return answer.getvalue()

    async def gathered() -> bytes:
        return b"".join([part async for part in answer])

    return async_to_sync(gathered)()


# All of them with HYPOTHESIS_PROFILE=search, and at length with benchmarks/api_schema.py.
EACH = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "search" else 12


def described():
    return yaml.load((settings.ROOT / "schema.yml").read_text(), Loader=yaml.CSafeLoader)


@pytest.fixture
def walk_of(shop):
    with connection.cursor() as cursor:
        # The walk is one transaction, and longer than any that people wait for.
        cursor.execute("SET transaction_timeout = 0")
    place = furnish(shop)
    authorization = place.client(place.engineer)._credentials["HTTP_AUTHORIZATION"]
    return lambda description: Walk(description, Here(authorization), place.known)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore")
def test_no_answer_is_a_fault_or_undocumented(walk_of):
    walk, found = walk_of(described()), []
    for number, operation in enumerate(list(walk.operations())[::EACH]):
        mode = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[number % 2]
        found += walk.failures(operation, 1, modes=[mode])
    assert found == []
    assert {200, 400} <= set(walk.answers)


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore")
def test_the_walk_sees_an_answer_that_is_not_described(shop):
    path, said = "/api/v1/push-key/", []
    here = Here(shop.client(shop.engineer)._credentials["HTTP_AUTHORIZATION"])
    for changed in (
        lambda responses: responses.pop("200"),
        lambda responses: responses["200"]["content"]["application/json"].update(schema={"type": "array"}),
    ):
        described_otherwise = described()
        described_otherwise["paths"] = {path: described_otherwise["paths"][path]}
        changed(described_otherwise["paths"][path]["get"]["responses"])
        walk = Walk(described_otherwise, here, {})
        (operation,) = walk.operations()
        said += walk.failures(operation, 1, modes=[GenerationMode.POSITIVE])
    assert ["UndefinedStatusCode" in said[0], "JsonSchemaError" in said[1], len(said)] == [True, True, 2]
