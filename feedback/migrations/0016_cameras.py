"""How cameras fare, when stores are closed, and a route by which a prediction is only counted."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0015_retraining_rules'),
        ('labeling', '0020_checks_of_frozen_reports'),
        ('people', '0013_alarms_of_camera_pictures'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CameraChange',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('ok', 'ok'), ('degraded', 'degraded'), ('down', 'down')], max_length=10)),
                ('faults', models.JSONField(default=list)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='CameraHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField(help_text='When it began.')),
                ('captures', models.PositiveIntegerField(default=0)),
                ('looks', models.PositiveIntegerField(default=0)),
                ('brightness', models.FloatField(help_text='0..255.', null=True)),
                ('detail', models.FloatField(help_text='Sharpness: see feedback.domain.camera_picture.', null=True)),
                ('here', models.FloatField(help_text='How much of its view is where it was, -1..1.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CameraWatch',
            fields=[
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='watch', serialize=False, to='labeling.source')),
                ('state', models.CharField(choices=[('ok', 'ok'), ('degraded', 'degraded'), ('down', 'down')], default='ok', max_length=10)),
                ('state_since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('is_blind', models.BooleanField(db_default=False, default=False, help_text='Its predictions go to nobody, for a fault of feedback.domain.')),
                ('faults', models.JSONField(default=list)),
                ('held', models.JSONField(default=dict, help_text='By fault, what the last looks found.')),
                ('learnt', models.JSONField(default=dict, help_text='That of feedback.domain.camera_learning.Learnt.')),
                ('edges', models.BinaryField(default=bytes, help_text='Its sum of where edges run.')),
                ('recent', models.JSONField(default=dict, help_text='What the newest looks leave for the next ones.')),
                ('seen_to', models.UUIDField(help_text='The newest capture looked at, a bare id.', null=True)),
                ('looked_at', models.DateTimeField(null=True)),
                ('last_seen_at', models.DateTimeField(help_text='When something of it last came.', null=True)),
                ('reference_at', models.DateTimeField(null=True)),
                ('expected_per_minute', models.FloatField(help_text='Set by hand; null: learnt.', null=True)),
                ('maintenance_until', models.DateTimeField(null=True)),
                ('maintenance_reason', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='EdgeDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device', models.CharField(max_length=64)),
                ('reported_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('temperature', models.FloatField(help_text='Of its hottest sensor, in °C.', null=True)),
                ('disk_free', models.BigIntegerField(help_text='Bytes, where its spool lies.', null=True)),
                ('disk_total', models.BigIntegerField(null=True)),
                ('model_id', models.UUIDField(help_text='The model that decides there, a bare id.', null=True)),
                ('model_sha256', models.CharField(blank=True, help_text="Of that model's first file.", max_length=64)),
                ('spool_captures', models.PositiveIntegerField(default=0)),
                ('spool_bytes', models.BigIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0, help_text='Captures that the centre would not have.')),
            ],
        ),
        migrations.CreateModel(
            name='StoreHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.TimeField(help_text='From then on each day; null: no part of the day.', null=True)),
                ('end', models.TimeField(null=True)),
                ('days', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=list, help_text='Closed all day: 0 Monday to 6 Sunday.', size=None)),
                ('set_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='routingdecision',
            name='decision_action',
        ),
        migrations.AlterField(
            model_name='routingdecision',
            name='action',
            field=models.CharField(choices=[('accept', 'accept'), ('review', 'review'), ('audit', 'audit'), ('set_aside', 'set_aside')], max_length=10),
        ),
        # The table is large: what is in it already is looked at by the next migration, with nobody held up.
        AddConstraintNotValid(
            model_name='routingdecision',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['accept', 'review', 'audit', 'set_aside'])), name='decision_action'),
        ),
        migrations.AddField(
            model_name='camerachange',
            name='image',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.image'),
        ),
        migrations.AddField(
            model_name='camerachange',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.source'),
        ),
        migrations.AddField(
            model_name='camerahour',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='labeling.source'),
        ),
        migrations.AddField(
            model_name='camerawatch',
            name='image',
            field=models.ForeignKey(help_text='The newest looked at.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.image'),
        ),
        migrations.AddField(
            model_name='camerawatch',
            name='maintenance_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='camerawatch',
            name='reference',
            field=models.ForeignKey(help_text='How it should look.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='labeling.image'),
        ),
        migrations.AddField(
            model_name='camerawatch',
            name='reference_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='edgedevice',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='edge_devices', to='people.project'),
        ),
        migrations.AddField(
            model_name='storehours',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='store_hours', to='people.project'),
        ),
        migrations.AddField(
            model_name='storehours',
            name='set_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='storehours',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.site'),
        ),
        migrations.AddIndex(
            model_name='camerachange',
            index=models.Index(fields=['source', '-id'], name='camera_change_by_source'),
        ),
        migrations.AddConstraint(
            model_name='camerahour',
            constraint=models.UniqueConstraint(fields=('source', 'hour'), name='one_camera_hour'),
        ),
        migrations.AddConstraint(
            model_name='camerawatch',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['ok', 'degraded', 'down'])), name='camera_state'),
        ),
        migrations.AddConstraint(
            model_name='camerawatch',
            constraint=models.CheckConstraint(condition=models.Q(('is_blind', False), ('state', 'down'), _connector='OR'), name='blind_camera_is_down'),
        ),
        migrations.AddConstraint(
            model_name='camerawatch',
            constraint=models.CheckConstraint(condition=models.Q(('expected_per_minute', None), ('expected_per_minute__gt', 0), _connector='OR'), name='camera_expected'),
        ),
        migrations.AddConstraint(
            model_name='edgedevice',
            constraint=models.UniqueConstraint(fields=('project', 'device'), name='one_edge_device'),
        ),
        migrations.AddConstraint(
            model_name='storehours',
            constraint=models.UniqueConstraint(fields=('project', 'site'), name='one_store_hours_a_site'),
        ),
        migrations.AddConstraint(
            model_name='storehours',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end', None), ('start', None)), models.Q(('end__isnull', False), ('start__isnull', False)), _connector='OR'), name='store_hours_have_both_ends'),
        ),
    ]
