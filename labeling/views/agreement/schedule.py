"""How often agreement is audited by itself, and below what an alarm is raised: shown and changed."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from labeling import rules
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.queries.audits import schedule_of
from labeling.services.audits import change_schedule
from labeling.views.access import project_or_404
from labeling.views.agreement.acting import filters_of

EVERY = (
    (1, "Every day"),
    (7, "Every week"),
    (14, "Every two weeks"),
    (28, "Every four weeks"),
    (0, "Not at all"),
)


def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """The schedule with its form; POST changes it. `of=report` in the address: of the filters that stand beside it."""
    project = project_or_404(request, slug, rules.check_manage)
    current = schedule_of(project)
    every_days, floor, errors = str(current.every_days), f"{current.floor:g}", {}
    try:
        filters = _filters(request, current.filters)
    except ValueRefused as refused:
        raise Http404(str(refused)) from None
    if request.method == "POST":
        every_days, floor = request.POST.get("every_days", ""), request.POST.get("floor", "")
        try:
            days, number = int(every_days), float(floor.replace(",", ".").replace("−", "-"))
            change_schedule(
                user=request.user, project=project, every_days=days, floor=number, filters=filters
            )
        except ValueRefused as refused:
            errors = {field: f"This {reasons[0]}" for field, reasons in refused.errors.items()}
        except ValueError:
            errors = {"floor": "Give a number, -1 to 1: 0.667 is what Krippendorff asks for at least."}
        else:
            messages.success(request, "Agreement is audited so from now on.")
            return redirect("agreement", slug)
    choices = [*EVERY]
    if current.every_days not in dict(EVERY):
        choices.insert(0, (current.every_days, f"Every {current.every_days} days"))
    context = {
        "project": project,
        "every": [(str(days), words) for days, words in choices],
        "every_days": every_days,
        "floor": floor,
        "errors": errors,
        "query": filters.as_query(),
        "is_changed": filters.as_query() != current.filters,
        "last_at": current.last_at,
    }
    page = "labeling/agreement/schedule.html"
    return render(request, page, context, status=400 if errors else 200)


def _filters(request: HttpRequest, kept: dict[str, str]) -> Filters:
    if request.method == "POST":
        return filters_of(request)
    if request.GET.get("of") == "report":
        return Filters.from_query(request.GET.dict(), ignored=("of",))
    return Filters.from_query(kept)
