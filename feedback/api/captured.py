"""A capture as the API takes it and as it shows it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from feedback.models import RoutingDecision
from inference.enums import Action, CaptureState
from inference.models import Capture, Prediction
from labeling.api.serializers import choices
from labeling.domain.documents import check_document, loads
from labeling.domain.values import ValueRefused
from labeling.queries.images import address
from people.api.fields import KeyField

FUTURE = timedelta(days=1)
"""Clocks of cameras differ; by more than this the time is wrong, not early."""


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field):
    """An RFC 3339 time with its zone, no further in the future than a clock may be wrong."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            at = datetime.fromisoformat(data)
            if at.tzinfo is None or at.year < 1970:
                raise ValueError
            ahead = at - timezone.now()
        except (ValueError, TypeError, OverflowError):
            raise serializers.ValidationError(
                "must be a time since 1970 with its zone, like 2026-03-01T08:30:00Z."
            ) from None
        if ahead > FUTURE:
            raise serializers.ValidationError(
                f"is {ahead.total_seconds() / 86400:.1f} days in the future: set the camera's clock."
            )
        return at


@extend_schema_field(OpenApiTypes.OBJECT)
class JSONTextField(serializers.Field):
    """A JSON object, written into a form as text."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        try:
            value = loads(data)
        except (ValueError, TypeError) as error:
            raise serializers.ValidationError(f"is not JSON: {error}.") from None
        try:
            return check_document(value, "")
        except ValueRefused as refused:
            raise serializers.ValidationError(refused.errors[""]) from None


class CaptureForm(serializers.Serializer):
    image = serializers.FileField(
        allow_empty_file=True, help_text="A JPEG, PNG or WebP; its EXIF orientation is applied."
    )
    project = KeyField(help_text="The project's slug.")
    source = KeyField(help_text="The camera's key.")
    captured_at = MomentField(required=False, help_text="When it was taken; now, where left out.")
    context = JSONTextField(required=False, help_text='A JSON object, like {"lighting": "glare"}.')
    prediction = JSONTextField(
        required=False,
        help_text="A prediction of your own, to be routed like ours: a value with `confidence`, and `scores` and "
        "`model` (a name).",
    )
    edge = JSONTextField(
        required=False,
        help_text="With a `prediction` that a device made by the project's own model: what it decided by.",
    )


class AcceptedSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices(CaptureState))


class CapturedImageSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    sha256 = serializers.CharField()
    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    filename = serializers.CharField()


class PredictionSerializer(serializers.Serializer):
    label = serializers.CharField(allow_null=True, help_text="null where the value is regions.")
    value = serializers.DictField()
    confidence = serializers.FloatField()
    scores = serializers.DictField(child=serializers.FloatField())
    uncertainty = serializers.FloatField(allow_null=True)
    model = serializers.CharField()
    model_version = serializers.UUIDField()
    model_number = serializers.IntegerField()
    latency_ms = serializers.FloatField()


class RoutingSerializer(serializers.Serializer):
    action = serializers.ChoiceField(choices(Action))
    reasons = serializers.ListField(child=serializers.DictField())
    inclusion_probability = serializers.FloatField()
    policy = serializers.IntegerField(help_text="The version of the policy it was routed by.")


class CaptureSerializer(AcceptedSerializer):
    """`prediction` and `routing` are null until the capture is predicted; `failure` says why it will not be."""

    project = serializers.CharField()
    failure = serializers.CharField(allow_null=True)
    source = serializers.CharField()
    captured_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    context = serializers.DictField()
    image = CapturedImageSerializer()
    prediction = PredictionSerializer(allow_null=True)
    routing = RoutingSerializer(allow_null=True)


def shown(captures: Iterable[Capture], request: Request) -> list[dict[str, Any]]:
    """The captures as CaptureSerializer describes them; project, image, source, prediction__model are loaded."""
    captures = list(captures)
    routed = RoutingDecision.objects.filter(capture_id__in=[capture.pk for capture in captures])
    decisions = {decision.capture_id: decision for decision in routed.select_related("policy")}
    return [_shown(capture, decisions.get(capture.pk), request) for capture in captures]


def _shown(capture: Capture, decision: RoutingDecision | None, request: Request) -> dict[str, Any]:
    image = capture.image
    prediction = getattr(capture, "prediction", None)
    return {
        "id": str(capture.pk),
        "state": capture.state,
        "project": capture.project.slug,
        "failure": capture.failure or None,
        "source": capture.source.key,
        "captured_at": capture.captured_at,
        "received_at": capture.received_at,
        "context": capture.context,
        "image": {
            "id": str(image.pk),
            "sha256": image.sha256,
            "url": request.build_absolute_uri(address(image, request.user)),
            "width": image.width,
            "height": image.height,
            "filename": image.filename,
        },
        "prediction": None if prediction is None else _prediction(prediction),
        "routing": None if decision is None else _routing(decision),
    }


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "label": prediction.value.get("label"),
        "value": prediction.value,
        "confidence": prediction.confidence,
        "scores": prediction.scores,
        "uncertainty": prediction.uncertainty,
        "model": str(prediction.model),
        "model_version": str(prediction.model_id),
        "model_number": prediction.model.number,
        "latency_ms": prediction.latency_ms,
    }


def _routing(decision: RoutingDecision) -> dict[str, Any]:
    return {
        "action": decision.action,
        "reasons": decision.conditions,
        "inclusion_probability": decision.inclusion_probability,
        "policy": decision.policy.version,
    }
