"""What a drift alarm's change is made of, worked out by a worker once it is open, and kept with the alarm."""

from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from inference.domain.drift.explaining import MOST, explain
from inference.models import DriftReference
from inference.queries import watched
from people.models import Alarm

JOB = "feedback.explain_drift"
LOCK = "drift"
"""That of the job which looks: it writes the alarm's detail anew, and would lose what came between."""
AT_ONCE = 2000


def ask(alarm: Alarm) -> bool:
    """Have a worker explain it; anew once twice as many captures tell of the change, until it has all it takes."""
    known = alarm.detail.get("explanation")
    if known and (known["after"] >= MOST or alarm.detail["captures_since"] < known["of"] + known["after"]):
        return False
    try:
        with transaction.atomic():
            configured = app.configure_task(
                JOB, queue="default", lock=LOCK, queueing_lock=f"explain {alarm.pk}"
            )
            configured.defer(alarm_id=str(alarm.pk))
    except AlreadyEnqueued:
        return False
    return True


def carry_out(alarm_id: str) -> None:
    """Compare the captures of before and after the change, and keep what that says; safe to run twice.

    Of the sources that the alarm is about: the newest of the reference, against the first since the change was found.
    Nothing is kept where either are too few.
    """
    alarm = Alarm.objects.filter(pk=alarm_id, settled_at=None).first()
    if alarm is None:
        return
    reference = DriftReference.objects.select_related("model__project").get(pk=alarm.detail["reference"])
    before = watched.read(reference.model, start=reference.first, after=False, limit=reference.captures)
    sources = alarm.detail["sources"]
    since = UUID(alarm.detail["since"])
    after = watched.read(reference.model, start=since, after=False, limit=AT_ONCE)
    usual = before.of_sources(sources)
    coming = after.of_sources(sources)[:MOST]
    found = explain(usual[-MOST:].features, coming.features)
    if found is None:
        return
    alarm.detail["explanation"] = found.to_json() | {
        "newest": [str(coming.ids[place]) for place in found.newest],
        "of": alarm.detail["captures_since"],
    }
    alarm.save(update_fields=["detail"])
