"""An index of what waits with a due time, made without holding anybody up: late queues are looked for each minute."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("labeling", "0017_regions")]

    operations = [
        AddIndexConcurrently(
            "task",
            models.Index(
                name="task_due",
                fields=["queue", "due_at"],
                condition=models.Q(("due_at__isnull", False), ("gold", None), ("state", "open")),
            ),
        ),
    ]
