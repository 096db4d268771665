"""Whether what the cameras send still looks as it did: in a sentence, by source over time, with pictures of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from feedback import rules
from feedback.queries import drift as queries
from feedback.queries.serving import serving
from feedback.services.drifting import ALARM
from feedback.services.new_normal import NothingToAccept, accept
from feedback.views.charts import Chart
from feedback.views.drift_words import explained
from inference.domain.drift.watch import EVERYWHERE, RATE
from inference.models import DriftCheck, DriftReference, Prediction
from labeling.queries import images
from labeling.views.access import project_or_404
from labeling.views.charts import Line, Panel, lines
from labeling.views.charts.svg import NARROW
from people.models import Alarm, Project
from people.queries import alarms

CHECKS = 120
EXAMPLES = 6
SHOWN = ("brightness", "sharpness")
ADVICE = {
    "camera_fault": "Look at the camera: clean the lens, see to its light and focus. Until then its predictions "
    "are worth less.",
    "label_shift": "The model may be right about all of it. Raise the audit share for a while to see whether it is.",
    "covariate_shift": "The model has not learnt from such pictures. Raise the audit share, label some, and train.",
    "model": "Look at what people corrected, label more of that, and train.",
}


@dataclass(frozen=True)
class SourceRow:
    """A source as the page shows it: its name, how many captures its reference has, its newest check and charts."""

    name: str
    key: str
    captures: int
    newest: DriftCheck | None
    loudest: tuple[str, float] | None
    chart: Chart | None


def drift(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; POST accepts what comes now as the new normal, with a reason."""
    project = project_or_404(request, slug, rules.check_see)
    if request.method == "POST":
        try:
            accept(user=request.user, project=project, reason=request.POST.get("reason", "")[:1000])
        except (NothingToAccept, ValueError) as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request, "Accepted. What is usual is learnt anew from the captures since the change."
            )
        return redirect("drift", slug)
    model = serving(project)
    reference = queries.in_force(project, model) if model else None
    alarm = alarms.standing(project, ALARM).first()
    found = queries.standing(reference)
    context = {
        "project": project,
        "found": found,
        "advice": ADVICE.get(found.kind, ""),
        "alarm": alarm,
        "reference": reference,
        "every": f"{round(1 / RATE):,}",
        "rows": _rows(project, reference) if reference and reference.captures else [],
        "before": _examples(request, project, reference, alarm, is_before=True),
        "after": _examples(request, project, reference, alarm, is_before=False),
        "explained": explained(request, alarm.detail) if alarm else None,
        "round_href": _round(project, alarm),
        "past": list(
            DriftReference.objects.filter(project=project)
            .exclude(by=None)
            .select_related("by")
            .order_by("-id")[:10]
        ),
        "may_accept": rules.can_accept_drift(request.user, project) and reference and reference.captures,
        "may_set": rules.can_set_policy(request.user, project),
    }
    return render(request, "feedback/drift/drift.html", context)


def _rows(project: Project, reference: DriftReference) -> list[SourceRow]:
    names = dict(project.sources.values_list("key", "name"))
    found = queries.by_source(reference, CHECKS)
    rows = []
    for key in sorted({EVERYWHERE, *reference.sources, *found}):
        checks = found.get(key, [])
        newest = checks[-1] if checks else None
        loudest = (
            max(newest.loudness.items(), key=lambda pair: pair[1]) if newest and newest.loudness else None
        )
        name = names.get(key, key) if key else "All sources together"
        captures = reference.captures if key == EVERYWHERE else reference.sources.get(key, 0)
        rows.append(SourceRow(name, key, captures, newest, loudest, chart_of(name, checks)))
    return rows


def chart_of(name: str, checks: Sequence[DriftCheck]) -> Chart | None:
    """How near each look was to an alarm, and two numbers of the pictures; None before there were two looks."""
    if len(checks) < 2:
        return None
    at = [check.at.timestamp() for check in checks]
    loud = [max(check.loudness.values(), default=None) for check in checks]
    panels = [
        Panel(
            "Nearest to an alarm, which is 1",
            [
                Line("Statistic", list(zip(at, loud, strict=True))),
                Line("Alarm", [(at[0], 1.0), (at[-1], 1.0)]),
            ],
            "{:.1f}".format,
            0,
        ),
        *(
            Panel(
                title.capitalize(),
                [
                    Line(
                        title.capitalize(),
                        [(x, check.figures.get(title)) for x, check in zip(at, checks, strict=True)],
                    )
                ],
            )
            for title in SHOWN
        ),
    ]
    if all(value is None for value in loud):
        del panels[0]
    captures = sum(check.captures for check in checks)
    caption = f"{name}: {captures:,} captures in {len(checks)} looks"
    caption += f", the newest {loud[-1]:.1f} of an alarm." if loud[-1] is not None else "."

    drawn = lines(
        panels,
        width=NARROW,
        title=f"Drift of {name}",
        description=caption,
        start=at[0],
        end=max(at[-1], at[0] + 1),
    )
    return Chart(drawn, caption)


def _examples(
    request: HttpRequest,
    project: Project,
    reference: DriftReference | None,
    alarm: Alarm | None,
    *,
    is_before: bool,
) -> list[dict[str, Any]]:
    """Pictures of the sources that changed: from the reference, or the newest; none without an alarm."""
    if reference is None or alarm is None or not alarm.detail.get("since"):
        return []
    rows = Prediction.objects.filter(project=project, model_id=reference.model_id)
    rows = rows.filter(capture__source__key__in=alarm.detail.get("sources", []))
    if is_before:
        rows = rows.filter(pk__gte=reference.first, pk__lt=UUID(alarm.detail["since"])).order_by("pk")
    else:
        rows = rows.filter(pk__gte=UUID(alarm.detail["since"])).order_by("-pk")
    return [
        {
            "image": row.capture.image,
            "address": images.small_address(row.capture.image, request.user),
            "source": row.capture.source,
        }
        for row in rows.select_related("capture__image", "capture__source")[:EXAMPLES]
    ]


def _round(project: Project, alarm: Alarm | None) -> str:
    """A new round of what came since the change, of the one source where it is one."""
    query: dict[str, str] = {}
    if alarm is not None:
        query["since"] = alarm.raised_at.isoformat()
        if len(alarm.detail.get("sources", [])) == 1:
            query["source"] = alarm.detail["sources"][0]
    return f"{reverse('new-round', args=[project.slug])}?{urlencode(query)}"
