"""How a model came to serve."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from feedback.enums import PromotionKind
from inference.models import ModelVersion
from people.models import Project


class Promotion(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="promotions")
    challenger = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="promotions", help_text="Serves from now on."
    )
    champion = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="+", help_text="Served before."
    )
    kind = models.CharField(max_length=12, choices=[(str(k), str(k)) for k in PromotionKind])
    test_hash = models.CharField(max_length=64, blank=True)
    rules = models.JSONField(default=list, help_text="Each: name, challenger, champion, limit, passed.")
    reason = models.TextField(blank=True, help_text="Why the gate was overridden.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="promotion_kind", condition=models.Q(kind__in=[str(k) for k in PromotionKind])
            ),
            models.CheckConstraint(
                name="override_says_why",
                condition=~models.Q(kind=PromotionKind.OVERRIDDEN.value) | ~models.Q(reason=""),
            ),
        ]
        indexes = [models.Index(name="promotion_by_project", fields=["project", "id"])]

    def __str__(self) -> str:
        return f"{self.challenger} {self.kind}"
