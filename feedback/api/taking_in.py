"""An upload taken in: its form read, its image proved and kept, its capture written."""

import math
from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from structlog.contextvars import bind_contextvars

from feedback.api import overload
from feedback.api.captured import CaptureForm
from feedback.api.decided import decided
from feedback.queries.edge import sent_before
from inference import rules
from inference.enums import Stage
from inference.models import Capture, ModelVersion
from inference.services import arrivals
from inference.services.captures import receive
from labeling.domain.proposals import check_proposal
from labeling.domain.values import ValueRefused
from labeling.imagefile import ImageRefused
from labeling.models import Image, PrivacySettings, Source
from labeling.services import images
from labeling.services.blurring import CannotBlur
from people.api.access import get_project
from people.api.kept import validated
from people.api.problems import Problem, invalid
from people.models import IdempotencyKey, Project, Token
from people.queries.prepared import Prepared

LONGEST_WAIT_SECONDS = 30
FIELDS = tuple(CaptureForm().fields)


def take_in(request: Request, answer: Callable[[Capture], IdempotencyKey] | None = None) -> Response:
    """The 202 of a capture that is kept, with `answer`, what a repetition is told; raises what is wrong with it."""
    waiting_seconds(request)
    _check_given_once(request)
    given = validated(CaptureForm, request.data)
    arrival = images.Arrival.of(given["image"].read())
    given["image"].seek(0)
    source = _source_of(request, given["project"], given["source"], arrival.sha256)
    rules.check_ingest(request.user, source.project)
    model = None
    if "edge" in given:
        given["edge"], model = decided(request, source.project, given["edge"])
        if given.get("prediction") is None:
            raise invalid("prediction", "is required: what the device's model said.")
    # A device may hear no answer for longer than Idempotency-Keys are kept.
    capture = sent_before(source.project, given["edge"]["capture"]) if model else None
    if capture is None:
        overload.check(source.project)
        capture = _receive(source, arrival, given, answer, model)
    bind_contextvars(capture=str(capture.pk))
    return Response(
        accepted(capture),
        status=202,
        headers={"Location": request.build_absolute_uri(f"{request.path}{capture.pk}/")},
    )


def accepted(capture: Capture) -> dict[str, Any]:
    """What AcceptedSerializer describes."""
    return {"id": str(capture.pk), "state": capture.state}


def _receive(
    source: Source,
    arrival: images.Arrival,
    given: dict[str, Any],
    answer: Callable[[Capture], IdempotencyKey] | None,
    ours: ModelVersion | None,
) -> Capture:
    """The capture of what the form holds, the image and the prediction with it checked before anything is kept.

    `ours` is the model that a device at the edge made the prediction by.
    """
    project = source.project
    data, context = arrival.kept(
        known=getattr(source, "is_known", False),
        keeps_location=getattr(source, "keeps_location", None),
        context=given.get("context"),
    )
    external = given.get("prediction")
    model = None if external is not None else getattr(source, "preprocessing", None)
    try:
        facts = arrivals.inspect(data, model)
    except ImageRefused as refused:
        name, status = ("too-large", 413) if refused.kind == "too-large" else ("invalid", 400)
        raise Problem(name, status, f"image: {refused.reason}", {"image": [refused.reason]}) from None
    if external is not None:
        external = _proposal(project, external, facts.width, facts.height, ours)
    if ours is not None and external is not None:
        external["edge"] = given["edge"]
    captured_at = given.get("captured_at") or timezone.now()
    try:
        image = images.row(
            project=project,
            data=data,
            filename=given["image"].name,
            source=source,
            captured_at=captured_at,
            context=context,
            facts=facts,
        )
    except images.ImageErased as erased:
        raise Problem("erased", 410, f"image: {erased.reason}", {"image": [erased.reason]}) from None
    except CannotBlur as cannot:
        raise Problem("overloaded", 503, f"image: {cannot.reason} Nothing was kept.") from None
    return receive(
        project=project,
        source=source,
        image=image,
        captured_at=captured_at,
        context=context,
        external=external,
        answer=answer,
    )


def _check_given_once(request: Request) -> None:
    # Both what was typed and what is a file; of no body at all an empty dict.
    fields = request.data
    for name in FIELDS if fields else ():
        if len(fields.getlist(name)) > 1:
            raise invalid(name, "is given more than once: a capture is one image of one source.")


def _source_of(request: Request, slug: str, key: str, sha256: str) -> Source:
    """The camera, its project loaded, if the caller may know both; raises the problem of whichever is wrong.

    It has the `preprocessing` of the model that serves the project, or None, whether the project `keeps_location`, and
    whether an image of this hash `is_known`.
    """
    asked = {"slug": slug, "key": key, "user": request.user.pk, "sha256": sha256}
    found = None if "\0" in slug + key else SOURCE.first(**asked)
    if found is not None and (
        not isinstance(request.auth, Token) or request.auth.project_id == found.project_id
    ):
        return found
    return source_named(_project(request, slug), key)


def _one_source(slug: str, key: str, user: int, sha256: str) -> QuerySet[Source]:
    found = Source.objects.filter(project__slug=slug, key=key, project__memberships__user=user)
    champion = ModelVersion.objects.filter(project=OuterRef("project"), stage=Stage.CHAMPION.value)
    privacy = PrivacySettings.objects.filter(project=OuterRef("project"))
    return found.select_related("project__privacy").annotate(
        preprocessing=Subquery(champion.values("preprocessing")),
        keeps_location=Subquery(privacy.values("keeps_location")),
        is_known=Exists(Image.objects.filter(project=OuterRef("project"), sha256=sha256)),
    )


SOURCE = Prepared(_one_source, slug="a slug", key="a key", user=-1, sha256="0" * 64)


def _project(request: Request, slug: str) -> Project:
    try:
        return get_project(request, slug)
    except Http404 as missing:
        raise Problem("not-found", 404, str(missing), {"project": [str(missing)]}) from None


def source_named(project: Project, key: str) -> Source:
    """The project's source of that key; raises a 400 naming those there are."""
    source = None if "\0" in key else project.sources.filter(key=key).first()
    if source is None:
        known = ", ".join(sorted(project.sources.values_list("key", flat=True))) or "none yet"
        raise invalid("source", f"{key[:80]!r} is not a source of this project; it has {known}.")
    return source


def _proposal(
    project: Project, given: dict[str, Any], width: int, height: int, ours: ModelVersion | None
) -> dict[str, Any]:
    if given.get("confidence") is None:
        raise invalid("prediction.confidence", "is required: how sure it is, 0 to 1.")
    if ours is not None:
        labels = set(ours.labels)
    else:
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
