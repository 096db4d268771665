"""Captures in by POST, and what became of them: the prediction and where it went."""

import json
from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from feedback.api.captured import AcceptedSerializer, CaptureForm, CaptureSerializer, shown
from feedback.api.taking_in import accepted, source_named, take_in, waiting_seconds
from inference import rules
from inference.enums import CaptureState
from inference.models import Capture
from inference.queries import captures
from people.api.access import get_project, get_row
from people.api.bodies import OVERHEAD
from people.api.pagination import Pages
from people.api.problems import Problem, invalid
from people.api.schema import PAGING, page_of
from people.api.uploads import Multipart
from people.api.views import View, whose
from people.enums import Scope
from people.models import IdempotencyKey
from people.services.idempotency import Repeated
from people.services.listening import hub

WAIT = OpenApiParameter(
    "wait",
    float,
    description="Seconds, up to 30, to wait for the prediction: 200 with it once there, else 202.",
)


class Captures(View):
    scopes = {"POST": (Scope.INGEST, Scope.EDGE)}
    parser_classes = [Multipart]
    most_body_bytes = settings.MAX_IMAGE_BYTES + OVERHEAD
    bulk = "image"
    # A gateway sends for many cameras; how much of it can wait is bounded by project.
    request_weight = 0.2

    @extend_schema(
        operation_id="captures_send",
        parameters=[WAIT],
        request={"multipart/form-data": CaptureForm},
        responses={202: AcceptedSerializer, 200: CaptureSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take in an image; a prediction follows."""
        return take_in(request)

    def _repeatable(self, handler: Any, key: str) -> Any:
        """The key is written with the capture, by the same statement; the usual way is for what that cannot tell."""
        usual = super()._repeatable(handler, key)

        def post(request: Request, *args: Any, **kwargs: Any) -> Response:
            def answer(capture: Capture) -> IdempotencyKey:
                body = json.dumps(accepted(capture), cls=JSONEncoder)
                return IdempotencyKey(**whose(request), key=key, status=202, body=body)

            try:
                return take_in(request, answer)
            except (Repeated, APIException, PermissionDenied, Http404):
                # Whatever is wrong with it now, a repetition is answered as it was the first time.
                return usual(request, *args, **kwargs)

        return post


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
            rows = rows.filter(source=source_named(project, key))
        pages = Pages()
        found = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(shown(found, request))


def _whole(rows: QuerySet[Capture]) -> QuerySet[Capture]:
    return rows.select_related("project", "image", "source", "prediction__model")


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
