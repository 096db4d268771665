"""One of the answers a project knows."""

from django.db import models

from labeling.domain.colours import BLUE
from people.keys import KEY_LENGTH, validate_key
from people.models import Project


class Label(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="labels")
    key = models.CharField(
        max_length=KEY_LENGTH, validators=[validate_key], help_text="Never changes its meaning."
    )
    name = models.CharField(max_length=200)
    colour = models.CharField(max_length=7, default=BLUE)
    hotkey = models.CharField(max_length=1, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_label_a_key", fields=["project", "key"]),
            models.UniqueConstraint(
                name="one_label_a_hotkey",
                fields=["project", "hotkey"],
                condition=~models.Q(hotkey="") & models.Q(retired_at=None),
            ),
            models.CheckConstraint(
                name="label_colour", condition=models.Q(colour__regex=r"^#[0-9a-fA-F]{6}$")
            ),
        ]

    def __str__(self) -> str:
        return self.name
