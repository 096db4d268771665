import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("feedback", "0010_decisions_awaited"),
        ("labeling", "0015_long_imports"),
        ("people", "0004_sign_in_codes"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertRules",
            fields=[
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("rules", models.JSONField(help_text="In order, each: name, label, confidence, sources, hours, answers, queue; see domain.alert_rules.")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="alert_rules", to="people.project")),
            ],
            options={
                "verbose_name_plural": "alert rules",
                "constraints": [models.UniqueConstraint(fields=("project", "version"), name="one_alert_rules_a_version")],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("task", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="alert", serialize=False, to="labeling.task")),
                ("first_task_id", models.UUIDField(help_text="The task this alert began as, a bare id: folding opens a newer one.")),
                ("rule", models.CharField(help_text="The name of the rule that fired.", max_length=80)),
                ("label", models.CharField(max_length=64)),
                ("confidence", models.FloatField(help_text="What the rule asks for, 0..1: as sure must be what withdraws it.")),
                ("reason", models.TextField(help_text="One sentence: why it was raised.")),
                ("states", models.JSONField(default=list, help_text="The newest ten: capture, label, confidence, at; the latest last.")),
                ("raised_at", models.DateTimeField(help_text="When the first of its states was seen to fire.")),
                ("withdrawn_because", models.TextField(blank=True)),
                ("project", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.project")),
                ("rules", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="feedback.alertrules")),
                ("source", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.source")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["source", "-raised_at"], name="alert_by_source"),
                    models.Index(fields=["project", "task"], name="alert_by_project"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertStep",
            fields=[
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ("first_task_id", models.UUIDField()),
                ("kind", models.CharField(choices=[("next_person", "next_person"), ("manager", "manager")], max_length=20)),
                ("told", models.JSONField(default=list, help_text="Usernames of those it was put to.")),
                ("mailed_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("project", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.project")),
                ("task", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="alert_steps", to="labeling.task")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("first_task_id", "kind"), name="each_step_once_an_alert"),
                    models.CheckConstraint(condition=models.Q(("kind__in", ["next_person", "manager"])), name="alert_step_kind"),
                ],
            },
        ),
    ]
