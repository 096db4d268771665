"""Everybody's answers as a table: filtered by the address, in pages that never skip or repeat a row."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from labeling import rules
from labeling.queries import said
from labeling.queries.said import AnswerFilter
from labeling.views.access import project_or_404
from labeling.views.rows import VERDICTS, answer_rows


def answers(request: HttpRequest, slug: str) -> HttpResponse:
    """The table; `before` and `after` are answer ids."""
    project = project_or_404(request, slug, rules.check_see_reports)
    wanted = AnswerFilter.from_query(request.GET)
    labels = said.labels_by_key(project)
    page = said.page(
        said.filtered(said.answers_of(project), wanted),
        before=_id(request, "before"),
        after=_id(request, "after"),
    )
    context = {
        "project": project,
        "rows": answer_rows(page.answers, request.user, labels),
        "wanted": wanted,
        "filters": _choices(project, labels, wanted),
        "filtered": bool(wanted.given()),
        "older": _link(wanted, before=page.older),
        "newer": _link(wanted, after=page.newer),
    }
    return render(request, "labeling/answers/answers.html", context)


def _choices(project: Any, labels: Any, wanted: AnswerFilter) -> list[dict[str, Any]]:
    """The filters with what may be chosen in each: (value, words) pairs."""
    queues = project.queues.order_by("created_at").values_list("name", flat=True)
    choices = {
        "queue": [(name, name) for name in queues],
        "label": [(label.key, label.name) for label in labels.values()],
        "person": [(user.username, str(user)) for user in said.people_who_answered(project)],
        "verdict": [(str(verdict), words) for verdict, words in VERDICTS.items()],
    }
    return [
        {"name": name, "choices": pairs, "chosen": getattr(wanted, name)} for name, pairs in choices.items()
    ]


def _link(wanted: AnswerFilter, **at: UUID | None) -> str | None:
    ((name, identity),) = at.items()
    return f"?{urlencode(wanted.given() | {name: str(identity)})}" if identity else None


def _id(request: HttpRequest, name: str) -> UUID | None:
    given = request.GET.get(name)
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError as error:
        raise Http404(f"{name} must be an answer's id.") from error
