"""The models of a project: which serves, how each did on the frozen test set, and what each was made from."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from feedback import rules
from feedback.models import Promotion
from feedback.queries.scores import Scored, scored, with_evaluations
from feedback.views.calibration_panel import calibration_context
from feedback.views.costs_panel import costs_context
from feedback.views.joining import joinable
from feedback.views.shadow_panel import shadow_context
from inference.models import ModelVersion
from inference.queries import site_trials
from inference.queries.budgets import budget
from inference.queries.gate_terms import gate_terms
from labeling.domain.intervals import wilson
from labeling.queries.said import labels_by_key
from labeling.views.access import project_or_404
from labeling.views.verified import verified_context
from people.models import Project

HEAT_STEPS = 9
LATEST_PROMOTIONS = 20


@dataclass(frozen=True)
class ModelRow:
    """A model with its figures and the interval of its accuracy, 0..1."""

    scored: Scored
    interval: tuple[float, float] | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.scored, name)


@dataclass(frozen=True)
class Cell:
    """A count of a confusion table. `heat` is 0..9, the share of its row in steps."""

    count: int
    heat: int
    right: bool


def model_rows(project: Project, models: list[ModelVersion]) -> list[ModelRow]:
    """Rows of models that come from `with_evaluations`."""
    return [
        ModelRow(row, None if row.accuracy is None else wilson(row.right, row.images))
        for row in scored(project, models)
    ]


def model_or_404(project: Project, pk: UUID) -> ModelVersion:
    """The project's model. Raises Http404."""
    model = with_evaluations(ModelVersion.objects.filter(project=project, pk=pk)).first()
    if model is None:
        raise Http404("There is no such model in this project.")
    return model


def models(request: HttpRequest, slug: str) -> HttpResponse:
    """Every model, the newest first, with who put which in service."""
    project = project_or_404(request, slug, rules.check_see)
    known = with_evaluations(ModelVersion.objects.filter(project=project)).order_by("-number")
    promotions = (
        Promotion.objects.filter(project=project)
        .select_related("challenger", "champion", "by")
        .order_by("-at")[:LATEST_PROMOTIONS]
    )
    allowed, terms = budget(project), gate_terms(project)
    context = {
        "project": project,
        "rows": model_rows(project, list(known)),
        "joinable": joinable(project),
        "promotions": promotions,
        "trials": site_trials.in_force(project.pk),
        "failed_trials": site_trials.failed(project.pk),
        "may_promote": rules.can_promote(request.user, project),
        "budget": allowed,
        "budget_megabytes": allowed.bytes and allowed.bytes / 2**20,
        "terms": terms,
        "margin_points": terms.margin * 100,
        "ece_points": terms.most_ece and terms.most_ece * 100,
    }
    page = "feedback/models/table.html" if request.htmx else "feedback/models/models.html"
    return render(request, page, context)


def model(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """One model: figures a label, confusion, what it takes, where it comes from, when it served."""
    project = project_or_404(request, slug, rules.check_see)
    shown = model_or_404(project, pk)
    (row,) = model_rows(project, [shown])
    known = labels_by_key(project)
    names = {key: label.name for key, label in known.items()}
    labels = row.metrics.get("labels", shown.labels)
    context = {
        "project": project,
        "row": row,
        "model": shown,
        **verified_context(project, known, since=shown.created_at, model=str(shown), model_id=str(shown.pk)),
        "per_label": [(names.get(key, key), row.metrics.get("per_label", {}).get(key)) for key in labels],
        "columns": [names.get(key, key) for key in labels],
        "confusion": confusion_rows(
            row.metrics.get("confusion", []), [names.get(key, key) for key in labels]
        ),
        **calibration_context(shown, names),
        **costs_context(shown, names),
        **shadow_context(request.user, shown),
        "may_recalibrate": rules.can_recalibrate(request.user, project),
        "preprocessing": sorted(shown.preprocessing.items()),
        "runs": shown.runs.order_by("-id"),
        "promotions": Promotion.objects.filter(challenger=shown)
        .select_related("champion", "by")
        .order_by("-at"),
        "may_promote": rules.can_promote(request.user, project),
    }
    return render(request, "feedback/models/model.html", context)


def confusion_rows(counts: list[list[int]], names: list[str]) -> list[tuple[str, list[Cell], int]]:
    """A confusion matrix [C][C], rows true and columns predicted, as (name, cells, images) a row."""
    rows = []
    for number, (name, row) in enumerate(zip(names, counts, strict=False)):
        total = sum(row)
        cells = [
            Cell(count, round(HEAT_STEPS * count / total) if total else 0, number == column)
            for column, count in enumerate(row)
        ]
        rows.append((name, cells, total))
    return rows
