"""The buttons that have a candidate run in shadow, and stop it."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from feedback.views.models import model_or_404
from inference import rules
from inference.services import shadows
from inference.services.shadows import ShadowRefused
from labeling.views.access import project_or_404


class ShareForm(forms.Form):
    """The share of captures as a percentage; empty is all."""

    percent = forms.FloatField(required=False, min_value=1, max_value=100)


@require_POST
def start(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Have the model look on beside the champion from now on."""
    project = project_or_404(request, slug, rules.check_shadow)
    model = model_or_404(project, pk)
    form = ShareForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was started: the share of captures is a number from 1 to 100.")
        return redirect("model", slug, pk)
    share = form.cleaned_data["percent"]
    try:
        shadows.start(user=request.user, model=model, share=1.0 if share is None else share / 100)
        messages.success(request, f"Model {model.number} looks on from now on. Nobody sees what it says.")
    except ShadowRefused as refused:
        messages.error(request, f"Nothing was started: {refused}")
    return redirect("model", slug, pk)


@require_POST
def stop(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Have the model look on no more."""
    project = project_or_404(request, slug, rules.check_shadow)
    model = model_or_404(project, pk)
    try:
        shadows.stop(user=request.user, model=model)
        messages.success(request, f"Model {model.number} looks on no more. What was counted stays here.")
    except ShadowRefused as refused:
        messages.error(request, f"Nothing was stopped: {refused}")
    return redirect("model", slug, pk)
