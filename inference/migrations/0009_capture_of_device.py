"""What a device at the edge sends again is found by the id it gave."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.fields.json import KT


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("inference", "0001_squashed_0008_any_model")]

    operations = [
        AddIndexConcurrently(
            "capture",
            models.Index(
                "project",
                KT("external__edge__capture"),
                name="capture_of_device",
                condition=models.Q(external__has_key="edge"),
            ),
        ),
    ]
