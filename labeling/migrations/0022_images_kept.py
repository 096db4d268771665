"""An index of the images that were not erased, made without holding anybody up: retention looks for them each night."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("labeling", "0021_redaction")]

    operations = [
        AddIndexConcurrently(
            "image",
            models.Index(
                name="image_kept", fields=["project", "id"], condition=models.Q(("erased_at", None))
            ),
        ),
    ]
