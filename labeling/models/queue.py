"""Where tasks wait, and on what terms they are answered."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.enums import Audience, Consensus, Purpose
from people.keys import KEY_LENGTH, validate_key
from people.models import Project


class Queue(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="queues")
    name = models.CharField(max_length=KEY_LENGTH, validators=[validate_key])
    audience = models.CharField(max_length=20, choices=[(str(a), str(a)) for a in Audience])
    by_site = models.BooleanField(default=False, help_text="Only members of the image's site take its tasks.")
    answers_required = models.PositiveSmallIntegerField(default=1)
    lease_seconds = models.PositiveIntegerField(default=300)
    sla_seconds = models.PositiveIntegerField(null=True, blank=True, help_text="Due this long after opening.")
    blind = models.BooleanField(default=False, help_text="No proposal and no score reaches the browser.")
    gold_share = models.FloatField(default=0, help_text="Share of served tasks with a known answer, 0..1.")
    purpose = models.CharField(
        max_length=10, choices=[(str(p), str(p)) for p in Purpose], default=Purpose.STANDING.value
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        help_text="Who may take part; nobody named means everybody of the audience.",
    )
    consensus = models.CharField(
        max_length=12, choices=[(str(c), str(c)) for c in Consensus], default=Consensus.MAJORITY.value
    )
    quorum = models.PositiveSmallIntegerField(
        default=0, help_text="With majority: at least so many answers must say the same; 0 asks for no more."
    )
    posterior_floor = models.FloatField(
        default=0.9, help_text="With Dawid-Skene: the least posterior that settles a task, 0..1."
    )
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text="Nothing is handed out while it is set."
    )
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Nothing is handed out any more.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_queue_a_name", fields=["project", "name"]),
            models.CheckConstraint(
                name="queue_audience", condition=models.Q(audience__in=[str(a) for a in Audience])
            ),
            # An associate sees their own sites alone; a queue that is not by site would show them all.
            models.CheckConstraint(
                name="associates_queue_is_by_site",
                condition=~models.Q(audience=Audience.ASSOCIATE.value) | models.Q(by_site=True),
            ),
            models.CheckConstraint(
                name="queue_answers_required", condition=models.Q(answers_required__range=(1, 20))
            ),
            models.CheckConstraint(
                name="queue_lease_seconds", condition=models.Q(lease_seconds__range=(1, 1800))
            ),
            models.CheckConstraint(
                name="queue_purpose", condition=models.Q(purpose__in=[str(p) for p in Purpose])
            ),
            models.CheckConstraint(
                name="queue_consensus", condition=models.Q(consensus__in=[str(c) for c in Consensus])
            ),
            models.CheckConstraint(
                name="queue_posterior_floor",
                condition=models.Q(posterior_floor__gt=0, posterior_floor__lte=1),
            ),
            models.CheckConstraint(
                name="queue_gold_share", condition=models.Q(gold_share__gte=0, gold_share__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.name
