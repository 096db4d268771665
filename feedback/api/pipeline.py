"""The stages of a project's pipeline and what each lacks."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.domain.pipeline import Stage
from feedback.queries.pipeline import pipeline
from feedback.services.addresses import address_of
from labeling.api.serializers import choices
from people.api.access import get_project
from people.api.views import View
from people.enums import Scope


class PipelineFigureSerializer(serializers.Serializer):
    value = serializers.CharField()
    what = serializers.CharField()


class PipelineGapSerializer(serializers.Serializer):
    key = serializers.CharField(help_text="Its name, which stays: no_gold, one_camera and so on.")
    words = serializers.CharField()
    why = serializers.CharField(help_text="What comes of it.")
    mend = serializers.CharField(help_text="What is done about it, on the page `url`.")
    url = serializers.CharField()


class PipelineStageSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(choices(Stage))
    figures = PipelineFigureSerializer(many=True)
    gaps = PipelineGapSerializer(many=True)


class PipelineSerializer(serializers.Serializer):
    stages = PipelineStageSerializer(many=True)


class Pipeline(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="pipeline", responses=PipelineSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """From collection to monitoring: each stage's figures, and the gaps with what mends them."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        stages = [
            {
                "stage": str(step.stage),
                "figures": [{"value": value, "what": what} for value, what in step.figures],
                "gaps": [
                    {
                        "key": gap.key,
                        "words": gap.words,
                        "why": gap.why,
                        "mend": gap.mend,
                        "url": f"{settings.PUBLIC_URL}{address_of(project, gap)}",
                    }
                    for gap in step.gaps
                ],
            }
            for step in pipeline(project)
        ]
        return Response({"stages": stages})
