"""The captures of a project, newest first: what was predicted, how surely, where it went, or why it failed."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from feedback import rules
from feedback.models import RoutingDecision
from feedback.queries.flow import captures_of
from inference.enums import Action, CaptureState
from inference.models import Capture
from labeling.queries import images
from labeling.queries.said import labels_by_key
from labeling.views.access import project_or_404
from labeling.views.rows import value_in_words

PAGE_SIZE = 50


def captures(request: HttpRequest, slug: str) -> HttpResponse:
    """The table; `state` and `action` filter it, `before` is the id to go on from."""
    project = project_or_404(request, slug, rules.check_see)
    state, action = request.GET.get("state", ""), request.GET.get("action", "")
    found = captures_of(project)
    if state in set(CaptureState):
        found = found.filter(state=state)
    if action in set(Action):
        routed = RoutingDecision.objects.filter(project_id=project.pk, action=action)
        found = found.filter(pk__in=routed.values("capture_id"))
    if before := request.GET.get("before"):
        try:
            found = found.filter(pk__lt=UUID(before))
        except ValueError as error:
            raise Http404("before must be a capture's id.") from error
    page = list(found.order_by("-id")[: PAGE_SIZE + 1])
    more, page = len(page) > PAGE_SIZE, page[:PAGE_SIZE]
    chosen = {name: value for name, value in (("state", state), ("action", action)) if value}
    context = {
        "project": project,
        "rows": capture_rows(page, request.user, project),
        "filters": [
            {"name": "state", "choices": [str(s) for s in CaptureState], "chosen": state},
            {"name": "action", "choices": [str(a) for a in Action], "chosen": action},
        ],
        "filtered": bool(chosen),
        "older": f"?{urlencode(chosen | {'before': str(page[-1].pk)})}" if more else None,
        "first_page": not before,
    }
    page_name = "feedback/captures/table.html" if request.htmx else "feedback/captures/captures.html"
    return render(request, page_name, context)


def capture_rows(page: list[Capture], user: Any, project: Any) -> list[dict[str, Any]]:
    """Rows of captures that come from `captures_of`."""
    labels = labels_by_key(project)
    decisions = {
        row.capture_id: row for row in RoutingDecision.objects.filter(capture_id__in=[c.pk for c in page])
    }
    rows = []
    for capture in page:
        prediction = getattr(capture, "prediction", None)
        rows.append(
            {
                "capture": capture,
                "image": capture.image,
                "address": images.small_address(capture.image, user),
                "prediction": prediction,
                "said": value_in_words(prediction.value, labels) if prediction else None,
                "decision": decisions.get(capture.pk),
            }
        )
    return rows
