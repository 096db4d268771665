"""Agreement on the record: reports that never change, and the schedule they are made on."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.enums import Comparison
from people.models import Project


class AgreementReport(models.Model):
    """Figures over a stated set of answers; the same filters and `as_of` give the same figures again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="agreement_reports")
    name = models.CharField(max_length=200)
    filters = models.JSONField(default=dict)
    as_of = models.DateTimeField(help_text="What was said up to then counts, as it stood then.")
    data_hash = models.CharField(max_length=64, help_text="sha256 of the answers it rests on.")
    answers = models.PositiveIntegerField()
    figures = models.JSONField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.name


class AgreementCheck(models.Model):
    """A frozen report made again from the answers and compared; without `done_at`, somebody has asked for it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    report = models.ForeignKey(AgreementReport, on_delete=models.CASCADE, related_name="checks")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True)
    found = models.CharField(max_length=20, choices=[(str(c), str(c)) for c in Comparison], blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="check_finds_when_done",
                condition=models.Q(done_at=None, found="")
                | models.Q(done_at__isnull=False) & ~models.Q(found=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}: {self.found or 'being made again'}"


class AgreementSchedule(models.Model):
    """How often a project's agreement is audited by itself, and below what an alarm is raised."""

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="agreement_schedule"
    )
    every_days = models.PositiveSmallIntegerField(default=7, help_text="0: not at all.")
    floor = models.FloatField(
        default=0.667, help_text="An alarm is raised when an interval of alpha falls wholly below, -1..1."
    )
    filters = models.JSONField(default=dict)
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="agreement_floor", condition=models.Q(floor__gte=-1, floor__lte=1)),
        ]

    def __str__(self) -> str:
        return f"agreement of {self.project}"


class ContextRanges(models.Model):
    """Into which ranges reports put the numbers that a context has at a key; fixed when there were enough of them.

    A report keeps those it was made with.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="context_ranges", db_index=False
    )
    key = models.CharField(max_length=100)
    edges = ArrayField(models.FloatField(), help_text="Ascending; a range begins with its edge.")
    fixed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "context ranges"
        constraints = [models.UniqueConstraint(name="ranges_of_a_key", fields=["project", "key"])]

    def __str__(self) -> str:
        return f"{self.key} of {self.project_id}"


class AgreementStatistics(models.Model):
    """What was counted of a project's votes under some filters, up to one of them: later ones are added to it.

    A cache: it can be deleted at any time, and is made again when a report is next asked for.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=64, help_text="sha256 of the filters and of the form of `tally`.")
    up_to = models.BigIntegerField(help_text="The number of the last vote counted.")
    tally = models.BinaryField()
    estimates = models.JSONField(help_text="Figures that cannot be brought up to date vote by vote.")
    matrices = models.BinaryField(
        null=True, help_text="Everybody's confusion: far larger than all else where there are many labels."
    )
    figures = models.JSONField(help_text="The latest report made of it, without them.")
    figures_up_to = models.BigIntegerField(default=0, help_text="The number of the last vote in `figures`.")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "agreement statistics"
        constraints = [
            models.UniqueConstraint(name="one_statistics_of_a_filter", fields=["project", "key"]),
        ]

    def __str__(self) -> str:
        return f"votes of {self.project_id} up to {self.up_to}"
