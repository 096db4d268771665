"""What was said, as the API gives it back: answers, and what was resolved from them."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from labeling.api.serializers import AnsweredTaskSerializer
from labeling.queries.gold import stand_in, stands_in


class OwnAnswerSerializer(serializers.Serializer):
    """One's own answer, with the task it is about."""

    id = serializers.UUIDField()
    client_id = serializers.UUIDField()
    task = AnsweredTaskSerializer()
    verdict = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    words = serializers.CharField()
    created_at = serializers.DateTimeField()


class ReadAnswerSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    task = serializers.UUIDField(source="task_id")
    image = serializers.SerializerMethodField()
    queue = serializers.CharField(source="task.queue.name")
    annotator = serializers.CharField(source="user.username")
    verdict = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    words = serializers.CharField()
    state = serializers.CharField()
    guideline = serializers.IntegerField(source="guideline.number", default=None, allow_null=True)
    shown = serializers.JSONField()
    seconds = serializers.FloatField()
    idle_seconds = serializers.FloatField()
    supersedes = serializers.UUIDField(source="supersedes_id", allow_null=True)
    superseded_by = serializers.UUIDField(source="superseded_by.pk", default=None, allow_null=True)
    created_at = serializers.DateTimeField()

    def get_image(self, answer: Any) -> UUID:
        """As its author knows it."""
        by_its_author = answer.user_id == self.context["request"].user.pk
        return (
            stand_in(answer.task, "image")
            if by_its_author and stands_in(answer.task)
            else answer.task.image_id
        )


class ResolvedImageSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    sha256 = serializers.CharField()
    filename = serializers.CharField()


class ResolutionSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    image = ResolvedImageSerializer()
    task = serializers.UUIDField(source="task_id", allow_null=True)
    value = serializers.JSONField(allow_null=True)
    by = serializers.CharField()
    answers = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_answers(self, resolution: Any) -> list[str]:
        return [str(answer.pk) for answer in resolution.answers.all()]
