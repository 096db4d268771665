"""What a device at the edge asks for and reports: the champion with its policy, its files, what it accepted."""

import json
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.api.captured import MomentField
from feedback.models import EdgeCount, EdgeDevice
from feedback.queries import edge
from feedback.services import edge_reports
from inference.domain.edge import BUCKETS, sign
from people.api.access import get_project
from people.api.fields import KeyField
from people.api.problems import Problem, invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import Project, Token

CHUNK = 1 << 20
MOST_COUNTS = 2000
MOST_BYTES = 1 << 60


class EdgeManifestSerializer(serializers.Serializer):
    manifest = serializers.CharField(help_text="JSON, as text: the signature is of these very bytes.")
    signature = serializers.CharField(help_text="HMAC-SHA-256 in hex, by the token's secret.")


class EdgeCountSerializer(serializers.Serializer):
    source = KeyField()
    hour = MomentField()
    model = serializers.UUIDField()
    policy = serializers.UUIDField()
    label = serializers.CharField(allow_blank=True, max_length=64)
    bucket = serializers.IntegerField(min_value=0, max_value=BUCKETS - 1)
    captures = serializers.IntegerField(min_value=1, max_value=10_000_000)


class EdgeCountedSerializer(serializers.ModelSerializer):
    """Captures of a source and an hour that devices accepted and did not send."""

    source = serializers.CharField(source="source.key")
    policy = serializers.IntegerField(source="policy.version")

    class Meta:
        model = EdgeCount
        fields = ["source", "hour", "model", "policy", "label", "bucket", "captures"]


class EdgeReportSerializer(serializers.Serializer):
    report = serializers.UUIDField(help_text="Made by the device: the same one again counts nothing twice.")
    device = serializers.CharField(max_length=64)
    counts = EdgeCountSerializer(many=True)
    lost = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)

    def validate_counts(self, counts: list[dict]) -> list[dict]:
        if len(counts) > MOST_COUNTS:
            raise serializers.ValidationError(f"A report has up to {MOST_COUNTS} counts.")
        return counts


class EdgeReportedSerializer(serializers.Serializer):
    report = serializers.UUIDField()


class EdgeHealthForm(serializers.ModelSerializer):
    """What a device says of itself; what it cannot tell is null or left out."""

    # The database has it unique in a project; here the same device again is the rule.
    device = serializers.CharField(max_length=64)
    temperature = serializers.FloatField(min_value=-100, max_value=200, allow_null=True, default=None)
    disk_free = serializers.IntegerField(min_value=0, max_value=MOST_BYTES, allow_null=True, default=None)
    disk_total = serializers.IntegerField(min_value=0, max_value=MOST_BYTES, allow_null=True, default=None)
    model = serializers.UUIDField(allow_null=True, default=None, source="model_id")
    model_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", default="", allow_blank=True)
    spool_captures = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)
    spool_bytes = serializers.IntegerField(min_value=0, max_value=MOST_BYTES, default=0)
    refused = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)

    class Meta:
        model = EdgeDevice
        fields = [
            *("device", "temperature", "disk_free", "disk_total", "model", "model_sha256"),
            *("spool_captures", "spool_bytes", "refused"),
        ]


class EdgeDeviceSerializer(EdgeHealthForm):
    class Meta(EdgeHealthForm.Meta):
        fields = [*EdgeHealthForm.Meta.fields, "reported_at"]


class EdgeHealth(View):
    scopes = {"GET": Scope.READ, "POST": Scope.EDGE}

    @extend_schema(operation_id="edge_devices", parameters=PAGING, responses=page_of(EdgeDeviceSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """What each device said of itself last."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return self.page(EdgeDevice.objects.filter(project=project), EdgeDeviceSerializer)

    @extend_schema(operation_id="edge_health", request=EdgeHealthForm, responses={201: EdgeDeviceSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Say how a device fares; what it said before is written over."""
        project = _project(request, slug)
        form = EdgeHealthForm(data=request.data)
        form.is_valid(raise_exception=True)
        said = dict(form.validated_data)
        kept = edge_reports.hear(project=project, device=said.pop("device"), said=said)
        return Response(EdgeDeviceSerializer(kept).data, status=201)


class EdgeManifest(View):
    scopes = {"GET": Scope.EDGE}

    @extend_schema(
        operation_id="edge_manifest",
        parameters=[OpenApiParameter("nonce", str, required=True, description="16 to 64 characters, new.")],
        responses=EdgeManifestSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """The champion and the policy in force, signed for the token that asks."""
        project = _project(request, slug)
        if not isinstance(request.auth, Token):
            raise PermissionDenied("A device asks with its token: the answer is signed by it.")
        nonce = request.query_params.get("nonce", "")
        if not (16 <= len(nonce) <= 64 and nonce.isascii() and nonce.isalnum()):
            raise invalid("nonce", "must have 16 to 64 letters and digits.")
        made = edge.manifest(project)
        if made is None:
            raise Http404("No model serves this project yet.")
        text = json.dumps(made, sort_keys=True)
        answer = Response({"manifest": text, "signature": sign(bytes(request.auth.digest), nonce, text)})
        answer["Cache-Control"] = "no-store"
        return answer


class EdgeFile(View):
    scopes = {"GET": Scope.EDGE}

    @extend_schema(
        operation_id="edge_file", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, slug: str, sha256: str) -> StreamingHttpResponse:
        """A file that the manifest names, by its hash."""
        key = edge.file_key(_project(request, slug), sha256)
        if key is None or not default_storage.exists(key):
            raise Http404("The model that serves has no such file.")
        return StreamingHttpResponse(_off_the_loop(_chunks(key)), content_type="application/octet-stream")


class EdgeReports(View):
    scopes = {"GET": Scope.READ, "POST": Scope.EDGE}

    @extend_schema(operation_id="edge_counts", parameters=PAGING, responses=page_of(EdgeCountedSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """What devices accepted, by source, hour, model, policy, label and step of confidence."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        rows = EdgeCount.objects.filter(project=project).select_related("source", "policy")
        return self.page(rows, EdgeCountedSerializer)

    @extend_schema(
        operation_id="edge_report", request=EdgeReportSerializer, responses={201: EdgeReportedSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Count what a device accepted and did not send; the same report again changes nothing."""
        project = _project(request, slug)
        form = EdgeReportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            edge_reports.take_in(project=project, **form.validated_data)
        except edge_reports.ReportRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        return Response({"report": str(form.validated_data["report"])}, status=201)


def _project(request: Request, slug: str) -> Project:
    project = get_project(request, slug)
    rules.check_serve_at_the_edge(request.user, project)
    return project


def _chunks(key: str) -> Iterator[bytes]:
    with default_storage.open(key) as file:
        while chunk := file.read(CHUNK):
            yield chunk


async def _off_the_loop(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await sync_to_async(lambda: next(content, None))()) is not None:
        yield chunk
