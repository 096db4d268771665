"""How ancestry is told: models and datasets by id and number, people by name to those who lead the project."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from feedback.models import DatasetVersion
from inference.models import ModelVersion
from labeling.models import Answer


class AncestorModelSerializer(serializers.ModelSerializer):
    parent = serializers.UUIDField(source="parent_id", allow_null=True)
    dataset = serializers.UUIDField(source="dataset_id", allow_null=True)

    class Meta:
        model = ModelVersion
        fields = ["id", "number", "name", "stage", "parent", "dataset", "created_at"]


class AncestorDatasetSerializer(serializers.ModelSerializer):
    by = serializers.CharField(source="by.username", default=None, allow_null=True)

    class Meta:
        model = DatasetVersion
        fields = ["id", "number", "name", "hash", "by", "frozen_at"]


class AncestorPersonSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    username = serializers.CharField()
    answers = serializers.IntegerField()


class AncestorGuidelineSerializer(serializers.Serializer):
    number = serializers.IntegerField(allow_null=True, help_text="null: given before there was a guideline.")
    answers = serializers.IntegerField()


class ModelAncestrySerializer(serializers.Serializer):
    model = serializers.UUIDField()
    models = AncestorModelSerializer(many=True, help_text="It, its parents and joined models, newest first.")
    datasets = AncestorDatasetSerializer(many=True)
    examples = serializers.IntegerField()
    images = serializers.IntegerField()
    captures = serializers.IntegerField()
    answers = serializers.IntegerField()
    people_count = serializers.IntegerField()
    people = AncestorPersonSerializer(many=True, help_text="Of the most answers, 200 at most.")
    guidelines = AncestorGuidelineSerializer(many=True)


class ExampleInDatasetSerializer(serializers.Serializer):
    dataset = serializers.UUIDField(source="dataset_id")
    split = serializers.CharField()


class AncestorExampleSerializer(serializers.Serializer):
    """`ancestry` is the snapshot of its making: ids of answers, people, capture, prediction and model, versions."""

    id = serializers.UUIDField(source="example.pk")
    image = serializers.UUIDField(source="example.image_id")
    sha256 = serializers.CharField(source="example.image.sha256")
    value = serializers.JSONField(source="example.value")
    resolution = serializers.UUIDField(source="example.resolution_id")
    ancestry = serializers.DictField(source="example.ancestry")
    replaced_at = serializers.DateTimeField(source="example.replaced_at", allow_null=True)
    datasets = ExampleInDatasetSerializer(source="members", many=True)


class AncestorAnswerSerializer(serializers.ModelSerializer):
    image = serializers.UUIDField(source="task.image_id")
    annotator = serializers.CharField(source="user.username")
    guideline = serializers.IntegerField(source="guideline.number", default=None, allow_null=True)
    value = serializers.JSONField(allow_null=True)

    class Meta:
        model = Answer
        fields = ["id", "image", "annotator", "verdict", "value", "guideline", "created_at"]


class HeldSerializer(serializers.Serializer):
    id = serializers.UUIDField(source="dataset.pk")
    number = serializers.IntegerField(source="dataset.number")
    state = serializers.CharField(source="dataset.state")
    hash = serializers.CharField(source="dataset.hash")
    examples = serializers.IntegerField()
    splits = serializers.DictField(child=serializers.IntegerField(), help_text="Examples by split.")


class TouchedSerializer(serializers.Serializer):
    id = serializers.UUIDField(source="model.pk")
    number = serializers.IntegerField(source="model.number")
    name = serializers.CharField(source="model.name")
    stage = serializers.CharField(source="model.stage")
    steps = serializers.IntegerField(
        help_text="0: trained on such a dataset; else how many models lie in between."
    )


class DescentSerializer(serializers.Serializer):
    examples = serializers.IntegerField(help_text="In force or replaced since.")
    datasets = HeldSerializer(many=True)
    models = TouchedSerializer(many=True)


class PersonDescentSerializer(DescentSerializer):
    person = serializers.SerializerMethodField()
    answers = serializers.IntegerField()
    froze = AncestorDatasetSerializer(many=True)
    had_trained = AncestorModelSerializer(many=True)

    @extend_schema_field(
        {"type": "object", "properties": {"id": {"type": "integer"}, "username": {"type": "string"}}}
    )
    def get_person(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"id": told["person"].pk, "username": told["person"].username}
