"""Choosing an image as an example of the draft, saying why, and taking it out again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.models import GuidelineExample, Image, Label, Resolution
from labeling.queries import images
from labeling.services import guidelines as services
from labeling.views.access import project_or_404
from people.models import Project

OFFERED = 24
SIDES = ("x1", "y1", "x2", "y2")


def add_example(request: HttpRequest, slug: str) -> HttpResponse:
    """Images to choose from, by what the project holds true of them; then the form for the one chosen."""
    project = project_or_404(request, slug, rules.check_write_guideline)
    labels = list(project.labels.filter(retired_at=None).order_by("position", "pk"))
    asked = request.POST if request.method == "POST" else request.GET
    label = next((one for one in labels if one.key == asked.get("label")), None)
    chosen = _image(project, asked.get("image"))
    context: dict[str, Any] = {"project": project, "labels": labels, "label": label, "image": chosen}
    if chosen is None:
        context["offered"] = [
            (one.image, images.small_address(one.image, request.user), (one.value or {}).get("label", ""))
            for one in _offered(project, label)
        ]
        return render(request, "labeling/guidelines/choose_example.html", context)
    context["address"] = images.address(chosen, request.user)
    context["is_right"], context["why"] = asked.get("right") != "no", asked.get("why", "")
    if request.method == "POST":
        try:
            _add(request, project, chosen, label)
            return redirect("guidelines", slug)
        except ValueRefused as error:
            context["errors"] = error.errors
    return render(
        request,
        "labeling/guidelines/add_example.html",
        context,
        status=400 if "errors" in context else 200,
    )


@require_POST
def change_example(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Say an example of the draft otherwise, or take it out."""
    project = project_or_404(request, slug, rules.check_write_guideline)
    example = (
        GuidelineExample.objects.filter(guideline__project=project, pk=pk)
        .select_related("guideline__project", "label", "image")
        .first()
    )
    if example is None:
        raise Http404("There is no such example in this project.")
    try:
        if "remove" in request.POST:
            services.remove_example(user=request.user, example=example)
            messages.success(request, f"{example.image} is no example of {example.label} any more.")
        else:
            services.change_example(
                user=request.user,
                example=example,
                is_right=request.POST.get("right") == "yes",
                why=_why(request),
                box=example.box,
            )
            messages.success(request, f"The example of {example.label} is changed.")
    except (services.AlreadyPublished, ValueRefused) as error:
        messages.error(request, f"Nothing was changed. {error}")
    return redirect("guidelines", slug)


def _add(request: HttpRequest, project: Project, image: Image, label: Label | None) -> None:
    if label is None:
        raise ValueRefused({"label": ["choose one."]})
    is_right = request.POST.get("right") == "yes"
    services.add_example(
        user=request.user,
        project=project,
        image=image,
        label=label,
        is_right=is_right,
        why=_why(request),
        box=_box(request),
    )
    messages.success(request, f"In the draft now: a {'right' if is_right else 'wrong'} example of {label}.")


def _why(request: HttpRequest) -> str:
    return request.POST.get("why", "").replace("\r\n", "\n")


def _box(request: HttpRequest) -> list[float] | None:
    """The four fields as a box; None where all are empty."""
    given = [request.POST.get(side, "").strip().replace(",", ".") for side in SIDES]
    if not any(given):
        return None
    try:
        return [float(side) for side in given]
    except ValueError:
        raise ValueRefused({"box": ["fill in all four sides with numbers, or none."]}) from None


def _image(project: Project, text: str | None) -> Image | None:
    try:
        pk = UUID(text or "")
    except ValueError:
        return None
    return Image.objects.filter(project=project, pk=pk, erased_at=None).first()


def _offered(project: Project, label: Label | None) -> list[Resolution]:
    """What was resolved last, as that label where one is named."""
    resolved = Resolution.objects.filter(project=project, replaced_at=None, image__erased_at=None)
    if label is not None:
        resolved = resolved.filter(value__label=label.key) | resolved.filter(
            value__regions__contains=[{"label": label.key}]
        )
    return list(resolved.select_related("image").order_by("-id")[:OFFERED])
