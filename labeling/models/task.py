"""One image in one queue, and the places for its answers."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.enums import TaskState
from labeling.models.gold import Gold
from labeling.models.guideline import GuidelineVersion
from labeling.models.image import Image
from labeling.models.queue import Queue
from people.models import Project

HIGHEST_PRIORITY = 9


class Task(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="tasks")
    site_id = models.BigIntegerField(default=0, help_text="0 in a queue that is not by site.")
    capture_id = models.UUIDField(null=True, help_text="The capture that asked, kept as a bare id.")
    proposal = models.JSONField(null=True, help_text="A value with its confidence, scores and model.")
    state = models.CharField(
        max_length=10, choices=[(str(s), str(s)) for s in TaskState], default=TaskState.OPEN.value
    )
    gold = models.ForeignKey(
        Gold,
        null=True,
        on_delete=models.PROTECT,
        related_name="tasks",
        help_text="The known answer this task is there to check; never shown, and nothing is resolved by it.",
    )
    extra_answers = models.PositiveSmallIntegerField(
        default=0, help_text="Asked for beyond what the queue requires."
    )
    priority = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Brought along by those who ask for it: the guideline in force, and the keys of the labels in use.
    in_force: GuidelineVersion | None
    label_keys: Iterable[str]
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_task_an_image_and_queue",
                fields=["queue", "image"],
                # A known answer is asked of one person after another, of several at once.
                condition=models.Q(state=TaskState.OPEN.value, gold=None),
            ),
            models.CheckConstraint(
                name="task_state", condition=models.Q(state__in=[str(s) for s in TaskState])
            ),
            models.CheckConstraint(
                name="task_priority", condition=models.Q(priority__range=(0, HIGHEST_PRIORITY))
            ),
            models.CheckConstraint(
                name="task_closed_at",
                condition=models.Q(state=TaskState.OPEN.value, closed_at=None)
                | (~models.Q(state=TaskState.OPEN.value) & models.Q(closed_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="task_by_queue", fields=["queue", "state", "id"]),
            models.Index(name="task_by_project", fields=["project", "id"]),
            models.Index(
                name="task_due",
                fields=["queue", "due_at"],
                condition=models.Q(state=TaskState.OPEN.value, gold=None, due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue} task {self.pk}"


class Slot(models.Model):
    """One place for one answer. It is the lease while it is held, and the record of who filled it after."""

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="slots", db_index=False)
    queue_id = models.UUIDField()
    site_id = models.BigIntegerField(default=0)
    priority = models.PositiveSmallIntegerField(default=0)
    position = models.BigIntegerField(help_text="Drawn from a sequence, anew whenever the slot moves.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    secret = models.CharField(max_length=32, blank=True)
    guideline_id = models.UUIDField(null=True, help_text="The version acknowledged when it was claimed.")
    leased_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_slot_a_person_and_task",
                fields=["task", "user"],
                condition=models.Q(user__isnull=False),
            ),
            models.CheckConstraint(
                name="slot_held_by_somebody",
                condition=models.Q(user=None, answered_at=None, expires_at=None)
                | models.Q(user__isnull=False, expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="slot_by_task", fields=["task"]),
            models.Index(
                "queue_id",
                "site_id",
                models.F("priority").desc(),
                "position",
                name="slot_claim_order",
                condition=models.Q(answered_at=None),
            ),
            models.Index(
                name="slot_held_by",
                fields=["user"],
                condition=models.Q(answered_at=None, user__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"slot {self.pk} of task {self.task_id}"


class Frontier(models.Model):
    """Where one person's claims begin in one queue and site: all before it is answered, by them or altogether.

    `positions[p]` is for priority p. It moves forward only, and never past a slot that may still come to light.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    queue_id = models.UUIDField()
    site_id = models.BigIntegerField(default=0)
    positions = ArrayField(models.BigIntegerField(), size=HIGHEST_PRIORITY + 1)
    moved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_frontier", fields=["user", "queue_id", "site_id"]),
        ]

    def __str__(self) -> str:
        return f"frontier of {self.user_id} in {self.queue_id}"


class CommonFrontier(models.Model):
    """Where everybody's claims begin in one queue and site, a newcomer's too: every slot before it is answered.

    `settled` is how far the sequence of positions had come some time ago: no slot at or before it can still come
    to light. `seen` is a later reading of it, taken at `seen_at`, that becomes `settled` once it is old enough.
    """

    queue_id = models.UUIDField()
    site_id = models.BigIntegerField(default=0)
    positions = ArrayField(models.BigIntegerField(), size=HIGHEST_PRIORITY + 1)
    settled = models.BigIntegerField(default=0)
    seen = models.BigIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_common_frontier", fields=["queue_id", "site_id"]),
        ]

    def __str__(self) -> str:
        return f"frontier of everybody in {self.queue_id}"
