"""What labeling's API takes and gives, in the words of the wire format."""

from typing import Any

from rest_framework import serializers

from labeling.domain.documents import check_document, is_text
from labeling.domain.values import ValueRefused
from labeling.enums import Audience, Consensus, SourceKind, Verdict
from labeling.queries.gold import stand_in, stands_in
from labeling.queries.images import address, address_under
from labeling.services.gold_beside import captured_at
from labeling.services.leases import MOST_AT_ONCE
from people.api.fields import KeyField
from people.api.kept import represented
from people.enums import TaskType

A_DAY = 86_400


def choices(enum: Any) -> list[str]:
    return [str(member) for member in enum]


class LabelSerializer(serializers.Serializer):
    key = KeyField()
    name = serializers.CharField(max_length=200, required=False)
    colour = serializers.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    hotkey = serializers.RegexField(r"^[0-9a-z]$", required=False, allow_blank=True)


class QueueSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    project = serializers.CharField(source="project.slug", read_only=True)
    name = KeyField()
    audience = serializers.ChoiceField(choices(Audience))
    by_site = serializers.BooleanField(default=False)
    answers_required = serializers.IntegerField(min_value=1, max_value=20, default=1)
    lease_seconds = serializers.IntegerField(min_value=1, max_value=1800, default=300)
    sla_seconds = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)
    blind = serializers.BooleanField(default=False)
    gold_share = serializers.FloatField(min_value=0, max_value=1, default=0)
    consensus = serializers.ChoiceField(choices(Consensus), default=str(Consensus.MAJORITY))
    quorum = serializers.IntegerField(min_value=0, max_value=20, default=0)
    posterior_floor = serializers.FloatField(min_value=0.01, max_value=1, default=0.9)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["audience"] == Audience.ASSOCIATE and not attrs["by_site"]:
            raise serializers.ValidationError(
                {"by_site": "must be true for associates: each sees their own sites alone."}
            )
        return attrs


class ProjectSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    slug = KeyField()
    name = serializers.CharField(max_length=200)
    task_type = serializers.ChoiceField(choices(TaskType))
    labels = LabelSerializer(many=True, allow_empty=False)
    queues = QueueSerializer(many=True, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class SourceSerializer(serializers.Serializer):
    key = KeyField()
    name = serializers.CharField(max_length=200)
    site = KeyField(source="site.key", allow_null=True, default=None)
    kind = serializers.ChoiceField(choices(SourceKind), default=str(SourceKind.CAMERA))


class WaitingQueueSerializer(serializers.Serializer):
    """A queue this user may take from. `open` stops at 1,000; `site` is null unless it is for one site alone."""

    id = serializers.UUIDField()
    project = serializers.CharField()
    name = serializers.CharField()
    audience = serializers.CharField()
    by_site = serializers.BooleanField()
    blind = serializers.BooleanField()
    paused = serializers.BooleanField(help_text="Nothing is handed out for now.")
    site = serializers.CharField(allow_null=True)
    open = serializers.IntegerField()
    due = serializers.DateTimeField(allow_null=True)


class GuidelineSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    number = serializers.IntegerField(read_only=True, allow_null=True)
    body = serializers.CharField(max_length=200_000, trim_whitespace=False)
    published_at = serializers.DateTimeField(read_only=True, allow_null=True)


class GuidelineReferenceSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()


class SourceReferenceSerializer(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()


class ImageSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    sha256 = serializers.CharField()
    url = serializers.SerializerMethodField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    filename = serializers.CharField()
    source = SourceReferenceSerializer(allow_null=True)
    captured_at = serializers.DateTimeField(allow_null=True)
    context = serializers.DictField()

    def get_url(self, image: Any) -> str:
        request = self.context["request"]
        return request.build_absolute_uri(address(image, request.user))


class TaskRegionSerializer(serializers.Serializer):
    name = serializers.CharField()
    box = serializers.ListField(
        child=serializers.FloatField(), help_text="x1, y1, x2, y2 in pixels of the upright image."
    )


class LeaseSerializer(serializers.Serializer):
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    renewable_until = serializers.DateTimeField()


class TaskSerializer(serializers.Serializer):
    """A blind queue's task has neither proposal nor capture, whoever asks."""

    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    queue = serializers.UUIDField(source="queue.pk")
    state = serializers.CharField()
    image = ImageSerializer()
    capture = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()
    region = serializers.SerializerMethodField()
    guideline = serializers.SerializerMethodField()
    due_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, task: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(task)
        if stands_in(task):
            request, image = self.context["request"], stand_in(task, "image")
            url = request.build_absolute_uri(address_under(image, request.user))
            shown["image"] |= {"id": str(image), "url": url}
            shown["capture"] = shown["capture"] and str(stand_in(task, "capture"))
            shown["image"]["captured_at"] = self.fields["due_at"].to_representation(captured_at(task))
        return shown

    def get_capture(self, task: Any) -> str | None:
        return None if task.queue.blind or task.capture_id is None else str(task.capture_id)

    def get_proposal(self, task: Any) -> dict[str, Any] | None:
        return None if task.queue.blind else task.proposal

    def get_region(self, task: Any) -> TaskRegionSerializer(allow_null=True):  # type: ignore[valid-type]
        """The part of the picture that an alert is about; null is all of it, and so are tasks of other queues."""
        source = task.image.source
        region = getattr(source, "region", None) if task.queue.audience == Audience.ASSOCIATE else None
        if region is None:
            return None
        return {"name": region.name, "box": region.pixels(task.image.width, task.image.height)}

    def get_guideline(self, task: Any) -> GuidelineReferenceSerializer(allow_null=True):  # type: ignore[valid-type]
        guideline = self.context["guideline"]
        return None if guideline is None else represented(GuidelineReferenceSerializer, guideline)


class ClaimedTaskSerializer(TaskSerializer):
    lease = LeaseSerializer()


class ClaimSerializer(serializers.Serializer):
    count = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE, required=False)
    task = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "task" in attrs and "count" in attrs:
            raise serializers.ValidationError({"count": "leave it out where a task is named."})
        return attrs


class ClaimedSerializer(serializers.Serializer):
    """`waiting` comes with an empty list: how many places others hold that may yet come free.

    `paused` comes, and is true, while the queue is paused or closed and hands nothing out.
    """

    tasks = ClaimedTaskSerializer(many=True)
    waiting = serializers.IntegerField(required=False)
    paused = serializers.BooleanField(required=False)


class AnswerRequestSerializer(serializers.Serializer):
    lease = serializers.CharField(max_length=80, allow_null=True, default=None)
    client_id = serializers.UUIDField()
    verdict = serializers.ChoiceField(choices(Verdict))
    value = serializers.JSONField(allow_null=True, default=None)
    words = serializers.CharField(max_length=1000, allow_blank=True, default="")
    seconds = serializers.FloatField(min_value=0, max_value=A_DAY, default=0)
    idle_seconds = serializers.FloatField(min_value=0, max_value=A_DAY, default=0)
    shown = serializers.JSONField(default=dict)
    supersedes = serializers.UUIDField(allow_null=True, default=None)

    def validate_shown(self, shown: Any) -> dict[str, Any]:
        try:
            return check_document(shown, "shown")
        except ValueRefused as refused:
            raise serializers.ValidationError(refused.errors["shown"]) from None

    def validate_lease(self, lease: str | None) -> str | None:
        if lease is not None and not is_text(lease):
            raise serializers.ValidationError("is not a lease's token.")
        return lease


class AnswerSerializer(serializers.Serializer):
    """`resolution` is the one this answer brought about, or null."""

    id = serializers.UUIDField()
    task = serializers.UUIDField(source="task_id")
    verdict = serializers.ChoiceField(choices(Verdict))
    value = serializers.JSONField(allow_null=True)
    state = serializers.CharField()
    resolution = serializers.UUIDField(allow_null=True)
    supersedes = serializers.UUIDField(source="supersedes_id", allow_null=True)


class AnsweredTaskSerializer(TaskSerializer):
    """A task as its author saw it."""

    guideline = None


class RowErrorSerializer(serializers.Serializer):
    row = serializers.IntegerField(allow_null=True, help_text="The line of `rows`, from 1.")
    file = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class ImportSerializer(serializers.Serializer):
    created = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    errors = RowErrorSerializer(many=True)
