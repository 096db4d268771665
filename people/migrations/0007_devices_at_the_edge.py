"""A scope for devices at the edge."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_squashed_0006_push'),
    ]

    operations = [
        migrations.AlterField(
            model_name='token',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('ingest', 'ingest'), ('answer', 'answer'), ('read', 'read'), ('admin', 'admin'), ('edge', 'edge')], max_length=20), size=None),
        ),
    ]
