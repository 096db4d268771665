"""Tasks that have their answers and wait to be judged with all that everybody said."""

from django.db import models
from django.db.models.functions import Now

from labeling.models.task import Task


class PendingConsensus(models.Model):
    """A task of a queue whose consensus is Dawid-Skene's; a job judges it within the minute."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(
        db_default=Now(), help_text="Of the latest answer: one that came since waits."
    )

    class Meta:
        verbose_name_plural = "pending consensus"

    def __str__(self) -> str:
        return f"{self.task} waits to be judged"
