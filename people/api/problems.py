"""Every API error as RFC 9457 problem details: what was wrong, where, and what would be right."""

import errno
import logging
import math
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from people.views import refusals

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
NAMES = {
    400: "invalid",
    401: "not-authenticated",
    403: "forbidden",
    404: "not-found",
    413: "too-large",
    429: "too-many-requests",
}
TITLES = {
    "invalid": "The request is not valid",
    "not-authenticated": "Sign in or send a token",
    "another-user": "Somebody else is signed in here now",
    "forbidden": "Not allowed",
    "not-found": "Not found",
    "lease-lost": "This task is no longer yours",
    "task-closed": "This task is closed",
    "guideline-not-acknowledged": "A new guideline is in force",
    "quiz-first": "A quiz comes first",
    "quiz-closed": "This quiz is not asked of you",
    "round-closed": "This round is closed",
    "idempotency-conflict": "This Idempotency-Key was used for another request",
    "gate-failed": "The model has not earned its place",
    "erased": "It was erased",
    "second-factor-first": "A second factor comes first",
    "too-many-requests": "Too many requests",
    "too-large": "Too large",
    "too-slow": "Too slow",
    "overloaded": "Too busy right now",
    "internal": "Something is wrong here, not with the request",
}
RETRY_SECONDS = 2
FULL = {errno.ENOSPC, errno.EDQUOT}
FULL_RETRY_SECONDS = 60
LIMITS: dict[type[Exception], str] = {
    RequestDataTooBig: f"The fields come to more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20} MB",
    TooManyFieldsSent: f"There are more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} fields",
    TooManyFilesSent: f"There are more than {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files",
}


class Problem(exceptions.APIException):
    """An error with a name of its own; `extra` members stand beside the standard ones."""

    def __init__(
        self,
        name: str,
        status: int,
        detail: str,
        errors: dict[str, list[str]] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.name, self.status_code, self.errors, self.extra = name, status, errors or {}, extra


def invalid(field: str, reason: str) -> Problem:
    """A 400 that names one field."""
    return Problem("invalid", 400, f"{field}: {reason}", {field: [reason]})


def response(
    name: str,
    status: int,
    detail: str,
    errors: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    """The problem as a response, for where raising would undo what must be kept."""
    body = members(name, status, detail, errors, **extra)
    return Response(body, status=status, content_type=MEDIA_TYPE, headers=headers)


def members(
    name: str, status: int, detail: str, errors: dict[str, list[str]] | None = None, **extra: Any
) -> dict[str, Any]:
    """The members of the problem object."""
    return {
        "type": f"/problems/{name}",
        "title": TITLES.get(name, HTTPStatus(status).phrase),
        "status": status,
        "detail": printable(detail),
        "errors": {printable(f): [printable(r) for r in reasons] for f, reasons in (errors or {}).items()},
        **extra,
    }


def printable(text: str) -> str:
    """The text with what cannot be encoded spelled out: reasons quote what was sent, broken characters too."""
    return text.encode("utf-8", "backslashreplace").decode()


def broken(request: HttpRequest) -> HttpResponse:
    """What a fault of ours answers: a problem in the API, a page elsewhere."""
    if not request.path.startswith("/api/"):
        return refusals.broken(request)
    body = members("internal", 500, "The fault is ours, and is in the log.")
    return JsonResponse(body, status=500, content_type=MEDIA_TYPE)


@csrf_exempt
@login_not_required
def nowhere(request: HttpRequest, **kwargs: str) -> JsonResponse:
    """What an address of the API answers that is none: a problem, as everything else there does."""
    detail = f"There is nothing at {request.path}; addresses here end in a slash."
    return JsonResponse(members("not-found", 404, detail), status=404, content_type=MEDIA_TYPE)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; anything it does not know becomes Django's 500."""
    if isinstance(error, Http404):
        error = exceptions.NotFound(str(error) or None)
    elif isinstance(error, DjangoPermissionDenied):
        error = exceptions.PermissionDenied(str(error) or None)
    elif isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(
            error.message_dict if hasattr(error, "error_dict") else error.messages
        )
    elif type(error) in LIMITS:
        reason = f"{LIMITS[type(error)]}; send less at a time."
        error = Problem("too-large", 413, reason, {getattr(context["view"], "bulk", "body"): [reason]})
    elif isinstance(error, OperationalError | InterfaceError):
        logger.warning("the database could not do what %s asked: %s", context["request"].path, error)
        error = Problem("overloaded", 503, "The database cannot do this just now; send it again in a moment.")
        error.wait = RETRY_SECONDS
    elif isinstance(error, OSError) and error.errno in FULL:
        logger.error("the storage is full, %s was refused: %s", context["request"].path, error)
        error = Problem(
            "overloaded", 503, "The storage is full; nothing was kept. Send it again once there is room."
        )
        error.wait = FULL_RETRY_SECONDS
    elif isinstance(error, OSError) and error.errno == errno.EHOSTUNREACH:
        logger.error("the storage is out of reach, %s was refused: %s", context["request"].path, error)
        error = Problem(
            "overloaded", 503, "The storage is out of reach; nothing was kept. Send it again in a moment."
        )
        error.wait = RETRY_SECONDS
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(error.wait))
    if isinstance(error, Problem):
        return response(
            error.name, error.status_code, str(error.detail), error.errors, headers, **error.extra
        )
    if isinstance(error, exceptions.ValidationError):
        errors = flatten(error.detail)
        first = next(iter(errors.items()), ("", ["not valid"]))
        return response(
            "invalid", error.status_code, f"{first[0]}: {first[1][0]}".lstrip(": "), errors, headers
        )
    name = NAMES.get(error.status_code, "invalid")
    return response(name, error.status_code, str(error.detail), None, headers)


def flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Nested DRF errors as `{"field.path": ["…"]}`."""
    if isinstance(detail, dict):
        pairs = [(key, value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        pairs = [(str(index), value) for index, value in enumerate(detail) if value]
    else:
        reasons = detail if isinstance(detail, list) else [detail]
        return {path: [str(reason) for reason in reasons]}
    flat: dict[str, list[str]] = {}
    for key, value in pairs:
        inside = path if key == "non_field_errors" else f"{path}.{key}".lstrip(".")
        flat |= flatten(value, inside)
    return flat
