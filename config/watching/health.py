"""Is it alive, is it ready, and what does it count: for whoever watches the installation."""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse

from config.watching.exposition import text_of
from config.watching.figures import figures
from config.watching.readiness import readiness
from people.enums import Scope
from people.models import Project
from people.queries.projects import led_by
from people.services.tokens import find_token

KEPT_SECONDS = 5


@login_not_required
async def alive(request: HttpRequest) -> JsonResponse:
    """200 while this process answers at all. It takes no thread: all of them may be waiting for a lost database."""
    return JsonResponse({"status": "ok"})


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """200 when this process can do all it is for, 503 when it cannot; the body says what fails."""
    found = readiness()
    answer = JsonResponse(found.as_json(), status=200 if found.good else 503)
    # Who asks does so every few seconds, and Django logs each answer of the kind as an error.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text: what comes to each stage, what waits and how long; kept for five seconds.

    Of the projects that the bearer of the token, or who is signed in, leads; of all with VOUCH_METRICS_OPEN.
    """
    projects = sorted(_all_projects() if settings.METRICS_OPEN else _projects_of(request))
    if not projects and not settings.METRICS_OPEN:
        return _refused()
    key = f"metrics.{hash(tuple(projects))}"
    text = cache.get_or_set(key, lambda: text_of(figures(projects)), KEPT_SECONDS)
    return HttpResponse(text, content_type="text/plain; version=0.0.4")


def _all_projects() -> Iterable[UUID]:
    return Project.objects.values_list("pk", flat=True)


def _projects_of(request: HttpRequest) -> Iterable[UUID]:
    """Ids of the projects whose figures whoever asks may read."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme in ("Token", "Bearer"):
        token = find_token(secret.strip())
        if token is None or not {Scope.READ, Scope.ADMIN} & set(token.scopes):
            return []
        return led_by(token.user).filter(project=token.project_id).values_list("project", flat=True)
    return led_by(request.user).values_list("project", flat=True) if request.user.is_authenticated else []


def _refused() -> HttpResponse:
    refusal = HttpResponse(
        "Send a token of a QA lead or an engineer with scope read, as Authorization: Token KEY. "
        "VOUCH_METRICS_OPEN=1 opens this page to everybody who reaches it.\n",
        status=401,
        content_type="text/plain",
    )
    refusal["WWW-Authenticate"] = "Token"
    return refusal
