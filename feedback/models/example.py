"""A resolution that became training data, with where it came from."""

from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.models import Image, Resolution
from labeling.models.image import SPLITS
from people.models import Project


class Example(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="examples", db_index=False)
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="examples")
    resolution = models.OneToOneField(Resolution, on_delete=models.PROTECT, related_name="example")
    value = models.JSONField()
    ancestry = models.JSONField(
        default=dict, help_text="Snapshot: answers, people, guidelines, capture, prediction, model, policy."
    )
    weight = models.FloatField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_example_an_image", fields=["image"], condition=models.Q(replaced_at=None)
            ),
            models.CheckConstraint(name="example_weight", condition=models.Q(weight__gt=0)),
        ]
        indexes = [models.Index(name="example_by_project", fields=["project", "id"])]

    def __str__(self) -> str:
        return f"example {self.pk}"


class FrozenSplit(models.Model):
    """Which split an image fell into when it was first frozen. It never moves: test stays unseen."""

    image = models.OneToOneField(Image, primary_key=True, on_delete=models.PROTECT, related_name="frozen")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    split = models.CharField(max_length=5, choices=SPLITS)

    def __str__(self) -> str:
        return f"{self.image_id} in {self.split}"
