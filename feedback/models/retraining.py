"""When a project retrains by itself, within what budget, and what an hour costs it."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from people.models import Project


class RetrainingRules(models.Model):
    """What is null is no rule, no bound, or no price. Changed in place; the audit log keeps who set what."""

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="retraining_rules"
    )
    is_on = models.BooleanField(default=False)
    after_resolutions = models.PositiveIntegerField(null=True, help_text="New since the last dataset.")
    every_days = models.PositiveIntegerField(null=True, help_text="Since the last dataset.")
    on_drift = models.BooleanField(default=False, help_text="When a drift alarm opens.")
    method = models.CharField(max_length=20, default="scratch", help_text="One of trainers.METHODS.")
    most_compute_hours = models.FloatField(null=True, help_text="Of training runs in a calendar month.")
    most_answers = models.PositiveIntegerField(null=True, help_text="Counted ones in a calendar month.")
    people_hour_price = models.DecimalField(null=True, max_digits=10, decimal_places=2)
    compute_hour_price = models.DecimalField(null=True, max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, blank=True, help_text="Three letters, as SEK.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="On whose behalf it trains.",
    )
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "retraining rules"
        constraints = [
            models.CheckConstraint(
                name="retraining_on_says_when",
                # Each asked for: what is compared with null is unknown, and a constraint lets that pass.
                condition=models.Q(is_on=False)
                | models.Q(after_resolutions__isnull=False, after_resolutions__gt=0)
                | models.Q(every_days__isnull=False, every_days__gt=0)
                | models.Q(on_drift=True),
            ),
            models.CheckConstraint(
                name="retraining_bounds",
                condition=(models.Q(most_compute_hours=None) | models.Q(most_compute_hours__gte=0))
                & (models.Q(people_hour_price=None) | models.Q(people_hour_price__gte=0))
                & (models.Q(compute_hour_price=None) | models.Q(compute_hour_price__gte=0)),
            ),
            models.CheckConstraint(
                name="retraining_price_has_a_currency",
                condition=models.Q(people_hour_price=None, compute_hour_price=None) | ~models.Q(currency=""),
            ),
        ]

    def __str__(self) -> str:
        return f"retraining rules of {self.project}"
