"""An image's bytes may be written anew, and each time leaves a certificate."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0020_checks_of_frozen_reports"),
        ("people", "0012_audit_event_number"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="image",
            name="redacted",
            field=models.JSONField(
                editable=False,
                help_text="What was filled: [left, top, right, bottom, what] in pixels; null: nothing.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="stored_sha256",
            field=models.CharField(
                editable=False,
                help_text="Of the bytes that are kept, where they are others than those that came; else null.",
                max_length=64,
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="Redaction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[("drawn", "drawn"), ("found", "found"), ("metadata", "metadata")],
                        max_length=10,
                    ),
                ),
                (
                    "areas",
                    models.JSONField(
                        default=list,
                        help_text="[left, top, right, bottom, what]: pixels of the upright image.",
                    ),
                ),
                ("sha256_before", models.CharField(max_length=64)),
                ("sha256_after", models.CharField(max_length=64)),
                ("files", models.JSONField(help_text="What there was to remove: [{what, storage, key}].")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("removed_at", models.DateTimeField(help_text="When the bytes before had gone.", null=True)),
                (
                    "confirmed_at",
                    models.DateTimeField(help_text="When they were not found once more.", null=True),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redactions",
                        to="labeling.image",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="redactions",
                        to="people.project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("confirmed_at", None)), fields=["id"], name="redaction_unfinished"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cause__in", ["drawn", "found", "metadata"])),
                        name="redaction_cause",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_at", None), ("removed_at__isnull", False), _connector="OR"
                        ),
                        name="redaction_confirmed_once_removed",
                    ),
                ],
            },
        ),
    ]
