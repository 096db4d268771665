"""Answers once more, narrow and without their words: what agreement is counted from."""

from django.conf import settings
from django.db import models

from people.models import Project


class Vote(models.Model):
    """Written by the database in the answer's own transaction, numbered in the order of writing, never changed.

    Left out are answers that came late, those to gold and quiz tasks, which have a known answer, and those of
    adjudication, which is asked only where others differ. A vote taken back stays; the one in its place names it.
    """

    number = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    answer_id = models.UUIDField()
    image_id = models.UUIDField()
    queue_id = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    label = models.BigIntegerField(
        help_text="The label's id; 0 for can't tell, -1 for none of these, -2 for regions."
    )
    guideline = models.IntegerField(default=0, help_text="The version's number; 0 without one.")
    setting = models.BigIntegerField(
        help_text="A hash of the image's source and of the words and truth values of its context."
    )
    tenths = models.IntegerField(help_text="Active time, in tenths of a second.")
    blind = models.BooleanField(help_text="No proposal was shown.")
    at = models.DateTimeField(help_text="When it was said.")
    supersedes = models.BigIntegerField(null=True, help_text="The number of the vote whose place it takes.")

    class Meta:
        indexes = [
            models.Index(name="vote_by_project", fields=["project", "number"]),
            models.Index(name="vote_by_image", fields=["image_id"]),
            models.Index(
                name="vote_taken_back",
                fields=["project", "supersedes"],
                condition=models.Q(supersedes__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"vote {self.number} on {self.image_id}"
