"""What a model said of each image it was measured on, and what a project's gate asks."""

from django.db import models
from django.db.models.functions import Now

from inference.enums import Over
from inference.models.model_version import ModelVersion
from people.models import Project


class MeasuredSet(models.Model):
    """One model on one set of images, image by image, as `domain.outcomes` packs it."""

    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="measured_sets")
    over = models.CharField(max_length=10, choices=[(str(o), str(o)) for o in Over])
    set_hash = models.CharField(max_length=64, help_text="Names the images and what is true of them.")
    images = models.PositiveIntegerField()
    content = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_measured_set", fields=["model", "over", "set_hash"]),
            models.CheckConstraint(name="measured_over", condition=models.Q(over__in=[str(o) for o in Over])),
        ]

    def __str__(self) -> str:
        return f"{self.model} on {self.images} {self.over} images"


class GateTerms(models.Model):
    """What a project's gate asks of a challenger. Ratios are 0..1."""

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="gate_terms"
    )
    margin = models.FloatField(help_text="How much worse it may be on a part of the images.")
    least_images = models.PositiveIntegerField(help_text="A part of fewer images is shown and not judged.")
    most_ece = models.FloatField(null=True, help_text="The calibration error at most, beyond that of chance.")
    must_be_proven = models.BooleanField(
        default=False, help_text="Whether the interval has to prove that it is better."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gate_terms",
                condition=models.Q(margin__gte=0, margin__lte=1, least_images__gte=1)
                & (models.Q(most_ece=None) | models.Q(most_ece__gt=0, most_ece__lte=1)),
            )
        ]

    def __str__(self) -> str:
        return f"gate of {self.project}"
