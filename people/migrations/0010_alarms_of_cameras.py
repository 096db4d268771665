"""Kinds of alarm about cameras that fall silent or freeze."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0009_identities'),
    ]

    operations = [
        migrations.AlterField(
            model_name='alarm',
            name='kind',
            field=models.CharField(choices=[('drift', 'drift'), ('camera_silent', 'camera_silent'), ('camera_frozen', 'camera_frozen'), ('error_budget', 'error_budget'), ('agreement_low', 'agreement_low'), ('queue_late', 'queue_late'), ('alert_unanswered', 'alert_unanswered'), ('job_stuck', 'job_stuck'), ('webhook_off', 'webhook_off')], max_length=40),
        ),
    ]
