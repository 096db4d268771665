"""The weekly review: a page to read on Monday and to print, each figure beside the way to where it comes from."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from feedback import rules
from feedback.domain.weekly import Week, week_at
from feedback.queries.weekly import zone_of
from feedback.queries.weekly_slices import Accuracy
from feedback.services.addresses import address_of
from feedback.services.weekly import review
from feedback.views.charts import Chart
from feedback.views.when_panel import in_words
from labeling.templatetags.figures import percent
from labeling.views.access import project_or_404
from labeling.views.charts.forest import Estimate, forest
from labeling.views.charts.svg import both_widths
from people.models import Project

VERDICTS = {
    "kept": ("good", "kept"),
    "broken": ("bad", "broken"),
    "unproved": ("warn", "not proved"),
    "by hand": ("", "by hand"),
}
STANDINGS = {"trusted": "good", "unsure": "warn", "distrusted": "bad", "unknown": ""}


def weekly(request: HttpRequest, slug: str) -> HttpResponse:
    """The project's last week that is over, or the one whose Monday `week` names, this one so far among them."""
    project = project_or_404(request, slug, rules.check_see)
    now = timezone.now()
    this = week_at(now, zone_of(project))
    # A project that has no week behind it yet is shown the one it is in.
    usual = this if project.created_at >= this.start else this.before
    week = _asked(request.GET.get("week", ""), this, project) or usual
    found = review(project, week, now)
    context: dict[str, Any] = {
        "project": project,
        "review": found,
        "week": week,
        "earlier": week.before if week.start > project.created_at else None,
        "later": week.after if week.monday < this.monday else None,
    }
    if found.happened and found.accuracy is not None:
        whole = found.accuracy
        context |= {
            "things": [(action, address_of(project, action)) for action in found.things],
            "budget_badge": VERDICTS[found.budget.verdict] if found.budget else None,
            "agreement_tone": STANDINGS[found.agreement.standing] if found.agreement else "",
            "chart": slices_chart(whole),
            "accepted_share": found.routed.accepted / found.routed.total if found.routed.total else None,
            "agreement_href": f"{reverse('agreement', args=[slug])}?{urlencode(found.agreement.query)}"
            if found.agreement
            else "",
            "cost": found.spent.people_hours or found.spent.compute_hours,
            "spent": in_words(found.spent, found.prices),
        }
    return render(request, "feedback/weekly/weekly.html", context)


def _asked(given: str, this: Week, project: Project) -> Week | None:
    """Raises Http404 for what is no Monday, lies ahead, or was before the project."""
    if not given:
        return None
    try:
        week = Week(date.fromisoformat(given), this.zone)
    except ValueError as error:
        raise Http404("Name a week by its Monday, as 2026-11-23.") from error
    first = week_at(project.created_at, this.zone).monday - timedelta(days=7)
    if not first <= week.monday <= this.monday:
        raise Http404("There is nothing of this project in that week.")
    return week


def slices_chart(found: Accuracy) -> Chart | None:
    """How often the model was right, over all and by source; None where nothing was verified."""
    share = found.accuracy
    if share.value is None:
        return None
    rows = [
        Estimate(
            "Everything", share.value, share.low, share.high, f"{found.verified:,} of {found.predictions:,}"
        )
    ]
    rows += [
        Estimate(
            one.name,
            one.accuracy.value,
            one.accuracy.low,
            one.accuracy.high,
            f"{one.accuracy.answers:,} of {one.predictions:,}",
            "" if one.accuracy.value is not None else "nothing verified",
        )
        for one in found.sources
    ]
    caption = f"The model was right on {percent(share.value, 1)} of what it predicted"
    worst = min(
        (one for one in found.sources if one.accuracy.value is not None),
        key=lambda one: one.accuracy.value or 0.0,
        default=None,
    )
    if worst is not None and len(found.sources) > 1:
        caption += f", on {worst.name} on {percent(worst.accuracy.value, 1)}"
    caption += "."

    def draw(width: float) -> SafeString:
        return forest(rows, width=width, title="Right, by source", description=caption, low=0.0)

    return Chart(both_widths(draw), caption)
