"""The QA lead's page: how the work goes, what the labels come to, and what people last said."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from labeling import rules
from labeling.domain.intervals import wilson
from labeling.queries import guidelines, progress, said
from labeling.queries.guideline_flags import waiting
from labeling.views.access import project_or_404
from labeling.views.rows import answer_rows
from labeling.views.verified import verified_context

LATEST = 8
VERIFIED_DAYS = 30


def quality(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, or its live part alone where htmx asks."""
    project = project_or_404(request, slug, rules.check_see_reports)
    labels = said.labels_by_key(project)
    balance, unsure = progress.label_balance(project)
    kept = progress.kept_proposals(project)
    latest = said.answers_of(project).order_by("-id")[:LATEST]
    context = {
        "project": project,
        "queues": progress.by_queue(project),
        "balance": balance,
        "resolved": sum(row.count for row in balance),
        "unsure": unsure,
        "kept": kept,
        "kept_share": kept.kept / kept.shown if kept.shown else None,
        "changed_share": kept.changed / kept.shown if kept.shown else None,
        "kept_interval": wilson(kept.kept, kept.shown),
        "verified_days": VERIFIED_DAYS,
        **verified_context(project, labels, since=timezone.now() - timedelta(days=VERIFIED_DAYS)),
        "latest": answer_rows(latest, request.user, labels),
        "guideline": guidelines.in_force(project),
        "flags": waiting(project),
    }
    page = "labeling/quality/live.html" if request.htmx else "labeling/quality/quality.html"
    return render(request, page, context)
