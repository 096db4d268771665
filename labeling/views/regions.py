"""Pages of a project's cameras: what part of its picture each one's alerts are about, drawn on its last photograph."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from labeling.models import Source
from labeling.queries import images, sources
from labeling.rules import check_manage
from labeling.services import regions as services
from labeling.views.access import project_or_404

SIDES = ("left", "top", "right", "bottom")


@dataclass
class RegionForm:
    """What was typed, in percent of the picture, and what was wrong with it."""

    name: str = ""
    sides: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SIDES, ""))
    errors: dict[str, str] = field(default_factory=dict)


def cameras(request: HttpRequest, slug: str) -> HttpResponse:
    """Every camera with its store, and its region."""
    project = project_or_404(request, slug, check_manage)
    context = {"project": project, "cameras": sources.cameras(project)}
    return render(request, "labeling/regions/cameras.html", context)


def region(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One camera's: the form over its last photograph; POST sets it, or with `whole` takes it away."""
    project = project_or_404(request, slug, check_manage)
    source = sources.cameras(project).filter(key=key).first()
    if source is None:
        raise Http404(f"There is no camera {key!r} here.")
    if request.method == "POST" and "whole" in request.POST:
        services.clear_region(user=request.user, source=source)
        messages.success(request, f"Alerts of {source.name} are about the whole picture from now on.")
        return redirect("cameras", slug)
    form = _typed(request.POST) if request.method == "POST" else _kept(source)
    if request.method == "POST" and _set(request.user, source, form):
        messages.success(request, f"Alerts of {source.name} frame {form.name} from now on.")
        return redirect("cameras", slug)
    photograph = sources.last_photograph(source)
    context = {
        "project": project,
        "source": source,
        "form": form,
        "sides": [(side, form.sides[side]) for side in SIDES],
        "photograph": photograph,
        "address": images.address(photograph, request.user) if photograph else "",
    }
    return render(request, "labeling/regions/region.html", context, status=400 if form.errors else 200)


def _kept(source: Source) -> RegionForm:
    held = getattr(source, "region", None)
    if held is None:
        return RegionForm()
    return RegionForm(
        held.name, {side: f"{share * 100:.4g}" for side, share in zip(SIDES, held.box, strict=True)}
    )


def _typed(sent: Any) -> RegionForm:
    return RegionForm(sent.get("name", ""), {side: sent.get(side, "").strip() for side in SIDES})


def _set(user: Any, source: Source, form: RegionForm) -> bool:
    try:
        box = [float(form.sides[side].replace(",", ".")) / 100 for side in SIDES]
    except ValueError:
        form.errors["box"] = "Draw it on the photograph, or type four percentages."
        return False
    try:
        services.set_region(user=user, source=source, name=form.name, box=box)
    except services.RegionRefused as refused:
        form.errors[refused.field] = f"This {refused}"
    return not form.errors
