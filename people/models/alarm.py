"""Something that somebody should look at, said once until it is settled."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from people.enums import AlarmKind, Severity
from people.models.project import Project
from people.models.site import Site


class Alarm(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=40, choices=[(str(k), str(k)) for k in AlarmKind])
    subject = models.CharField(
        max_length=200, blank=True, help_text="What it is about; one of a kind stands for each."
    )
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    source = models.CharField(
        max_length=64, blank=True, db_default="", help_text="The key of a source, where it is about one."
    )
    severity = models.CharField(
        max_length=10,
        choices=[(str(s), str(s)) for s in Severity],
        default=Severity.WARNING.value,
        db_default=Severity.WARNING.value,
    )
    words = models.TextField(help_text="One sentence: what, and how far.")
    detail = models.JSONField(default=dict, help_text="The figures behind the sentence.")
    raised_at = models.DateTimeField(db_default=Now(), editable=False)
    last_seen_at = models.DateTimeField(db_default=Now(), editable=False)
    count = models.PositiveIntegerField(default=1, db_default=1, help_text="How often it was seen so far.")
    mailed_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_alarm_a_subject",
                fields=["project", "kind", "subject"],
                condition=models.Q(settled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.words
