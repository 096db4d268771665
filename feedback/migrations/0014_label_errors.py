"""Searches for label errors, and the images they suspect."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0013_devices_at_the_edge'),
        ('labeling', '0019_erasure'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LabelErrorSearch',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('succeeded', 'succeeded'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='queued', max_length=10)),
                ('progress', models.FloatField(default=0, help_text='0..1')),
                ('error', models.TextField(blank=True)),
                ('found', models.JSONField(default=dict, help_text='judged, flagged, estimated, left_out, unreadable, model, as it was found.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='label_error_searches', to='feedback.datasetversion')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'succeeded', 'failed', 'cancelled'])), name='label_search_state'),
                    models.CheckConstraint(condition=models.Q(('progress__gte', 0), ('progress__lte', 1)), name='label_search_progress'),
                    models.UniqueConstraint(condition=models.Q(('state__in', ('queued', 'running'))), fields=('dataset',), name='one_label_search_going'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LabelSuspect',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('label', 'label'), ('duplicate', 'duplicate'), ('outlier', 'outlier')], max_length=10)),
                ('rank', models.PositiveIntegerField()),
                ('given', models.CharField(help_text='Its label in the dataset.', max_length=64)),
                ('suggested', models.CharField(blank=True, max_length=64)),
                ('given_probability', models.FloatField(help_text='0..1, out of sample.', null=True)),
                ('suggested_probability', models.FloatField(help_text='0..1, out of sample.', null=True)),
                ('distance', models.FloatField(help_text='Bits between hashes, or from the nearest images, 0..√2.', null=True)),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.image')),
                ('like', models.ForeignKey(help_text='The near-duplicate.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.image')),
                ('search', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='suspects', to='feedback.labelerrorsearch')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('search', 'kind', 'rank'), name='one_suspect_a_rank'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['label', 'duplicate', 'outlier'])), name='suspect_kind'),
                ],
            },
        ),
    ]
