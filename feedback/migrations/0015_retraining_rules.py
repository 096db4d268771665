"""When a project retrains by itself, and what an hour costs it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0014_label_errors"),
        ("people", "0012_audit_event_number"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RetrainingRules",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="retraining_rules",
                        serialize=False,
                        to="people.project",
                    ),
                ),
                ("is_on", models.BooleanField(default=False)),
                (
                    "after_resolutions",
                    models.PositiveIntegerField(help_text="New since the last dataset.", null=True),
                ),
                ("every_days", models.PositiveIntegerField(help_text="Since the last dataset.", null=True)),
                ("on_drift", models.BooleanField(default=False, help_text="When a drift alarm opens.")),
                (
                    "method",
                    models.CharField(default="scratch", help_text="One of trainers.METHODS.", max_length=20),
                ),
                (
                    "most_compute_hours",
                    models.FloatField(help_text="Of training runs in a calendar month.", null=True),
                ),
                (
                    "most_answers",
                    models.PositiveIntegerField(help_text="Counted ones in a calendar month.", null=True),
                ),
                ("people_hour_price", models.DecimalField(decimal_places=2, max_digits=10, null=True)),
                ("compute_hour_price", models.DecimalField(decimal_places=2, max_digits=10, null=True)),
                ("currency", models.CharField(blank=True, help_text="Three letters, as SEK.", max_length=3)),
                ("set_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        help_text="On whose behalf it trains.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "retraining rules",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_on", False),
                            models.Q(("after_resolutions__gt", 0), ("after_resolutions__isnull", False)),
                            models.Q(("every_days__gt", 0), ("every_days__isnull", False)),
                            ("on_drift", True),
                            _connector="OR",
                        ),
                        name="retraining_on_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("most_compute_hours", None), ("most_compute_hours__gte", 0), _connector="OR"
                            ),
                            models.Q(
                                ("people_hour_price", None), ("people_hour_price__gte", 0), _connector="OR"
                            ),
                            models.Q(
                                ("compute_hour_price", None), ("compute_hour_price__gte", 0), _connector="OR"
                            ),
                        ),
                        name="retraining_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("compute_hour_price", None), ("people_hour_price", None)),
                            models.Q(("currency", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="retraining_price_has_a_currency",
                    ),
                ],
            },
        ),
    ]
