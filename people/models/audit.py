"""Who did what, when, to what: appended in the transaction that did it, never changed."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7


class AuditEvent(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    project_id = models.UUIDField(null=True)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=100)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(name="audit_of_a_project", fields=["project_id", "id"])]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
