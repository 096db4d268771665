"""What devices at the edge accept by themselves is counted."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0012_unequal_sequences'),
        ('inference', '0009_capture_of_device'),
        ('labeling', '0001_squashed_0016_numbers_in_ranges'),
        ('people', '0007_devices_at_the_edge'),
    ]

    operations = [
        migrations.CreateModel(
            name='EdgeCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField(help_text='When it began.')),
                ('label', models.CharField(blank=True, help_text='Empty where nothing was found, or several.', max_length=64)),
                ('bucket', models.PositiveSmallIntegerField(help_text='Confidence in steps of 0.05, 0..19.')),
                ('captures', models.PositiveIntegerField()),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inference.modelversion')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='feedback.routingpolicy')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='edge_counts', to='people.project')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.source')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'hour', 'source', 'model', 'policy', 'label', 'bucket'), name='one_edge_count'), models.CheckConstraint(condition=models.Q(('bucket__lt', 20)), name='edge_count_bucket')],
            },
        ),
        migrations.CreateModel(
            name='EdgeReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('report', models.UUIDField(help_text='Made by the device before it first sent it.')),
                ('device', models.CharField(max_length=64)),
                ('lost', models.PositiveIntegerField(default=0, help_text='Captures that its spool had no room for.')),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='edge_reports', to='people.project')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'report'), name='one_edge_report')],
            },
        ),
    ]
