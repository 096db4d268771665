"""One question asked of images, and the wall around everything that belongs to it."""

from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from people.enums import TaskType
from people.keys import KEY_LENGTH, KEY_PATTERN, validate_key


class Project(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=KEY_LENGTH, unique=True, validators=[validate_key])
    name = models.CharField(max_length=200)
    task_type = models.CharField(max_length=20, choices=[(str(t), str(t)) for t in TaskType])
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="project_task_type", condition=models.Q(task_type__in=[str(t) for t in TaskType])
            ),
            models.CheckConstraint(name="project_slug_is_a_key", condition=models.Q(slug__regex=KEY_PATTERN)),
        ]

    def __str__(self) -> str:
        return self.name
