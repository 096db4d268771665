"""Several models as one, over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.api.models import ModelSerializer
from feedback.queries import models
from inference.services.ensembles import MOST_FILES, join
from inference.services.models import ModelRefused
from people.api.access import get_project, get_row
from people.api.problems import Problem
from people.api.views import View
from people.enums import Scope


class JoinForm(serializers.Serializer):
    models = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=2,
        max_length=MOST_FILES,
        help_text="Classifiers with the same labels and pixels; embeddings are the first one's.",
    )


class JoinModels(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="models_join", request=JoinForm, responses={200: ModelSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Make a candidate that says the mean of what these say; the same models again are the same candidate."""
        project = get_project(request, slug)
        rules.check_promote(request.user, project)
        form = JoinForm(data=request.data)
        form.is_valid(raise_exception=True)
        of_project = models.visible_to(request.user).filter(project=project)
        members = [get_row(request, of_project, pk=pk) for pk in form.validated_data["models"]]
        try:
            joined = join(project=project, models=members, by=request.user)
        except ModelRefused as refused:
            raise Problem("invalid", 400, str(refused)) from None
        return Response(ModelSerializer(of_project.get(pk=joined.pk)).data)
