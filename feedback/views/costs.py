"""Having a model measured, and saying what a project's model may cost."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from feedback import rules
from feedback.services import narrowing
from feedback.views.models import model_or_404
from feedback.views.number_form import NumberForm, above_nothing
from inference.services.budget import MOST_BYTES, MOST_MS, set_budget
from inference.services.model_jobs import request_profile
from inference.services.narrowing import NarrowRefused
from labeling.views.access import project_or_404

MEGABYTE = 2**20


class BudgetForm(NumberForm):
    """Milliseconds and megabytes; empty is not bounded."""

    latency_ms = above_nothing("Milliseconds for one picture", MOST_MS)
    megabytes = above_nothing("Megabytes of its files", MOST_BYTES / MEGABYTE)


@require_POST
def profile(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Have a worker measure the model, or train a narrower one from it."""
    project = project_or_404(request, slug, rules.check_promote)
    model = model_or_404(project, pk)
    if not model.key:
        messages.error(request, f"Model {model.number} runs elsewhere: there is no file to profile.")
    elif "narrow" in request.POST:
        try:
            narrowing.request(user=request.user, model=model)
            messages.success(request, "A worker trains a narrower model as soon as no other training runs.")
        except NarrowRefused as refused:
            messages.error(request, str(refused))
    else:
        request_profile(user=request.user, model=model, int8="int8" in request.POST)
        messages.success(request, "A worker measures it as soon as no training runs.")
    return redirect("model", slug, pk)


@require_POST
def serving_budget(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what a model may cost."""
    project = project_or_404(request, slug, rules.check_promote)
    form = BudgetForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.refusal)
        return redirect("models", slug)
    given = form.cleaned_data
    size = given["megabytes"]
    set_budget(
        user=request.user,
        project=project,
        latency_ms=given["latency_ms"],
        most_bytes=None if size is None else max(round(size * MEGABYTE), 1),
    )
    messages.success(request, "The budget holds from now on: a model over it does not pass the gate.")
    return redirect("models", slug)
