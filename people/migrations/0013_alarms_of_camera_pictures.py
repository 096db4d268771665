"""Kinds of alarm about what a camera's pictures look like, and about devices at the edge."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0012_audit_event_number'),
    ]

    operations = [
        migrations.AlterField(
            model_name='alarm',
            name='kind',
            field=models.CharField(choices=[('drift', 'drift'), ('camera_silent', 'camera_silent'), ('camera_frozen', 'camera_frozen'), ('camera_covered', 'camera_covered'), ('camera_moved', 'camera_moved'), ('camera_dark', 'camera_dark'), ('camera_bright', 'camera_bright'), ('camera_blurred', 'camera_blurred'), ('camera_colour', 'camera_colour'), ('camera_format', 'camera_format'), ('camera_clock', 'camera_clock'), ('camera_slow', 'camera_slow'), ('edge_device', 'edge_device'), ('error_budget', 'error_budget'), ('agreement_low', 'agreement_low'), ('queue_late', 'queue_late'), ('alert_unanswered', 'alert_unanswered'), ('job_stuck', 'job_stuck'), ('webhook_off', 'webhook_off')], max_length=40),
        ),
    ]
