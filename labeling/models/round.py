"""A labeling round: a stated set of images asked about on stated terms until a date."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from labeling.models.queue import Queue


class Round(models.Model):
    """Its terms (answers required, blind, gold share, members) are its queue's; pausing and closing it, too."""

    queue = models.OneToOneField(Queue, primary_key=True, on_delete=models.CASCADE, related_name="round")
    title = models.CharField(max_length=200)
    filters = models.JSONField(
        default=dict, help_text="What its images were chosen by, the latest addition last."
    )
    due_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.title
