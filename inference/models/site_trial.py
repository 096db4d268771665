"""A model that serves at one site, while the champion serves at the others."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from inference.models.model_version import ModelVersion
from people.models import Project, Site


class SiteTrial(models.Model):
    """It goes on while `ended_at` is null; a site has at most one, and a project without a champion none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="site_trials")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="site_trials")
    rules = models.JSONField(default=list, help_text="What the gate said: as in a promotion.")
    reason = models.TextField(blank=True, help_text="Why the gate was overridden.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.TextField(blank=True)
    failure = models.TextField(
        blank=True, db_default="", help_text="What the model raised there, if that ended it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_trial_a_site", fields=["project", "site"], condition=models.Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="ended_trial_says_why",
                condition=models.Q(ended_at=None) | ~models.Q(ended_why=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.site}"
