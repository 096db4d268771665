"""Captures in by POST, and what became of them: the prediction and where it went."""

import math
from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from feedback.api import overload
from feedback.api.captured import AcceptedSerializer, CaptureForm, CaptureSerializer, shown
from inference import rules
from inference.enums import CaptureState
from inference.models import Capture
from inference.queries import captures
from inference.services.captures import receive
from labeling.domain.proposals import check_proposal
from labeling.domain.values import ValueRefused
from labeling.imagefile import ImageRefused, inspect
from labeling.models import Source
from labeling.services import images
from people.api.access import get_project, get_row
from people.api.bodies import OVERHEAD
from people.api.pagination import Pages
from people.api.problems import Problem, invalid
from people.api.schema import PAGING, page_of
from people.api.uploads import Multipart
from people.api.views import View
from people.enums import Scope
from people.models import Project, Token
from people.queries.prepared import Prepared
from people.services.listening import hub

LONGEST_WAIT_SECONDS = 30
WAIT = OpenApiParameter(
    "wait",
    float,
    description="Seconds, up to 30, to wait for the prediction: 200 with it once there, else 202.",
)


class Captures(View):
    scopes = {"POST": Scope.INGEST}
    parser_classes = [Multipart]
    most_body_bytes = settings.MAX_IMAGE_BYTES + OVERHEAD
    bulk = "image"

    @extend_schema(
        operation_id="captures_send",
        parameters=[WAIT],
        request={"multipart/form-data": CaptureForm},
        responses={202: AcceptedSerializer, 200: CaptureSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take in an image; a prediction follows."""
        waiting_seconds(request)
        _check_given_once(request)
        form = CaptureForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data
        source = _source_of(request, given["project"], given["source"])
        rules.check_ingest(request.user, source.project)
        overload.check(source.project)
        capture = _receive(source.project, source, given)
        return Response(
            {"id": str(capture.pk), "state": capture.state},
            status=202,
            headers={"Location": request.build_absolute_uri(f"{request.path}{capture.pk}/")},
        )


class OneCapture(View):
    scopes = {"GET": (Scope.READ, Scope.INGEST)}

    @extend_schema(operation_id="captures_read", responses=CaptureSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        found = get_row(request, _whole(captures.visible_to(request.user)), pk=pk)
        return Response(shown([found], request)[0])


class ProjectCaptures(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="captures_list",
        parameters=[
            *PAGING,
            OpenApiParameter("state", str, enum=[str(state) for state in CaptureState]),
            OpenApiParameter("source", str, description="A source's key."),
        ],
        responses=page_of(CaptureSerializer),
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's captures, newest first."""
        project = get_project(request, slug)
        rules.check_see_captures(request.user, project)
        rows = _whole(Capture.objects.filter(project=project))
        if state := request.query_params.get("state"):
            if state not in list(CaptureState):
                raise invalid("state", f"must be one of {', '.join(CaptureState)}.")
            rows = rows.filter(state=state)
        if key := request.query_params.get("source"):
            rows = rows.filter(source=_source(project, key))
        pages = Pages()
        found = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(shown(found, request))


def _whole(rows: QuerySet[Capture]) -> QuerySet[Capture]:
    return rows.select_related("project", "image", "source", "prediction__model")


def _receive(project: Project, source: Source, given: dict[str, Any]) -> Capture:
    """The capture of what the form holds, the image and the prediction with it checked before anything is kept."""
    upload = given["image"]
    data = upload.read()
    try:
        facts = inspect(data, max_bytes=settings.MAX_IMAGE_BYTES)
    except ImageRefused as refused:
        name, status = ("too-large", 413) if refused.kind == "too-large" else ("invalid", 400)
        raise Problem(name, status, f"image: {refused.reason}", {"image": [refused.reason]}) from None
    external = None
    if given.get("prediction") is not None:
        external = _proposal(project, given["prediction"], facts.width, facts.height)
    captured_at = given.get("captured_at") or timezone.now()
    with transaction.atomic(savepoint=False):
        image, _ = images.store(
            project=project,
            data=data,
            filename=upload.name,
            source=source,
            captured_at=captured_at,
            context=given.get("context"),
            facts=facts,
        )
        return receive(
            project=project,
            source=source,
            image=image,
            captured_at=captured_at,
            context=given.get("context"),
            external=external,
        )


def _check_given_once(request: Request) -> None:
    for name in CaptureForm().fields:
        if len(request.POST.getlist(name)) + len(request.FILES.getlist(name)) > 1:
            raise invalid(name, "is given more than once: a capture is one image of one source.")


def _source_of(request: Request, slug: str, key: str) -> Source:
    """The camera, its project loaded, if the caller may know both; raises the problem of whichever is wrong."""
    found = None if "\0" in slug + key else SOURCE.first(slug=slug, key=key, user=request.user.pk)
    if found is not None and (
        not isinstance(request.auth, Token) or request.auth.project_id == found.project_id
    ):
        return found
    return _source(_project(request, slug), key)


def _one_source(slug: str, key: str, user: int) -> QuerySet[Source]:
    found = Source.objects.filter(project__slug=slug, key=key, project__memberships__user=user)
    return found.select_related("project")


SOURCE = Prepared(_one_source, slug="a slug", key="a key", user=-1)


def _project(request: Request, slug: str) -> Project:
    try:
        return get_project(request, slug)
    except Http404 as missing:
        raise Problem("not-found", 404, str(missing), {"project": [str(missing)]}) from None


def _source(project: Project, key: str) -> Source:
    source = None if "\0" in key else project.sources.filter(key=key).first()
    if source is None:
        known = ", ".join(sorted(project.sources.values_list("key", flat=True))) or "none yet"
        raise invalid("source", f"{key[:80]!r} is not a source of this project; it has {known}.")
    return source


def _proposal(project: Project, given: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    if given.get("confidence") is None:
        raise invalid("prediction.confidence", "is required: how sure it is, 0 to 1.")
    labels = set(project.labels.filter(retired_at=None).values_list("key", flat=True))
    try:
        return check_proposal(given, task_type=project.task_type, labels=labels, width=width, height=height)
    except ValueRefused as refused:
        raise Problem("invalid", 400, str(refused), refused.errors) from None


def waiting_seconds(request: HttpRequest | Request) -> float:
    """What `?wait=` asks for, 0 where it is absent; raises a 400 for anything but 0 to 30."""
    try:
        seconds = float(request.GET.get("wait") or 0)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_WAIT_SECONDS:
        raise invalid("wait", f"must be a number of seconds from 0 to {LONGEST_WAIT_SECONDS}.")
    return seconds


def _with_waiting(send: Callable[..., HttpResponse], read: Callable[..., HttpResponse]) -> Callable[..., Any]:
    """The view `send` and, where `?wait=` asks for it, then what `read` shows once the capture has ended.

    While it waits it holds neither a thread nor a database connection.
    """

    async def waiting(request: HttpRequest) -> HttpResponse:
        answer = await _apart(send)(request)
        try:
            seconds = waiting_seconds(request)
        except Problem:
            return answer
        if not seconds or answer.status_code != 202:
            return answer
        identity = answer.data["id"]  # type: ignore[attr-defined]

        async def ended() -> bool:
            try:
                return await _apart(_has_ended)(identity)
            except (OperationalError, InterfaceError):
                # The capture is kept; once the database is back, the hub wakes whoever waits.
                return False

        if not await hub.wait_for("captures.finished", identity, seconds, ended):
            return answer
        # The same caller reads what it sent: the body is taken, so that only the headers count.
        request.method = "GET"
        shown_now = await _apart(read)(request, pk=UUID(identity))
        if "Idempotency-Replayed" in answer:
            shown_now["Idempotency-Replayed"] = answer["Idempotency-Replayed"]
        return shown_now

    update_wrapper(waiting, send)
    waiting.at_once = send  # type: ignore[attr-defined]
    waiting.waits = lambda query: bool(query.get("wait"))  # type: ignore[attr-defined]
    return waiting


def _has_ended(identity: str) -> bool:
    return Capture.objects.filter(pk=identity).exclude(state=CaptureState.PENDING).exists()


def _apart(work: Callable[..., Any]) -> Callable[..., Any]:
    """`work` in a thread, its database connection given back at the end."""

    def done(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            if not connection.in_atomic_block:
                connection.close()

    return sync_to_async(done)


send = _with_waiting(Captures.as_view(), OneCapture.as_view())
