"""Who may reach what: every address there is, put to everybody; an address without a row fails."""

import pytest
from django.db import connection

from people.enums import Scope
from tests.access.rows import API, PAGES
from tests.access.walking import WHO, Everybody, addresses, methods_of, path_of
from tests.factories.everything import furnish
from tests.labeling.test_api_access import ENDPOINTS

# What answers of the API's root, that there is nothing.
NOTHING = "api/v1/"

pytestmark = [
    pytest.mark.django_db,
    # Answers that stream are not read here.
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
]


@pytest.fixture
def place(shop):
    with connection.cursor() as cursor:
        # The walk is one transaction, and longer than any that people wait for.
        cursor.execute("SET transaction_timeout = 0")
    return furnish(shop)


@pytest.fixture
def everybody(place):
    return Everybody(place)


def rows_of_pages():
    return [
        (name, method or "get", statuses)
        for statuses, names in PAGES.items()
        for name, _, method in (word.partition(":") for word in names.split())
    ]


def differing(everybody, rows):
    """What is answered otherwise than a row says, as rows to compare with."""
    routes = {name: route for name, route, _ in addresses()}
    for name, method, scope, statuses in rows:
        path = path_of(everybody.place, routes[name])
        found = " ".join(str(everybody.status(who, method, path, scope)) for who in WHO)
        if found != statuses:
            yield name, method, found, f"and not {statuses}"


def test_every_address_has_a_row_and_no_row_is_of_none():
    """Add a new page to PAGES, an endpoint to API or, if it is labeling's, to ENDPOINTS of its own tests."""
    rows = {row[0] for row in (*ENDPOINTS, *API, *rows_of_pages())}
    assert {name for name, _, _ in addresses()} - {NOTHING} == rows


def test_every_method_of_an_endpoint_has_a_row():
    rows = {row[:2] for row in (*ENDPOINTS, *API)}
    assert rows == {(name, method) for name, _, view in addresses() for method in methods_of(name, view)}


def test_everybody_gets_the_pages_that_are_theirs(everybody):
    rows = [(name, method, None, statuses) for name, method, statuses in rows_of_pages()]
    assert list(differing(everybody, rows)) == []


def test_everybody_gets_what_is_theirs_of_the_api(everybody):
    rows = [(name, method, Scope(scopes.split()[0]), statuses) for name, method, scopes, statuses in API]
    assert list(differing(everybody, rows)) == []


def test_a_token_needs_one_of_the_scopes_of_its_row(everybody):
    routes = {name: (route, view) for name, route, view in addresses()}
    for name, method, scopes, _ in API:
        route, view = routes[name]
        assert tuple(map(str, methods_of(name, view)[method])) == tuple(scopes.split())
        wrong = next(scope for scope in Scope if str(scope) not in scopes.split())
        assert everybody.status("engineer", method, path_of(everybody.place, route), wrong) == 403, name


def test_what_an_outsider_is_answered_is_what_anybody_is_told_of_nothing():
    """Who is in another project learns of none of the addresses below a project that there is anything."""
    routes = {name: route for name, route, _ in addresses()}
    told = [
        (name, statuses)
        for name, *_, statuses in (*API, *rows_of_pages())
        if "<" in routes[name] and "slug" in routes[name] and statuses.split()[6:] != ["404", "404"]
    ]
    assert {name for name, _ in told} == {"alerts-worker", "runbook"}
