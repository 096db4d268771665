"""By what rules a store is alerted, each alert with its reason, and what was done when nobody answered it."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from feedback.enums import AlertStepKind
from labeling.models import Source, Task
from people.models import Project

MOST_STATES = 10


class AlertRules(models.Model):
    """Immutable: a new version takes over. The highest is in force; its first rule that fires names the alert."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alert_rules")
    version = models.PositiveIntegerField()
    rules = models.JSONField(
        help_text="In order, each: name, label, confidence, sources, hours, answers, queue; see domain.alert_rules."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "alert rules"
        constraints = [
            models.UniqueConstraint(name="one_alert_rules_a_version", fields=["project", "version"])
        ]

    def __str__(self) -> str:
        return f"alert rules v{self.version}"


class Alert(models.Model):
    """Why a task was put to a store. What a camera went on to show is folded into one alert."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="alert")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_task_id = models.UUIDField(
        help_text="The task this alert began as, a bare id: folding opens a newer one."
    )
    rules = models.ForeignKey(AlertRules, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=80, help_text="The name of the rule that fired.")
    label = models.CharField(max_length=64)
    confidence = models.FloatField(
        help_text="What the rule asks for, 0..1: as sure must be what withdraws it."
    )
    reason = models.TextField(help_text="One sentence: why it was raised.")
    states = models.JSONField(
        default=list, help_text="The newest ten: capture, label, confidence, at; the latest last."
    )
    raised_at = models.DateTimeField(help_text="When the first of its states was seen to fire.")
    withdrawn_because = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(name="alert_by_source", fields=["source", "-raised_at"]),
            models.Index(name="alert_by_project", fields=["project", "task"]),
        ]

    def __str__(self) -> str:
        return self.reason


class AlertStep(models.Model):
    """One step that followed because nobody had answered in time. Each is taken once an alert."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="alert_steps")
    first_task_id = models.UUIDField()
    kind = models.CharField(max_length=20, choices=[(str(k), str(k)) for k in AlertStepKind])
    told = models.JSONField(default=list, help_text="Usernames of those it was put to.")
    mailed_at = models.DateTimeField(null=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="each_step_once_an_alert", fields=["first_task_id", "kind"]),
            models.CheckConstraint(
                name="alert_step_kind", condition=models.Q(kind__in=[str(k) for k in AlertStepKind])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.task_id}"
