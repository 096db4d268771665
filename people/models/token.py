"""A machine's way in: one user, one project, some scopes; only the secret's digest is kept."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from people.enums import Scope
from people.keys import KEY_LENGTH
from people.models.project import Project


class Token(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens"
    )
    reserved_slug = models.CharField(
        max_length=KEY_LENGTH, blank=True, help_text="The project this token may create, and then belongs to."
    )
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=[(str(s), str(s)) for s in Scope]))
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="token_has_a_project_or_reserves_one",
                condition=models.Q(project__isnull=False) ^ ~models.Q(reserved_slug=""),
            ),
        ]

    def __str__(self) -> str:
        return f"token of {self.user} ({', '.join(self.scopes)})"
