"""A camera at a site, or an import."""

from django.db import models

from labeling.enums import SourceKind
from people.keys import KEY_LENGTH, validate_key
from people.models import Project, Site


class Source(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sources")
    key = models.CharField(max_length=KEY_LENGTH, validators=[validate_key])
    name = models.CharField(max_length=200)
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="sources")
    kind = models.CharField(
        max_length=10, choices=[(str(k), str(k)) for k in SourceKind], default=SourceKind.CAMERA.value
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_source_a_key", fields=["project", "key"]),
            models.CheckConstraint(
                name="camera_hangs_at_a_site",
                condition=models.Q(site__isnull=False) | models.Q(kind=SourceKind.IMPORT.value),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def alerts_about(self) -> str:
        """The name of its region, or its own where alerts are about the whole picture."""
        region = getattr(self, "region", None)
        return region.name if region else self.name
