"""Alarms are counted, acknowledged and written about; webhooks know for how long they have failed."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0007_devices_at_the_edge'),
    ]

    operations = [
        migrations.AddField(
            model_name='alarm',
            name='acknowledged_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='alarm',
            name='acknowledged_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='alarm',
            name='count',
            field=models.PositiveIntegerField(db_default=1, default=1, help_text='How often it was seen so far.'),
        ),
        migrations.AddField(
            model_name='alarm',
            name='last_seen_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name='alarm',
            name='mailed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='alarm',
            name='severity',
            field=models.CharField(choices=[('warning', 'warning'), ('critical', 'critical')], db_default='warning', default='warning', max_length=10),
        ),
        migrations.AddField(
            model_name='alarm',
            name='site',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='people.site'),
        ),
        migrations.AddField(
            model_name='alarm',
            name='source',
            field=models.CharField(blank=True, db_default='', help_text='The key of a source, where it is about one.', max_length=64),
        ),
        migrations.AddField(
            model_name='webhook',
            name='failing_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='webhook',
            name='failures',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Attempts in a row that went wrong; 0 once one arrives.'),
        ),
        migrations.AlterField(
            model_name='alarm',
            name='detail',
            field=models.JSONField(default=dict, help_text='The figures behind the sentence.'),
        ),
        migrations.AlterField(
            model_name='alarm',
            name='kind',
            field=models.CharField(choices=[('drift', 'drift'), ('error_budget', 'error_budget'), ('agreement_low', 'agreement_low'), ('queue_late', 'queue_late'), ('alert_unanswered', 'alert_unanswered'), ('job_stuck', 'job_stuck'), ('webhook_off', 'webhook_off')], max_length=40),
        ),
        migrations.AlterField(
            model_name='alarm',
            name='subject',
            field=models.CharField(blank=True, help_text='What it is about; one of a kind stands for each.', max_length=200),
        ),
        migrations.RunSQL(
            "UPDATE people_alarm SET last_seen_at = coalesce(settled_at, raised_at),"
            " severity = CASE kind WHEN 'error_budget' THEN 'critical' ELSE 'warning' END",
            migrations.RunSQL.noop,
        ),
    ]
