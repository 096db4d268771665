"""By what rule predictions go to people, and where each one went."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from inference.enums import Action
from labeling.models import Queue
from people.models import Project


def new_draw_key() -> str:
    """A key of its own for each policy, so that nobody outside can tell which captures will be audited."""
    return secrets.token_hex(16)


class RoutingPolicy(models.Model):
    """Immutable: a new version takes over. The highest version is in force."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="policies")
    version = models.PositiveIntegerField()
    threshold = models.FloatField(
        help_text="Below this calibrated confidence a person is asked; 1 asks always."
    )
    audit_share = models.FloatField(help_text="Share of the accepted that is checked blind, 0..1.")
    queue = models.ForeignKey(
        Queue, on_delete=models.PROTECT, related_name="+", help_text="Where what is unsure goes."
    )
    audit_queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    label_rules = models.JSONField(
        default=dict, help_text="By predicted label: a threshold and the name of a queue of its own."
    )
    draw_key = models.CharField(max_length=32, default=new_draw_key, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_policy_a_version", fields=["project", "version"]),
            models.CheckConstraint(
                name="policy_threshold", condition=models.Q(threshold__gte=0, threshold__lte=1)
            ),
            models.CheckConstraint(
                name="policy_audit_share", condition=models.Q(audit_share__gte=0, audit_share__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"routing v{self.version}"


class RoutingDecision(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project_id = models.UUIDField()
    capture_id = models.UUIDField(unique=True)
    prediction_id = models.UUIDField()
    policy = models.ForeignKey(RoutingPolicy, on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=10, choices=[(str(a), str(a)) for a in Action])
    inclusion_probability = models.FloatField(help_text="Chance that a person would see it, 0..1.")
    burst = models.CharField(max_length=100, blank=True)
    conditions = models.JSONField(default=list, help_text="Each condition: name, value, limit, holds.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="decision_action", condition=models.Q(action__in=[str(a) for a in Action])
            ),
            models.CheckConstraint(
                name="decision_inclusion_probability",
                condition=models.Q(inclusion_probability__gte=0, inclusion_probability__lte=1),
            ),
        ]
        indexes = [models.Index(name="decision_by_project", fields=["project_id", "id"])]

    def __str__(self) -> str:
        return f"{self.action} {self.capture_id}"
