"""What a device says of a capture it decided about, checked against what the project has."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from inference.enums import ModelRuntime
from inference.models import ModelVersion
from people.api.problems import invalid
from people.enums import Scope
from people.models import Project, Token


class DecidedSerializer(serializers.Serializer):
    capture = serializers.UUIDField(help_text="The device's own id of it, made before it is first sent.")
    device = serializers.CharField(max_length=64)
    model = serializers.UUIDField()
    policy = serializers.UUIDField()
    trust = serializers.UUIDField(help_text="The newest certificate it knew; all zeros: none.")
    calibration = serializers.UUIDField(allow_null=True, default=None)
    raw_confidence = serializers.FloatField(min_value=0, max_value=1)
    uncertainty = serializers.FloatField(min_value=0, max_value=1, allow_null=True, default=None)
    disagreement = serializers.FloatField(min_value=0, allow_null=True, default=None)
    novelty = serializers.FloatField(min_value=0, max_value=1, allow_null=True, default=None)
    latency_ms = serializers.FloatField(min_value=0, default=0)


def decided(request: Request, project: Project, given: dict[str, Any]) -> tuple[dict[str, Any], ModelVersion]:
    """The part as a capture keeps it, and the model that predicted; raises the problem of whatever is wrong."""
    if isinstance(request.auth, Token) and Scope.EDGE not in request.auth.scopes:
        raise PermissionDenied("What a device decided needs a token with scope edge.")
    form = DecidedSerializer(data=given)
    if not form.is_valid():
        raise serializers.ValidationError({"edge": form.errors})
    said = form.validated_data
    model = ModelVersion.objects.filter(
        project=project, pk=said["model"], runtime=ModelRuntime.ONNX.value
    ).first()
    if model is None:
        raise invalid("edge.model", "is not a model of this project that runs here.")
    if not project.policies.filter(pk=said["policy"]).exists():
        raise invalid("edge.policy", "is not a routing policy of this project.")
    names = ("capture", "model", "policy", "trust", "calibration")
    return said | {name: str(said[name]) if said[name] else None for name in names}, model
