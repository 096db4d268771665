"""Having several models serve as one, on the page of models."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from feedback import rules
from inference.enums import ModelRuntime
from inference.models import ModelVersion
from inference.services.ensembles import join
from inference.services.models import ModelRefused
from labeling.views.access import project_or_404
from people.enums import TaskType
from people.models import Project


def joinable(project: Project) -> list[ModelVersion]:
    """The models that a person may choose from, the newest first; none where there are not two."""
    if project.task_type != TaskType.CLASSIFICATION:
        return []
    held = ModelVersion.objects.filter(project=project, runtime=ModelRuntime.ONNX.value, members=[])
    found = list(held.order_by("-number"))
    return found if len(found) > 1 else []


@require_POST
def join_models(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a candidate of the models that were ticked, in the order of their numbers."""
    project = project_or_404(request, slug, rules.check_promote)
    chosen = forms.ModelMultipleChoiceField(ModelVersion.objects.filter(project=project).order_by("number"))
    try:
        model = join(
            project=project, models=list(chosen.clean(request.POST.getlist("models"))), by=request.user
        )
    except (forms.ValidationError, ModelRefused) as refused:
        said = refused.messages[0] if isinstance(refused, forms.ValidationError) else str(refused)
        messages.error(request, f"Nothing was joined: {said}")
        return redirect("models", slug)
    messages.success(request, f"Model {model.number} says the mean of what they say.")
    return redirect("model", slug, model.pk)
