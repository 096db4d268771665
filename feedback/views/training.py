"""Training runs: the button that starts one, its progress, the list of all, and when the next begins by itself."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from feedback import rules
from feedback.domain.retraining_rules import RulesRefused
from feedback.models import DatasetVersion, Promotion
from feedback.queries.retraining import UNDER_WAY, standing
from feedback.services.retraining import SCRATCH, can_go_on, retrain
from feedback.services.retraining_rules import measure_earlier, set_rules
from feedback.views.charts import curve_chart, finds_boxes
from feedback.views.when_panel import METHODS, WhenForm, methods_offered, when_panel
from inference.models import Evaluation, TrainingRun
from inference.services.trainers import TrainingRefused
from inference.services.training import cancel as cancel_run
from labeling.domain.intervals import wilson
from labeling.views.access import project_or_404

BADGES = {"succeeded": "good", "failed": "bad", "running": "accent", "queued": "accent", "cancelled": ""}


def training_panel(user: Any, project: Any) -> dict[str, Any]:
    """What stands around the button: what it would learn from, or how far it is."""
    now = standing(project)
    return {
        "now": now,
        "dataset": now.building,
        "last_interval": _interval(now.evaluation),
        "may_train": rules.can_train(user, project),
        "may_promote": rules.can_promote(user, project),
        "methods": methods_offered(project) if can_go_on(project) else (),
    }


@require_POST
def train(request: HttpRequest, slug: str) -> HttpResponse:
    """Start from what people said; the page that asked shows how it goes on."""
    project = project_or_404(request, slug, rules.check_train)
    if standing(project).busy:
        messages.info(request, "A training is under way already.")
        return redirect("overview", slug)
    try:
        dataset = retrain(user=request.user, project=project, method=request.POST.get("method", SCRATCH))
    except TrainingRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request, f"Freezing dataset {dataset.number}; training begins as soon as that is done."
        )
    return redirect("overview", slug)


def panel(request: HttpRequest, slug: str) -> HttpResponse:
    """The button's panel alone, for htmx."""
    project = project_or_404(request, slug, rules.check_see)
    context = {"project": project, "training": training_panel(request.user, project)}
    return render(request, "feedback/overview/training.html", context)


def runs(request: HttpRequest, slug: str) -> HttpResponse:
    """Every run, the newest first, and when the next begins by itself."""
    project = project_or_404(request, slug, rules.check_see)
    if request.htmx:
        return render(request, "feedback/runs/table.html", _runs(request.user, project))
    when = when_panel(request.user, project, answers=request.GET.get("answers", ""))
    return render(request, "feedback/runs/runs.html", {**_runs(request.user, project), "when": when})


@require_POST
def set_when(request: HttpRequest, slug: str) -> HttpResponse:
    """Set by which rules, within what budget and at what prices the project retrains."""
    project = project_or_404(request, slug, rules.check_set_retraining)
    form = WhenForm(request.POST, project=project)
    if form.is_valid():
        try:
            set_rules(user=request.user, project=project, changes=form.cleaned_data)
        except RulesRefused as refused:
            for field, reasons in refused.errors.items():
                form.add_error(field, reasons)
        else:
            messages.success(request, "The rules hold from now on.")
            return redirect("runs", slug)
    context = {**_runs(request.user, project), "when": when_panel(request.user, project, typed=form)}
    return render(request, "feedback/runs/runs.html", context, status=400)


@require_POST
def measure_earlier_models(request: HttpRequest, slug: str) -> HttpResponse:
    """Have the models measured that the forecast lacks."""
    project = project_or_404(request, slug, rules.check_train)
    models = measure_earlier(user=request.user, project=project)
    if models:
        messages.success(
            request, f"A worker measures {len(models)} earlier models on the newest test images."
        )
    else:
        messages.info(request, "Every model that could be was measured: the forecast lacks other trainings.")
    return redirect("runs", slug)


def _runs(user: Any, project: Any) -> dict[str, Any]:
    known = list(
        TrainingRun.objects.filter(project=project)
        .select_related("model", "base", "asked_by")
        .order_by("-id")[:100]
    )
    datasets = DatasetVersion.objects.in_bulk({run.dataset_id for run in known})
    return {
        "project": project,
        "rows": [
            {"run": run, "dataset": datasets.get(run.dataset_id), "badge": BADGES[run.state]} for run in known
        ],
        "busy": any(run.state in UNDER_WAY for run in known),
        "training": training_panel(user, project),
    }


def run(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """One run: how far it is, its curves, and what came of it."""
    project = project_or_404(request, slug, rules.check_see)
    shown = _run_or_404(project, pk)
    evaluation = shown.model.evaluations.order_by("-created_at").first() if shown.model else None
    context = {
        "project": project,
        "run": shown,
        "badge": BADGES[shown.state],
        "busy": shown.state in UNDER_WAY,
        "dataset": DatasetVersion.objects.filter(pk=shown.dataset_id).first(),
        "chart": curve_chart(shown.curve) if shown.curve else None,
        "finds_boxes": finds_boxes(shown.curve),
        "method": dict(METHODS).get(shown.options.get("method", ""), shown.options.get("method", "")),
        "took": (shown.finished_at - shown.started_at).total_seconds()
        if shown.finished_at and shown.started_at
        else None,
        "evaluation": evaluation,
        "interval": _interval(evaluation),
        "promotion": Promotion.objects.filter(challenger=shown.model).order_by("at").first()
        if shown.model
        else None,
        "may_train": rules.can_train(request.user, project),
    }
    page = "feedback/runs/live.html" if request.htmx else "feedback/runs/run.html"
    return render(request, page, context)


@require_POST
def cancel(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Call a run off."""
    project = project_or_404(request, slug, rules.check_train)
    cancel_run(user=request.user, run=_run_or_404(project, pk))
    messages.success(request, "The training was called off. Nothing of it is kept.")
    return redirect("run", slug, pk)


def _run_or_404(project: Any, pk: UUID) -> TrainingRun:
    found = TrainingRun.objects.filter(project=project, pk=pk).select_related(
        "model", "base", "asked_by", "project"
    )
    shown = found.first()
    if shown is None:
        raise Http404("There is no such training run in this project.")
    return shown


def _interval(evaluation: Evaluation | None) -> tuple[float, float] | None:
    if evaluation is None or "accuracy" not in evaluation.metrics:
        return None
    return wilson(round(evaluation.metrics["accuracy"] * evaluation.images), evaluation.images)
