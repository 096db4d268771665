"""One image's page: everything said of it, what the project holds true, and where it went."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from labeling import registry, rules
from labeling.enums import Audience, TaskState
from labeling.models import Image, Resolution, Task
from labeling.queries import images, said
from labeling.views import gold
from labeling.views.access import project_or_404
from labeling.views.rows import answer_rows, is_synthetic, value_in_words


def waits_for_decision(image: Image) -> bool:
    """Whether a QA lead is yet to decide what it shows: who judges it must not be swayed by what others said."""
    return Task.objects.filter(image=image, queue__audience=Audience.QA_LEAD, state=TaskState.OPEN).exists()


def image(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """The image with its answers and resolutions, and what the apps above know of it."""
    project = project_or_404(request, slug, rules.check_see_reports)
    shown = Image.objects.filter(project=project, pk=pk).select_related("source__site").first()
    if shown is None:
        raise Http404("There is no such image in this project.")
    labels = said.labels_by_key(project)
    answers = said.answers_of(project).filter(task__image=shown).order_by("-id")
    hidden = waits_for_decision(shown) and "answers" not in request.GET
    resolutions = Resolution.objects.filter(image=shown).order_by("-id")
    context = {
        "project": project,
        "image": shown,
        "address": images.address(shown, request.user),
        "synthetic": is_synthetic(shown),
        "context_items": sorted((k, v) for k, v in shown.context.items() if k != "synthetic"),
        "rows": [] if hidden else answer_rows(answers, request.user, labels),
        "hidden": hidden,
        "resolutions": [(row, value_in_words(row.value, labels)) for row in resolutions],
        "gold": gold.of_image(
            project, shown, labels, next((r for r in resolutions if not r.replaced_at), None)
        ),
        "label_choices": [label for label in labels.values() if label.retired_at is None],
        "panels": [panel(request, shown) for panel in registry.image_panels],
    }
    return render(request, "labeling/image/image.html", context)
