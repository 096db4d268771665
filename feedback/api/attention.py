"""Where the model looked in a picture: asked for, waited for, and fetched. Never in a blind queue."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from inference.models import Prediction
from inference.queries import captures
from inference.services import attention
from labeling.queries.tasks import tasks_for
from people.api.access import get_row
from people.api.problems import Problem
from people.api.views import View
from people.enums import Scope

PNG = {(200, "image/png"): OpenApiTypes.BINARY}


class AttentionSerializer(serializers.Serializer):
    """`waiting`: ask again in a moment. `ready`: GET the same address for a PNG to lay over the photograph."""

    state = serializers.ChoiceField(choices=["waiting", "ready"])


class _Attention(View):
    """GET the picture, POST to have it made; which prediction it is of, `prediction` says."""

    def prediction(self, request: Request, pk: UUID) -> Prediction:
        raise NotImplementedError

    def answer(self, prediction: Prediction) -> Response:
        try:
            ready = attention.request(prediction=prediction)
        except attention.NothingToShow as nothing:
            raise Problem("invalid", 409, str(nothing)) from None
        return Response({"state": "ready" if ready else "waiting"}, status=200 if ready else 202)

    def picture(self, prediction: Prediction) -> HttpResponse:
        try:
            with default_storage.open(attention.key_of(prediction)) as file:
                content = file.read()
        except FileNotFoundError:
            raise Http404("It was not worked out yet: POST to this address first.") from None
        response = HttpResponse(content, content_type="image/png")
        response["Cache-Control"] = "private, max-age=3600"
        return response


class CaptureAttention(_Attention):
    scopes = {"GET": Scope.READ, "POST": Scope.READ}

    def prediction(self, request: Request, pk: UUID) -> Prediction:
        capture = get_row(request, captures.visible_to(request.user), pk=pk)
        rules.check_see(request.user, capture.project)
        return _prediction_of(capture.pk)

    @extend_schema(operation_id="captures_attention", responses=PNG)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        return self.picture(self.prediction(request, pk))

    @extend_schema(
        operation_id="captures_look",
        request=None,
        responses={200: AttentionSerializer, 202: AttentionSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.prediction(request, pk))


class TaskAttention(_Attention):
    scopes = {"GET": Scope.ANSWER, "POST": Scope.ANSWER}

    def prediction(self, request: Request, pk: UUID) -> Prediction:
        task = get_row(request, tasks_for(request.user), pk=pk)
        if task.queue.blind or task.gold_id is not None:
            raise PermissionDenied("In a blind queue nobody is told what the model made of a picture.")
        if task.capture_id is None or task.proposal is None:
            raise Http404("No model proposed anything here.")
        return _prediction_of(task.capture_id)

    @extend_schema(operation_id="tasks_attention", responses=PNG)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        return self.picture(self.prediction(request, pk))

    @extend_schema(
        operation_id="tasks_look",
        request=None,
        responses={200: AttentionSerializer, 202: AttentionSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.prediction(request, pk))


def _prediction_of(capture_id: UUID) -> Prediction:
    found = Prediction.objects.filter(capture=capture_id).select_related("model").first()
    if found is None:
        raise Http404("There is no prediction of this capture.")
    return found
