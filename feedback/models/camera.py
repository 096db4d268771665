"""How each camera fares: what was learnt of it, what is wrong, what came by the hour; when its store is closed."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from feedback.enums import CameraState
from labeling.models import Image, Source
from people.models import Project, Site

STATES = [(str(state), str(state)) for state in CameraState]


class CameraWatch(models.Model):
    """One a camera. What is wrong with it stands in `faults`, worst first: fault, words, value, usual, since."""

    source = models.OneToOneField(Source, primary_key=True, on_delete=models.CASCADE, related_name="watch")
    state = models.CharField(max_length=10, choices=STATES, default=CameraState.OK.value)
    state_since = models.DateTimeField(db_default=Now())
    is_blind = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its predictions go to nobody, for a fault of feedback.domain.",
    )
    faults = models.JSONField(default=list)
    held = models.JSONField(default=dict, help_text="By fault, what the last looks found.")
    learnt = models.JSONField(default=dict, help_text="That of feedback.domain.camera_learning.Learnt.")
    edges = models.BinaryField(default=bytes, help_text="Its sum of where edges run.")
    recent = models.JSONField(default=dict, help_text="What the newest looks leave for the next ones.")
    seen_to = models.UUIDField(null=True, help_text="The newest capture looked at, a bare id.")
    looked_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True, help_text="When something of it last came.")
    image = models.ForeignKey(
        Image, null=True, on_delete=models.SET_NULL, related_name="+", help_text="The newest looked at."
    )
    reference = models.ForeignKey(
        Image, null=True, on_delete=models.SET_NULL, related_name="+", help_text="How it should look."
    )
    reference_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reference_at = models.DateTimeField(null=True)
    expected_per_minute = models.FloatField(null=True, help_text="Set by hand; null: learnt.")
    maintenance_until = models.DateTimeField(null=True)
    maintenance_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    maintenance_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="camera_state", condition=models.Q(state__in=[str(state) for state in CameraState])
            ),
            models.CheckConstraint(
                name="blind_camera_is_down",
                condition=models.Q(is_blind=False) | models.Q(state=CameraState.DOWN.value),
            ),
            models.CheckConstraint(
                name="camera_expected",
                condition=models.Q(expected_per_minute=None) | models.Q(expected_per_minute__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.state}"


class CameraHour(models.Model):
    """What came of a camera in an hour, and the means of what its pictures were like, null where none was looked at."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField(help_text="When it began.")
    captures = models.PositiveIntegerField(default=0)
    looks = models.PositiveIntegerField(default=0)
    brightness = models.FloatField(null=True, help_text="0..255.")
    detail = models.FloatField(null=True, help_text="Sharpness: see feedback.domain.camera_picture.")
    here = models.FloatField(null=True, help_text="How much of its view is where it was, -1..1.")

    class Meta:
        constraints = [models.UniqueConstraint(name="one_camera_hour", fields=["source", "hour"])]

    def __str__(self) -> str:
        return f"{self.captures} of {self.source_id} at {self.hour}"


class CameraChange(models.Model):
    """A camera's state or faults became others. Immutable."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=STATES)
    faults = models.JSONField(default=list)
    image = models.ForeignKey(Image, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(name="camera_change_by_source", fields=["source", "-id"])]

    def __str__(self) -> str:
        return f"{self.source_id} {self.state}"


class StoreHours(models.Model):
    """When a store is closed to a project's cameras, by the site's own clock: they are not judged meanwhile."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="store_hours", db_index=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    start = models.TimeField(null=True, help_text="From then on each day; null: no part of the day.")
    end = models.TimeField(null=True)
    days = ArrayField(
        models.PositiveSmallIntegerField(), default=list, help_text="Closed all day: 0 Monday to 6 Sunday."
    )
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_store_hours_a_site", fields=["project", "site"]),
            models.CheckConstraint(
                name="store_hours_have_both_ends",
                condition=models.Q(start=None, end=None) | models.Q(start__isnull=False, end__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site}: {self.start}–{self.end}"


class EdgeDevice(models.Model):
    """The newest of what a device at the edge said of itself."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="edge_devices", db_index=False
    )
    device = models.CharField(max_length=64)
    reported_at = models.DateTimeField(db_default=Now())
    temperature = models.FloatField(null=True, help_text="Of its hottest sensor, in °C.")
    disk_free = models.BigIntegerField(null=True, help_text="Bytes, where its spool lies.")
    disk_total = models.BigIntegerField(null=True)
    model_id = models.UUIDField(null=True, help_text="The model that decides there, a bare id.")
    model_sha256 = models.CharField(max_length=64, blank=True, help_text="Of that model's first file.")
    spool_captures = models.PositiveIntegerField(default=0)
    spool_bytes = models.BigIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0, help_text="Captures that the centre would not have.")

    class Meta:
        constraints = [models.UniqueConstraint(name="one_edge_device", fields=["project", "device"])]

    def __str__(self) -> str:
        return self.device
