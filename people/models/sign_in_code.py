"""A code that signs a phone in without typing: one person, one site, until a time. Only its digest is kept."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from uuid_utils.compat import uuid7

from people.models.project import Project
from people.models.site import Site


class SignInCode(models.Model):
    """Its sessions, too, end at `ends_at` or when it is revoked, whichever is first."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", help_text="Who is signed in."
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    is_single_use = models.BooleanField(default=True)
    uses = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(help_text="The shift is over: no more use, and its sessions end.")
    revoked_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="single_use_is_used_once",
                condition=models.Q(is_single_use=False) | models.Q(uses__lte=1),
            ),
        ]
        indexes = [models.Index(name="sign_in_code_by_project", fields=["project", "id"])]

    def __str__(self) -> str:
        return f"code for {self.user} at {self.site}"

    @property
    def is_over(self) -> bool:
        """Whether the shift has ended by itself."""
        return self.ends_at <= timezone.now()
