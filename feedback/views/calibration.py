"""The button that has a model's confidence calibrated anew."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from feedback import rules
from feedback.services import recalibrating
from feedback.views.models import model_or_404
from labeling.views.access import project_or_404


@require_POST
def recalibrate(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Calibrate the model by what people verified, and say what came of it."""
    project = project_or_404(request, slug, rules.check_recalibrate)
    made = recalibrating.recalibrate(user=request.user, model=model_or_404(project, pk))
    (messages.success if made.calibration else messages.info)(request, made.reason)
    return redirect("model", slug, pk)
