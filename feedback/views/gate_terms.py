"""Saying what a project's gate asks."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from feedback import rules
from feedback.views.number_form import NumberForm, above_nothing
from inference.services.gate_terms import MOST_IMAGES, set_gate_terms
from labeling.views.access import project_or_404


class TermsForm(NumberForm):
    """Points of a hundred and images; no calibration error bounds none."""

    margin = forms.FloatField(label="Margin, in points of a hundred", min_value=0, max_value=100)
    least_images = forms.IntegerField(
        label="Images from which a part is judged", min_value=1, max_value=MOST_IMAGES
    )
    most_ece = above_nothing("Calibration error beyond chance, in points", 100)
    must_be_proven = forms.BooleanField(required=False)


@require_POST
def gate_terms(request: HttpRequest, slug: str) -> HttpResponse:
    """Set how much worse a challenger may be, and where."""
    project = project_or_404(request, slug, rules.check_promote)
    form = TermsForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.refusal)
        return redirect("models", slug)
    given = form.cleaned_data
    set_gate_terms(
        user=request.user,
        project=project,
        margin=given["margin"] / 100,
        least_images=given["least_images"],
        most_ece=None if given["most_ece"] is None else given["most_ece"] / 100,
        must_be_proven=given["must_be_proven"],
    )
    messages.success(request, "The gate asks so from now on.")
    return redirect("models", slug)
