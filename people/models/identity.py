"""As whom a provider of sign-ins knows somebody: what ties an account here to one there."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Identity(models.Model):
    """Made at the first sign-in, or by hand in the admin; from then on no address is looked at."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities", db_index=False
    )
    issuer = models.CharField(max_length=500, help_text="As the provider writes it in its tokens (iss).")
    subject = models.CharField(
        max_length=255, help_text="The provider's name for the person, theirs for ever (sub)."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(name="identity_is_one_users", fields=["issuer", "subject"]),
            models.UniqueConstraint(name="user_is_known_once_to_an_issuer", fields=["user", "issuer"]),
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"
