"""What the database holds, beside what cameras and people were told it does."""

import time
from collections import Counter
from typing import Any

from chaos_load import Load
from serving import say

DRAINED_SECONDS = 180


def reckoned(load: Load) -> dict[str, Any]:
    """What the database holds beside what was acknowledged; captures wait no more."""
    from django.db.models import Count

    from feedback.models import RoutingDecision
    from inference.models import Capture, Prediction
    from labeling.models import Answer, Slot

    captures = Counter(map(str, Capture.objects.filter(project=load.project).values_list("pk", flat=True)))
    states = dict(Capture.objects.filter(project=load.project).values_list("state").annotate(Count("pk")))
    predicted = Counter(
        map(str, Prediction.objects.filter(project=load.project).values_list("capture", flat=True))
    )
    routed = Counter(
        map(
            str,
            RoutingDecision.objects.filter(project_id=load.project.pk).values_list("capture_id", flat=True),
        )
    )
    acknowledged = set(load.sent.captures)
    whole = {pk for pk in acknowledged if captures[pk] == predicted[pk] == routed[pk] == 1}
    answers = Counter(
        map(
            str,
            Answer.objects.filter(project=load.project, state="counted").values_list("client_id", flat=True),
        )
    )
    slots = Slot.objects.filter(task__project=load.project, answered_at__isnull=False).count()
    return {
        "captures": len(acknowledged),
        "lost": len(acknowledged - whole),
        "duplicated": len(captures) - len(acknowledged),
        "states": states,
        "answers": len(load.said.answers),
        "answers_lost": len(set(load.said.answers) - set(answers)),
        "answers_duplicated": answers.total() - len(set(load.said.answers)) + abs(slots - answers.total()),
        "late": load.said.late,
        "sent_again": load.sent.again + load.said.again,
        "refused": load.sent.statuses[503] + load.sent.statuses[429],
        "unexpected": load.unexpected(),
        "events": load.page.events,
        "told_twice": load.page.repeated,
        "websockets": load.page.opened,
    }


def drain(load: Load) -> None:
    """Until nothing waits for a prediction."""
    from django.db import connection

    from inference.models import Capture

    until = time.monotonic() + DRAINED_SECONDS
    while time.monotonic() < until:
        try:
            if not Capture.objects.filter(project=load.project, state="pending").exists():
                return
        except Exception as error:
            say(f"asked in vain: {error}")
            connection.close()
        time.sleep(0.1)
    raise SystemExit(f"captures still wait after {DRAINED_SECONDS} s")
