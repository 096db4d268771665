"""What the API takes and gives of guidelines: versions, examples, changes and flags."""

from typing import Any

from rest_framework import serializers

from labeling.enums import FlagState
from labeling.queries.images import address
from labeling.services.guideline_flags import LONGEST_WORDS
from labeling.services.guidelines import LONGEST_WHY


class ExampleImageSerializer(serializers.Serializer):
    """The image of an example; its address is signed for the caller."""

    id = serializers.UUIDField()
    url = serializers.SerializerMethodField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    filename = serializers.CharField()

    def get_url(self, image: Any) -> str:
        request = self.context["request"]
        return request.build_absolute_uri(address(image, request.user))


class BoxField(serializers.ListField):
    """`[x1, y1, x2, y2]` in pixels of the upright image."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.FloatField(), min_length=4, max_length=4, **options)


class GuidelineExampleSerializer(serializers.Serializer):
    """`is_right` false: the label would be wrong here. `box` null: all of the image."""

    id = serializers.UUIDField(read_only=True)
    guideline = serializers.UUIDField(source="guideline_id", read_only=True)
    image = ExampleImageSerializer(read_only=True)
    label = serializers.CharField(source="label.key", read_only=True)
    is_right = serializers.BooleanField()
    why = serializers.CharField(max_length=LONGEST_WHY, allow_blank=True, default="")
    box = BoxField(allow_null=True, default=None)


class NewExampleSerializer(serializers.Serializer):
    image = serializers.UUIDField()
    label = serializers.CharField(max_length=64)
    is_right = serializers.BooleanField()
    why = serializers.CharField(max_length=LONGEST_WHY, allow_blank=True, default="")
    box = BoxField(allow_null=True, default=None)


class ReadGuidelineSerializer(serializers.Serializer):
    """A version with its examples, in the order of the labels."""

    id = serializers.UUIDField()
    number = serializers.IntegerField(allow_null=True)
    body = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    examples = serializers.SerializerMethodField()

    def get_examples(self, guideline: Any) -> GuidelineExampleSerializer(many=True):  # type: ignore[valid-type]
        return GuidelineExampleSerializer(
            self.context["examples"], many=True, context={"request": self.context["request"]}
        ).data


class PieceSerializer(serializers.Serializer):
    edit = serializers.CharField()
    text = serializers.CharField()


class BlockChangeSerializer(serializers.Serializer):
    edit = serializers.CharField(help_text="same, inserted, deleted or changed.")
    kind = serializers.CharField(help_text="heading, paragraph, item, quote, row or code.")
    pieces = PieceSerializer(many=True)


class ExampleChangeSerializer(serializers.Serializer):
    edit = serializers.CharField()
    example = GuidelineExampleSerializer()


class GuidelineChangesSerializer(serializers.Serializer):
    """`since` is the number of the version compared with; null where the caller has read none before."""

    since = serializers.IntegerField(source="before.number", allow_null=True)
    words = BlockChangeSerializer(many=True)
    examples = ExampleChangeSerializer(many=True)


class FlagRequestSerializer(serializers.Serializer):
    words = serializers.CharField(max_length=LONGEST_WORDS, allow_blank=True, default="")


class FlagSerializer(serializers.Serializer):
    """`guideline` is the number of the version in force when it was raised. `reply` is the QA lead's."""

    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    image = ExampleImageSerializer()
    user = serializers.CharField(source="user.username")
    guideline = serializers.IntegerField(source="guideline.number", default=None, allow_null=True)
    words = serializers.CharField()
    state = serializers.CharField()
    reply = serializers.CharField()
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class SettlementSerializer(serializers.Serializer):
    """`state` example wants `label` and `is_right`, and takes `why` and `box`; dismissed takes a `reply`."""

    state = serializers.ChoiceField([str(FlagState.EXAMPLE), str(FlagState.DISMISSED)])
    label = serializers.CharField(max_length=64, required=False)
    is_right = serializers.BooleanField(required=False)
    why = serializers.CharField(max_length=LONGEST_WHY, allow_blank=True, default="")
    box = BoxField(allow_null=True, default=None)
    reply = serializers.CharField(max_length=LONGEST_WORDS, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["state"] == FlagState.EXAMPLE:
            missing = {
                name: "is required for an example." for name in ("label", "is_right") if name not in attrs
            }
            if missing:
                raise serializers.ValidationError(missing)
        return attrs
