"""What a repeated POST was answered the first time."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class IdempotencyKey(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token_id = models.BigIntegerField(default=0, help_text="0 for a session.")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(
        blank=True, help_text="As it was sent: jsonb would put its members in another order."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_answer_an_idempotency_key", fields=["user", "token_id", "key"])
        ]
        indexes = [models.Index(name="idempotency_by_age", fields=["created_at"])]

    def __str__(self) -> str:
        return self.key
