"""Whatever goes wrong, the API answers with a problem that says so."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import RequestFactory
from django.urls import path
from rest_framework.response import Response
from rest_framework.test import APIClient

from people.api import problems
from people.api.views import View
from people.enums import Scope
from tests.factories.labeling import project_with
from tests.factories.people import client_of, member

MEDIA_TYPE = "application/problem+json"


class Lost(View):
    """An address whose database has gone away."""

    scopes = {"GET": Scope.READ, "POST": Scope.READ}

    def get(self, request):
        raise OperationalError("the connection is closed")

    def post(self, request):
        raise InterfaceError("the connection is closed")


class Faulty(View):
    """An address with a fault in it."""

    scopes = {"GET": Scope.READ}

    def get(self, request):
        return Response({"never": 1 / 0})


urlpatterns = [
    path("api/v1/lost/", Lost.as_view()),
    path("api/v1/faulty/", Faulty.as_view()),
]
handler500 = "people.api.problems.broken"


@pytest.fixture
def client(db) -> APIClient:
    project = project_with()
    client = client_of(member(project, "engineer"), project)
    client.raise_request_exception = False
    return client


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_lost_database_asks_to_send_it_again(client, method):
    response = getattr(client, method)("/api/v1/lost/")
    assert (response.status_code, response["Content-Type"]) == (503, MEDIA_TYPE)
    assert response.json()["type"] == "/problems/overloaded"
    assert int(response["Retry-After"]) >= 1
    assert "connection" not in response.content.decode()


@pytest.mark.urls(__name__)
def test_a_fault_of_ours_is_a_problem_too_and_gives_nothing_away(client, settings):
    settings.DEBUG = False
    response = client.get("/api/v1/faulty/")
    assert (response.status_code, response["Content-Type"]) == (500, MEDIA_TYPE)
    assert response.json()["type"] == "/problems/internal"
    assert "division" not in response.content.decode()


def test_a_fault_of_a_page_is_a_page():
    response = problems.broken(RequestFactory().get("/faulty/"))
    assert (response.status_code, response["Content-Type"].split(";")[0]) == (500, "text/html")


@pytest.mark.parametrize("address", ["", "nothing/", "projects", "captures/not-an-id/"])
def test_an_address_that_is_none_is_a_problem(client, address):
    response = client.get(f"/api/v1/{address}")
    assert (response.status_code, response["Content-Type"]) == (404, MEDIA_TYPE)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_method_that_is_none_names_those_there_are(client, method):
    response = getattr(client, method)("/api/v1/sites/")
    assert (response.status_code, response["Content-Type"]) == (405, MEDIA_TYPE)
    assert {"GET", "POST"} <= set(response["Allow"].split(", "))
    assert getattr(APIClient(), method)("/api/v1/sites/").status_code == 401


@pytest.mark.parametrize("address", ["sites", "projects"])
@pytest.mark.parametrize("size", ["0", "-1", "ten", "1.5", "", "9" * 5000 + "x"])
def test_a_page_size_that_is_none_is_named(client, address, size):
    response = client.get(f"/api/v1/{address}/", {"page_size": size})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["page_size"])


@pytest.mark.parametrize("address", ["sites", "projects"])
@pytest.mark.parametrize("cursor", ["nonsense", "cD1hYmM=", "cD0A", "cD0=", "cD0xLjU="])
def test_a_cursor_that_is_none_is_named(client, address, cursor):
    response = client.get(f"/api/v1/{address}/", {"cursor": cursor})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["cursor"])


def test_a_page_holds_two_hundred_at_most(client):
    for size in ("200", "201", "9" * 30):
        assert client.get("/api/v1/sites/", {"page_size": size}).status_code == 200
