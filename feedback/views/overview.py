"""The engineer's first page: what comes in, where it goes, how the model fares, and the button that retrains it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from feedback.queries import flow
from feedback.queries.history import SPANS, history
from feedback.queries.overview import by_condition
from feedback.queries.scores import with_evaluations
from feedback.views.charts import history_chart, minutes_chart
from feedback.views.models import model_rows
from feedback.views.training import training_panel
from inference.enums import Action, Stage
from inference.models import ModelVersion
from labeling.domain.intervals import wilson
from labeling.rules import check_see_reports
from labeling.views.access import project_or_404

DEFAULT_SPAN = "day"
ROUTES = (
    ("accept", "Accepted"),
    ("review", "Sent to review"),
    ("audit", "Audited blind"),
    ("set_aside", "Set aside: blind cameras"),
)


def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, or its live part alone where htmx asks."""
    project = project_or_404(request, slug, check_see_reports)
    span = request.GET.get("span", DEFAULT_SPAN)
    past = history(project, span if span in SPANS else DEFAULT_SPAN)
    minutes = flow.captures_by_minute(project)
    routes = flow.routes(project)
    serving = list(with_evaluations(ModelVersion.objects.filter(project=project, stage=Stage.CHAMPION)))
    context = {
        "project": project,
        "minutes": minutes_chart(minutes),
        "minute_rows": [(minute, count) for minute, count in minutes if count],
        "last_hour": sum(count for _, count in minutes),
        "pending": flow.pending(project),
        "failures": flow.failures(project),
        "routes": routes,
        "route_rows": [
            (
                action,
                name,
                routes.share(action),
                getattr(routes, action),
                wilson(getattr(routes, action), routes.total),
            )
            for action, name in ROUTES
            if action != Action.SET_ASIDE or routes.set_aside
        ],
        "champion": next(iter(model_rows(project, serving)), None),
        "past": past,
        "conditions": by_condition(project, "condition", past.start),
        "chart": history_chart(past) if past.bins else None,
        "span": span if span in SPANS else DEFAULT_SPAN,
        "spans": list(SPANS),
        "training": training_panel(request.user, project),
        "policy": project.policies.order_by("-version").first(),
    }
    page = "feedback/overview/live.html" if request.htmx else "feedback/overview/overview.html"
    return render(request, page, context)
