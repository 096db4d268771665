"""Putting a model in service and taking one out: what the gate says first, then the button."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from feedback import rules
from feedback.queries.comparing import pair_on
from feedback.queries.gate import meeting
from feedback.queries.promotions import predecessor
from feedback.queries.worse import worst
from feedback.services import gate_figures, promotion
from feedback.views import gate_words
from feedback.views.models import model_or_404, model_rows
from feedback.views.worse import worse_rows
from inference.enums import Over, Stage
from inference.models import ModelVersion, SiteTrial
from inference.queries import site_trials
from inference.queries.models import champion
from inference.services.models import ModelRefused
from inference.services.site_trials import TrialRefused, end
from labeling.queries.said import labels_by_key
from labeling.views.access import project_or_404
from people.models import Project


def promote(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Both models' figures and every rule; POST promotes, against a failed gate only with a reason."""
    project = project_or_404(request, slug, rules.check_promote)
    model = model_or_404(project, pk)
    if model.stage == Stage.CHAMPION:
        messages.info(request, f"Model {model.number} serves already.")
        return redirect("model", slug, pk)
    refusal = ""
    if request.method == "POST" and "site" in request.POST:
        return at_site(request, project, model)
    if request.method == "POST":
        reason = request.POST.get("override_reason", "").replace("\0", "")[:2000]
        try:
            promotion.promote(user=request.user, model=model, override_reason=reason)
            messages.success(request, f"Model {model.number} serves from now on.")
            return redirect("models", slug)
        except (promotion.GateFailed, ModelRefused) as refused:
            refusal = f"{refused}"
    context = {**_sides(request, project, model), "refusal": refusal}
    return render(request, "feedback/models/promote.html", context, status=409 if refusal else 200)


def at_site(request: HttpRequest, project: Project, model: ModelVersion) -> HttpResponse:
    """Have the model serve at the site that the form names, and nowhere else yet."""
    given = request.POST["site"]
    site = site_trials.sites(project).filter(key=given.replace("\0", "")).first()
    refusal = f"The project has no camera at {given!r}."
    if site is not None:
        reason = request.POST.get("override_reason", "").replace("\0", "")[:2000]
        try:
            promotion.promote_at_site(user=request.user, model=model, site=site, override_reason=reason)
            messages.success(request, f"Model {model.number} serves at {site} from now on.")
            return redirect("models", project.slug)
        except (promotion.GateFailed, TrialRefused) as refused:
            refusal = f"{refused}"
    context = {**_sides(request, project, model), "refusal": refusal}
    return render(request, "feedback/models/promote.html", context, status=409)


@require_POST
def end_trial(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Have the champion serve again where a model was on trial."""
    project = project_or_404(request, slug, rules.check_promote)
    trial = get_object_or_404(SiteTrial, project=project, pk=pk)
    ended = end(user=request.user, trial=trial)
    messages.success(request, f"The champion serves at {ended.site} again.")
    return redirect("models", slug)


def roll_back(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """The model that serves and the one before it; POST brings that one back."""
    project = project_or_404(request, slug, rules.check_promote)
    model = model_or_404(project, pk)
    if request.method == "POST":
        try:
            serving = promotion.rollback(user=request.user, model=model)
            messages.success(request, f"Model {serving.number} serves again.")
        except promotion.NothingBefore as nothing:
            messages.error(request, str(nothing))
        return redirect("models", slug)
    before = predecessor(model)
    if model.stage != Stage.CHAMPION or before is None:
        messages.info(request, f"There is nothing to go back to from model {model.number}.")
        return redirect("models", slug)
    rows = model_rows(project, [model, model_or_404(project, before.pk)])
    context = {
        "project": project,
        "model": model,
        "leaving": rows[0],
        "returning": rows[1],
        "both": rows,
    }
    return render(request, "feedback/models/roll_back.html", context)


@require_POST
def measure(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Have a worker measure the model and the champion on whatever they were not measured on yet."""
    project = project_or_404(request, slug, rules.check_promote)
    model = model_or_404(project, pk)
    try:
        gate_figures.measure_again(user=request.user, model=model)
        messages.success(request, "A worker measures both on what is new. Come back to this page in a while.")
    except gate_figures.NothingToMeasureOn as nothing:
        messages.error(request, str(nothing))
    return redirect("promote-model", slug, pk)


def _sides(request: HttpRequest, project: Project, model: ModelVersion) -> dict[str, Any]:
    """Challenger and champion with the rules of the gate as they stand now."""
    serving = champion(project)
    met = meeting(model, serving)
    tried = met.judged()
    labels = labels_by_key(project)
    both = pair_on(model, serving, met.dataset.test_hash, Over.TEST) if met.case.compared else None
    first = worst(project, both) if both else []
    return {
        "project": project,
        "model": model,
        "champion": serving,
        "meeting": met,
        "rules": gate_words.rule_rows(tried, labels),
        "groups": gate_words.groups(met.case.compared, labels),
        "strengths": gate_words.strengths(met.case.compared),
        "worse": worse_rows(request, both, first, labels, boxes=met.challenger.finds_boxes) if first else [],
        "passed": all(rule.passed for rule in tried),
        "sites": site_trials.sites(project) if serving and len(site_trials.sites(project)) > 1 else [],
    }
