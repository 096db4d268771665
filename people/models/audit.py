"""Who did what, when, to what: appended in the transaction that did it, never changed, and sealed soon after."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7


class AuditEvent(models.Model):
    """The database refuses to change one or to delete it. Of a person only the id is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(
        null=True,
        editable=False,
        db_default=models.Func(models.Value("people_auditevent_number"), function="nextval"),
        help_text="Drawn as it is written, before it is committed; null of events from before there were seals.",
    )
    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    project_id = models.UUIDField(null=True)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=100)
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(name="audit_event_number", fields=["number"])]
        indexes = [models.Index(name="audit_of_a_project", fields=["project_id", "id"])]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


class AuditSeal(models.Model):
    """What the events of a range of numbers are, fast: nothing can be changed, left out or added unnoticed.

    The first seal is of the events without a number and has no range; every other begins where its predecessor ends.
    """

    number = models.BigIntegerField(primary_key=True, help_text="1, 2, 3 and so on, without a gap.")
    last_event = models.BigIntegerField(help_text="The last number it covers; 0 of the first seal.")
    count = models.BigIntegerField()
    entries = models.BinaryField(
        help_text="Of each event in order: its id (16 bytes) and its digest (32 bytes)."
    )
    previous = models.BinaryField(
        max_length=32, help_text="The digest of the seal before; zeros of the first."
    )
    digest = models.BinaryField(
        max_length=32, help_text="SHA-256 over all of the above: see domain.audit_chain."
    )
    sealed_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.number}:{bytes(self.digest).hex()}"
