"""By what rule predictions go to people, and where each one went."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from feedback.enums import TrustState
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
    error_budget = models.FloatField(
        null=True,
        help_text="Share of the accepted that may be wrong; the threshold then follows the evidence. Null: by hand.",
    )
    confidence_level = models.FloatField(
        default=0.95, help_text="How sure to be that the budget is kept: 1 less delta."
    )
    audit_people = models.PositiveSmallIntegerField(
        default=1, help_text="How many people answer each audit, 1 or 2."
    )
    slice_by = models.CharField(
        max_length=80, blank=True, help_text="Each value has to earn its trust: source, site or context.KEY."
    )
    novelty_limit = models.FloatField(
        null=True, help_text="What is stranger than this share of known images goes to people, 0..1."
    )
    queue = models.ForeignKey(
        Queue, on_delete=models.PROTECT, related_name="+", help_text="Where what is unsure goes."
    )
    audit_queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    label_rules = models.JSONField(
        default=dict,
        help_text="By predicted label: a threshold, the name of a queue and an error_budget of its own.",
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
            models.CheckConstraint(
                name="policy_error_budget",
                condition=models.Q(error_budget=None) | models.Q(error_budget__gt=0, error_budget__lt=1),
            ),
            models.CheckConstraint(
                name="policy_confidence_level",
                condition=models.Q(confidence_level__gt=0, confidence_level__lt=1),
            ),
            models.CheckConstraint(name="policy_audit_people", condition=models.Q(audit_people__in=[1, 2])),
            models.CheckConstraint(
                name="policy_novelty_limit",
                condition=models.Q(novelty_limit=None) | models.Q(novelty_limit__gt=0, novelty_limit__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"routing v{self.version}"


class Certificate(models.Model):
    """What the evidence allowed a model to accept by itself, from then on. Immutable; the newest one holds.

    One for each policy, model, slice and predicted label that has a budget of its own ("" for all the others).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="certificates")
    policy = models.ForeignKey(RoutingPolicy, on_delete=models.CASCADE, related_name="certificates")
    model = models.ForeignKey("inference.ModelVersion", on_delete=models.CASCADE, related_name="certificates")
    slice = models.CharField(max_length=200, blank=True)
    label = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=[(str(s), str(s)) for s in TrustState])
    budget = models.FloatField(null=True, help_text="The error budget it was made for, 0..1.")
    threshold = models.FloatField(null=True, help_text="Accepted from this confidence on. Null: nothing is.")
    bound = models.FloatField(null=True, help_text="Upper bound of the error rate among the accepted, 0..1.")
    error_rate = models.FloatField(null=True, help_text="Its estimate from inclusion-weighted answers, 0..1.")
    answers = models.PositiveIntegerField(help_text="Verified answers it rests on.")
    verified = models.PositiveIntegerField(
        default=0, help_text="All answers about this cell that were taken in, in the order of the decisions."
    )
    rests_on = models.UUIDField(null=True, help_text="The newest decision it was made from, a bare id.")
    evidence = models.FloatField(
        default=1, help_text="Wealth of the bet that the budget is broken, since the last change."
    )
    reason = models.TextField(help_text="One sentence: why this state.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="certificate_state", condition=models.Q(state__in=[str(s) for s in TrustState])
            ),
            models.CheckConstraint(
                name="ok_has_a_threshold",
                condition=~models.Q(state=TrustState.OK.value) | models.Q(threshold__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="certificate_in_force", fields=["policy", "model", "slice", "label", "-id"])
        ]

    def __str__(self) -> str:
        return f"{self.state} for {self.label or 'every label'} {self.slice}".strip()


class RoutingDecision(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project_id = models.UUIDField()
    capture_id = models.UUIDField(unique=True)
    prediction_id = models.UUIDField()
    policy = models.ForeignKey(RoutingPolicy, on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=10, choices=[(str(a), str(a)) for a in Action])
    inclusion_probability = models.FloatField(help_text="Chance that a person would see it, 0..1.")
    burst = models.CharField(max_length=100, blank=True)
    slice = models.CharField(max_length=200, blank=True, help_text="Where it was, by the policy's slice_by.")
    certificate_id = models.UUIDField(null=True, help_text="What allowed or forbade accepting it, a bare id.")
    conditions = models.JSONField(default=list, help_text="Each condition: name, value, limit, holds.")
    draw = models.FloatField(
        null=True, help_text="Its own number, which has nothing to do with what it shows."
    )
    sampled = models.FloatField(
        null=True,
        help_text="Below this draw, whatever the confidence, answers are a uniform sample: evidence for thresholds.",
    )
    watched = models.FloatField(
        null=True, help_text="Below this draw reviews tell whether they become harder."
    )
    awaited = models.BooleanField(
        db_default=False, help_text="Whether a person's answer is evidence of either kind."
    )
    benefit = models.FloatField(null=True, help_text="What reviewing it was expected to be worth.")
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
        indexes = [
            models.Index(name="decision_by_project", fields=["project_id", "id"]),
            models.Index(
                name="decision_awaited", fields=["project_id", "id"], condition=models.Q(awaited=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.capture_id}"
