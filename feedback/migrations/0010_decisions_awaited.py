"""The index by which evidence is read, built beside those who write."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("feedback", "0009_ledgers")]

    operations = [
        AddIndexConcurrently(
            "routingdecision",
            models.Index(
                name="decision_awaited", fields=["project_id", "id"], condition=models.Q(awaited=True)
            ),
        ),
    ]
