"""Images can be erased and their project say when; of an answer the words may be blanked, and still nothing else."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WORDS_MAY_GO = (
    """
    CREATE OR REPLACE TRIGGER answers_are_never_changed BEFORE UPDATE ON labeling_answer
    FOR EACH ROW WHEN (NEW.words <> '' OR to_jsonb(NEW) - 'words' <> to_jsonb(OLD) - 'words')
    EXECUTE FUNCTION labeling_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER answers_are_never_changed BEFORE UPDATE ON labeling_answer
    FOR EACH ROW EXECUTE FUNCTION labeling_refuse_change()
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0018_tasks_by_due_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="image",
            name="erased_at",
            field=models.DateTimeField(
                editable=False,
                help_text="From then on the row alone is kept: nothing of what it shows.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="Erasure",
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
                        choices=[("person", "person"), ("retention", "retention")], max_length=10
                    ),
                ),
                ("reason", models.TextField(blank=True, help_text="Why, in the words of who asked.")),
                (
                    "removed",
                    models.JSONField(
                        default=dict,
                        help_text="files: [{what, key, bytes}], facts: names, counts: {what: how many}.",
                    ),
                ),
                (
                    "learned",
                    models.JSONField(
                        default=dict,
                        help_text="datasets and models it had come into, as the apps above fill it.",
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("removed_at", models.DateTimeField(help_text="When its bytes had gone.", null=True)),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        help_text="When nothing was found any more, after all that was under way had ended.",
                        null=True,
                    ),
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
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="erasure",
                        to="labeling.image",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="erasures",
                        to="people.project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "id"], name="erasure_by_project"),
                    models.Index(
                        condition=models.Q(("confirmed_at", None)), fields=["id"], name="erasure_unfinished"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cause__in", ["person", "retention"])), name="erasure_cause"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_at", None), ("removed_at__isnull", False), _connector="OR"
                        ),
                        name="erasure_confirmed_once_removed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrivacySettings",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="privacy",
                        serialize=False,
                        to="people.project",
                    ),
                ),
                (
                    "keeps_location",
                    models.BooleanField(
                        default=False,
                        help_text="Where a file says where it was taken, that goes into the image's context.",
                    ),
                ),
                (
                    "accepted_days",
                    models.PositiveIntegerField(
                        help_text="Of images that nobody was asked about. Null: kept.", null=True
                    ),
                ),
                (
                    "reviewed_days",
                    models.PositiveIntegerField(
                        help_text="Of images that people answered about, from the last time on. Null: kept.",
                        null=True,
                    ),
                ),
                ("set_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_days", None), ("accepted_days__gte", 1), _connector="OR"),
                            models.Q(("reviewed_days", None), ("reviewed_days__gte", 1), _connector="OR"),
                        ),
                        name="retention_days",
                    )
                ],
            },
        ),
        migrations.RunSQL(*WORDS_MAY_GO),
    ]
