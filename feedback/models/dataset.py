"""A frozen set of examples under a content hash."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from feedback.enums import DatasetState
from feedback.models.example import Example
from labeling.models.image import SPLITS
from people.models import Project


class DatasetVersion(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="datasets")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200, blank=True)
    filters = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10,
        choices=[(str(s), str(s)) for s in DatasetState],
        default=DatasetState.BUILDING.value,
    )
    error = models.TextField(blank=True)
    hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the manifest.")
    test_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of its test rows alone.")
    manifest_key = models.CharField(max_length=400, blank=True)
    labels = models.JSONField(default=list, help_text="Label keys in force when it was frozen, in order.")
    counts = models.JSONField(default=dict, help_text="Images by split.")
    card = models.JSONField(default=dict, help_text="Counts by split and label, source, and origin.")
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_dataset_a_number", fields=["project", "number"]),
            models.CheckConstraint(
                name="dataset_state", condition=models.Q(state__in=[str(s) for s in DatasetState])
            ),
            models.CheckConstraint(
                name="frozen_has_a_hash",
                condition=~models.Q(state=DatasetState.FROZEN.value)
                | (~models.Q(hash="") & ~models.Q(manifest_key="") & models.Q(frozen_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"dataset {self.number}"


class DatasetMember(models.Model):
    dataset = models.ForeignKey(
        DatasetVersion, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    example = models.ForeignKey(Example, on_delete=models.PROTECT, related_name="memberships")
    split = models.CharField(max_length=5, choices=SPLITS)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_membership_an_example", fields=["dataset", "example"])
        ]

    def __str__(self) -> str:
        return f"{self.example_id} in {self.dataset_id}"
