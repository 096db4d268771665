"""How cameras fare, what people say of them, when stores are closed, and what devices at the edge say of themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.enums import CameraFault, CameraState
from feedback.queries import cameras as queries
from feedback.services import camera_settings as services
from labeling.api.serializers import choices
from labeling.models import Source
from people.api.access import get_project
from people.api.problems import invalid
from people.api.views import View
from people.enums import Scope
from people.models import Project


class CameraFaultSerializer(serializers.Serializer):
    fault = serializers.ChoiceField(choices(CameraFault))
    words = serializers.CharField(help_text="A sentence that follows the camera's name.")
    value = serializers.JSONField(help_text="The figure, or the format.")
    usual = serializers.JSONField(allow_null=True, help_text="What it usually is.")
    since = serializers.DateTimeField()


class CameraSerializer(serializers.Serializer):
    key = serializers.CharField(source="source.key")
    name = serializers.CharField(source="source.name")
    site = serializers.CharField(source="source.site.key")
    state = serializers.ChoiceField(
        choices(CameraState), allow_null=True, help_text="Null while no picture of it was looked at yet."
    )
    state_since = serializers.DateTimeField(source="watch.state_since", default=None, allow_null=True)
    is_blind = serializers.BooleanField(
        source="watch.is_blind", default=False, help_text="Its predictions go to nobody."
    )
    faults = CameraFaultSerializer(source="watch.faults", many=True, default=list)
    last_seen_at = serializers.DateTimeField(source="watch.last_seen_at", default=None, allow_null=True)
    last_hour = serializers.IntegerField(help_text="Captures in the last whole hour.")
    expected_an_hour = serializers.FloatField(source="expected", allow_null=True)
    maintenance_until = serializers.DateTimeField(
        source="watch.maintenance_until", default=None, allow_null=True
    )
    reference = serializers.UUIDField(
        source="watch.reference_id", default=None, allow_null=True, help_text="The image it should look like."
    )
    now = serializers.UUIDField(
        source="watch.image_id", default=None, allow_null=True, help_text="The newest image looked at."
    )


class CamerasSerializer(serializers.Serializer):
    cameras = CameraSerializer(many=True)


class ReferenceForm(serializers.Serializer):
    """Nothing: it is the camera's newest photograph."""


class MaintenanceForm(serializers.Serializer):
    until = serializers.DateTimeField(allow_null=True, help_text="Null ends it.")
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class ExpectedForm(serializers.Serializer):
    per_minute = serializers.FloatField(allow_null=True, help_text="Null: learnt.")


class StoreHoursSerializer(serializers.Serializer):
    start = serializers.TimeField(allow_null=True, default=None, help_text="By the store's own clock.")
    end = serializers.TimeField(allow_null=True, default=None)
    days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        max_length=7,
        default=list,
        help_text="Closed all day: 0 Monday to 6 Sunday.",
    )


class Cameras(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="cameras", responses=CamerasSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Every camera that the caller may see, by store and name, with its state and what is wrong."""
        project = get_project(request, slug)
        rules.check_see_cameras(request.user, project)
        rows = queries.faring(request.user, project)
        return Response({"cameras": CameraSerializer(rows, many=True).data})


class Camera(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="camera", responses=CameraSerializer)
    def get(self, request: Request, slug: str, key: str) -> Response:
        """One camera."""
        return Response(CameraSerializer(_camera(request, slug, key)).data)


class CameraReference(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="camera_reference", request=ReferenceForm, responses=CameraSerializer)
    def post(self, request: Request, slug: str, key: str) -> Response:
        """It should look as in its newest photograph: what is usual for it is learnt anew."""
        source = _tended(request, slug, key)
        with _refusals():
            services.set_reference(user=request.user, source=source)
        return Response(CameraSerializer(_camera(request, slug, key)).data)


class CameraMaintenance(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="camera_maintenance", request=MaintenanceForm, responses=CameraSerializer)
    def post(self, request: Request, slug: str, key: str) -> Response:
        """Until a moment within the next 14 days nothing of it is alarmed; null ends that."""
        source = _tended(request, slug, key)
        given = _valid(MaintenanceForm, request)
        with _refusals():
            if given["until"] is None:
                services.end_maintenance(user=request.user, source=source)
            else:
                services.begin_maintenance(user=request.user, source=source, **given)
        return Response(CameraSerializer(_camera(request, slug, key)).data)


class CameraExpected(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="camera_expected", request=ExpectedForm, responses=CameraSerializer)
    def post(self, request: Request, slug: str, key: str) -> Response:
        """How many captures a minute it should send."""
        source = _tended(request, slug, key)
        given = _valid(ExpectedForm, request)
        with _refusals(expected_per_minute="per_minute"):
            services.set_expected(user=request.user, source=source, per_minute=given["per_minute"])
        return Response(CameraSerializer(_camera(request, slug, key)).data)


class SiteHours(View):
    scopes = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    @extend_schema(operation_id="store_hours", responses=StoreHoursSerializer)
    def get(self, request: Request, slug: str, site: str) -> Response:
        """When the store's cameras are not judged."""
        project = get_project(request, slug)
        rules.check_see_cameras(request.user, project)
        _, kept = _site(request, project, site)
        return Response(StoreHoursSerializer(kept).data if kept else {"start": None, "end": None, "days": []})

    @extend_schema(
        operation_id="set_store_hours", request=StoreHoursSerializer, responses=StoreHoursSerializer
    )
    def put(self, request: Request, slug: str, site: str) -> Response:
        """Set when the store's cameras are not judged, by its own clock."""
        project = get_project(request, slug)
        rules.check_tend_cameras(request.user, project)
        found, _ = _site(request, project, site)
        given: dict[str, Any] = _valid(StoreHoursSerializer, request)
        start, end = _plain(given["start"]), _plain(given["end"])
        with _refusals():
            kept = services.set_store_hours(
                user=request.user, project=project, site=found, start=start, end=end, days=given["days"]
            )
        return Response(StoreHoursSerializer(kept).data)


@contextmanager
def _refusals(**called: str) -> Iterator[None]:
    """What cannot be set so is a 400 under the field that is wrong, by the name it has here."""
    try:
        yield
    except services.SettingRefused as refused:
        raise invalid(called.get(refused.field, refused.field), str(refused)) from refused


def _plain(given: time | None) -> time | None:
    """To the minute."""
    return given and given.replace(second=0, microsecond=0, tzinfo=None)


def _site(request: Request, project: Project, key: str) -> tuple[Any, Any]:
    for site, kept in queries.store_hours(request.user, project):
        if site.key == key:
            return site, kept
    raise Http404("No camera of this project hangs there, or not for you.")


def _camera(request: Request, slug: str, key: str) -> queries.Faring:
    project = get_project(request, slug)
    rules.check_see_cameras(request.user, project)
    found = queries.faring_of(request.user, project, key)
    if found is None:
        raise Http404("There is no such camera for you here.")
    return found


def _tended(request: Request, slug: str, key: str) -> Source:
    found = _camera(request, slug, key)
    rules.check_tend_cameras(request.user, found.source.project)
    return found.source


def _valid(form: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    given = form(data=request.data)
    given.is_valid(raise_exception=True)
    validated: dict[str, Any] = given.validated_data
    return validated
