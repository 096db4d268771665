"""An index for finding images by the filenames that a file of labels names, made without holding anybody up."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("labeling", "0011_cast_votes")]

    operations = [
        AddIndexConcurrently("image", models.Index(name="image_by_filename", fields=["project", "filename"])),
    ]
