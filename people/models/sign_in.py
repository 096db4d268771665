"""What guards signing in with a password: attempts that are counted, and a second factor."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class SignInAttempts(models.Model):
    """Attempts in a row at one account or from one address, whether or not there is such an account.

    Neither the name typed (some type their password there) nor the address is kept, but a keyed digest.
    """

    digest = models.BinaryField(max_length=32, primary_key=True)
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(db_default=Now())
    locked_until = models.DateTimeField(null=True, help_text="Nothing is tried before then.")

    class Meta:
        indexes = [models.Index(name="sign_in_attempts_by_age", fields=["last_at"])]

    def __str__(self) -> str:
        return f"{self.count} attempts"


class SecondFactor(models.Model):
    """An authenticator's secret. Codes are made of it, so that it cannot be a digest."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="second_factor"
    )
    secret = models.CharField(max_length=64, editable=False, help_text="Base 32, 160 bits.")
    last_step = models.BigIntegerField(
        help_text="The time step of the last code taken: neither it nor an earlier one is taken again."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"second factor of {self.user}"


class RecoveryCode(models.Model):
    """Stands in for the authenticator, once."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32, editable=False)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="recovery_code", fields=["factor", "digest"])]

    def __str__(self) -> str:
        return f"recovery code of {self.factor_id}"
