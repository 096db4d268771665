"""Every address of the installation, put to everybody who might try it."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from feedback.api.captures import Captures
from labeling.models import Answer
from people.enums import Scope
from tests.factories.people import client_of

WHO = ("nobody", "associate", "other_associate", "annotator", "qa_lead", "engineer", "stranger", "elsewhere")
"""Columns of the tables: signed out; an associate of the store it is about, and of another one; the others of the
project; somebody without a project; an engineer of another project."""
ASIDE = ("admin/", "<path:rest>", "^static")
"""The administration, of which Django keeps the rules; what answers that there is nothing; files of the source."""
WORD = re.compile(r"([a-z-]+)/<\w+:\w+>|<\w+:\w+>")


def addresses(resolver: Any = None, before: str = "") -> Iterator[tuple[str, str, Any]]:
    """Of every address: its name (or its route, where it has none), its route and its view."""
    for one in (resolver or get_resolver()).url_patterns:
        route = before + str(one.pattern)
        if any(part in route for part in ASIDE):
            continue
        if isinstance(one, URLResolver):
            yield from addresses(one, route)
        elif isinstance(one, URLPattern):
            yield one.name or route, route, one.callback


def methods_of(name: str, view: Any) -> dict[str, tuple[Scope, ...]]:
    """By method, the scopes of which a token needs one; empty for what is no endpoint of the API."""
    # The view that takes captures is wrapped in one that waits.
    kind = Captures if name == "api-captures" else getattr(view, "view_class", getattr(view, "cls", None))
    scopes = getattr(kind, "scopes", {})
    return {
        method.lower(): (needed,) if isinstance(needed, Scope) else tuple(needed)
        for method, needed in scopes.items()
    }


def path_of(place: SimpleNamespace, route: str) -> str:
    """The route with what there is of the place in it."""
    api = route.startswith("api/")
    named = place.known if api else place.on_pages

    def filled(match: re.Match[str]) -> str:
        if (word := match[1]) in named:
            return f"{word}/{named[word][0]}"
        return f"{word}/nothing" if word else place.project.slug

    return "/" + WORD.sub(filled, route)


class Everybody:
    """Clients of all of WHO: with tokens for the API, signed in for pages."""

    def __init__(self, place: SimpleNamespace) -> None:
        self.place = place
        self.sessions = {who: self._session(who) for who in WHO}

    def _session(self, who: str) -> Client:
        client = Client(raise_request_exception=False)
        if who != "nobody":
            client.force_login(getattr(self.place, who))
        return client

    def status(self, who: str, method: str, path: str, scope: Scope | None) -> int:
        """What is answered; whatever happened is undone."""
        if scope is not None and who != "nobody":
            project = self.place.other_project if who == "elsewhere" else self.place.project
            client = client_of(getattr(self.place, who), project, {scope})
            client.raise_request_exception = False
        else:
            client = self.sessions[who]
        answers, cookies = Answer.objects.count(), client.cookies.copy()
        with transaction.atomic():
            sent = {} if method == "get" else {"data": {}}
            if scope is not None and method != "get":
                sent = {"data": "{}", "content_type": "application/json"}
            response = getattr(client, method)(path, **sent)
            transaction.set_rollback(True)
        # Some pages sign out.
        client.cookies = cookies
        assert Answer.objects.count() == answers
        return response.status_code
