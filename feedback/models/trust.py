"""How far the model that serves was trusted, and since when."""

from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from feedback.enums import TrustState
from people.models import Project


class TrustChange(models.Model):
    """The state as a machine is told it, each time it became another. Immutable; the newest one holds."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="trust_changes", db_index=False
    )
    state = models.CharField(max_length=10, choices=[(str(s), str(s)) for s in TrustState])
    reason = models.TextField(help_text="One sentence: why.")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="trust_change_state", condition=models.Q(state__in=[str(s) for s in TrustState])
            ),
        ]
        indexes = [models.Index(name="trust_of_a_project", fields=["project", "-id"])]

    def __str__(self) -> str:
        return f"{self.state} since {self.at}"
