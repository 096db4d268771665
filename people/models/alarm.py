"""Something that somebody should look at, said once until it is settled."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from people.models.project import Project


class Alarm(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=40, help_text="agreement_low and the like.")
    subject = models.CharField(max_length=200, blank=True, help_text="What it is about: a label, a source.")
    words = models.TextField(help_text="One sentence: what, and how far.")
    detail = models.JSONField(default=dict)
    raised_at = models.DateTimeField(db_default=Now(), editable=False)
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
