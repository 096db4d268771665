"""Images whose answer is known: served unannounced among the rest, or put together as a quiz."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.models.image import Image
from labeling.models.queue import Queue
from people.models import Project


class Gold(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="gold", db_index=False)
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="gold")
    value = models.JSONField(help_text="The known answer, a wire value.")
    why = models.TextField(blank=True, help_text="Shown after a quiz to who answered otherwise.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_gold_an_image", fields=["image"], condition=models.Q(retired_at=None)
            ),
        ]
        indexes = [models.Index(name="gold_by_project", fields=["project", "id"])]

    def __str__(self) -> str:
        return f"{self.value} of {self.image}"


class Quiz(models.Model):
    """Gold images to be answered with a stated share right before real tasks are handed out."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="quizzes")
    name = models.CharField(max_length=200)
    pass_share = models.FloatField(default=0.8, help_text="Of the questions, 0..1.")
    for_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="One person's; nobody means annotators before their first task.",
    )
    asks_everybody = models.BooleanField(
        default=False, help_text="Also of those who knew the work before the quiz was made."
    )
    questions = models.ManyToManyField(Gold, related_name="quizzes")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "quizzes"
        constraints = [
            models.CheckConstraint(
                name="quiz_pass_share", condition=models.Q(pass_share__gt=0, pass_share__lte=1)
            ),
            models.CheckConstraint(
                name="quiz_for_one_or_everybody",
                condition=models.Q(for_user=None) | models.Q(asks_everybody=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class QuizAttempt(models.Model):
    """One person at one quiz: a queue of their own holds the questions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="attempts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quiz_attempts")
    queue = models.OneToOneField(Queue, on_delete=models.PROTECT, related_name="quiz_attempt")
    questions = models.PositiveIntegerField()
    right = models.PositiveIntegerField(null=True)
    passed = models.BooleanField(null=True)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_attempt_at_a_time",
                fields=["quiz", "user"],
                condition=models.Q(finished_at=None),
            ),
            models.CheckConstraint(
                name="attempt_is_marked_when_finished",
                condition=models.Q(finished_at=None, right=None, passed=None)
                | models.Q(finished_at__isnull=False, right__isnull=False, passed__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.quiz}"
