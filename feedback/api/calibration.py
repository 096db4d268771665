"""What a model's confidence is worth by verified answers, and calibrating it anew."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.queries.confidences import standing
from feedback.services.recalibrating import recalibrate
from inference.models import Calibration
from inference.queries import models
from people.api.access import get_row
from people.api.views import View
from people.enums import Scope


class CalibrationInForceSerializer(serializers.ModelSerializer):
    """`metrics.before` and `metrics.after` have `all` (with bins), `by_label` and `by_source`."""

    metrics = serializers.DictField()

    class Meta:
        model = Calibration
        fields = ["id", "temperature", "answers", "metrics", "created_at"]


class ModelCalibrationSerializer(serializers.Serializer):
    """`in_force` null: the model's own confidence stands. `today` are the figures of the newest verified answers as
    things stand, null where there are none."""

    in_force = CalibrationInForceSerializer(allow_null=True)
    today = serializers.DictField(allow_null=True)


class RecalibratedSerializer(serializers.Serializer):
    calibration = CalibrationInForceSerializer(allow_null=True)
    reason = serializers.CharField()


class ModelCalibration(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="models_calibration", responses=ModelCalibrationSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        model = get_row(request, models.visible_to(request.user), pk=pk)
        rules.check_see(request.user, model.project)
        held, today = standing(model)
        return Response(ModelCalibrationSerializer({"in_force": held, "today": today}).data)

    @extend_schema(operation_id="models_recalibrate", request=None, responses=RecalibratedSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        model = get_row(request, models.visible_to(request.user), pk=pk)
        return Response(RecalibratedSerializer(recalibrate(user=request.user, model=model)).data)
