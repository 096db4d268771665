"""A named part of a camera's picture: what its alerts are about."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from labeling.models.source import Source


class Region(models.Model):
    """One a source. `box` is left, top, right, bottom as shares of the upright picture, so that its size may change."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="region")
    name = models.CharField(max_length=200)
    box = ArrayField(models.FloatField(), size=4, help_text="x1, y1, x2, y2 as shares, 0..1.")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="region_within_the_picture",
                condition=models.Q(
                    box__len=4,
                    box__0__gte=0,
                    box__1__gte=0,
                    box__2__lte=1,
                    box__3__lte=1,
                    box__0__lt=models.F("box__2"),
                    box__1__lt=models.F("box__3"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def pixels(self, width: int, height: int) -> list[float]:
        """x1, y1, x2, y2 in a picture of that size."""
        x1, y1, x2, y2 = self.box
        return [round(x1 * width, 1), round(y1 * height, 1), round(x2 * width, 1), round(y2 * height, 1)]
