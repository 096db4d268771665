"""A part of an image filled for good: drawn on it, or typed."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.models import Image
from labeling.queries import images, redactions
from labeling.services.redacting import fill_part
from labeling.views.access import project_or_404
from labeling.views.regions import SIDES


def blur_image(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """The form over the image; POST fills the part, and comes back for another."""
    project = project_or_404(request, slug, rules.check_erase)
    image = Image.objects.filter(project=project, pk=pk).select_related("project").first()
    if image is None:
        raise Http404("There is no such image in this project.")
    if image.erased_at is not None:
        return redirect("image", slug, pk)
    typed = {side: request.POST.get(side, "").strip() for side in SIDES}
    error = ""
    if request.method == "POST":
        try:
            made = fill_part(user=request.user, image=image, box=_box(typed))
        except ValueRefused as refused:
            error = refused.errors["box"][0]
        except FileNotFoundError:
            error = "The storage has lost this image: there is nothing to blur."
        else:
            if made is None:
                messages.info(request, "That part was filled before.")
            else:
                messages.success(request, "Filled. The bytes before are gone within a minute.")
            return redirect("blur-image", slug, pk)
    context = {
        "project": project,
        "image": image,
        "address": images.address(image, request.user),
        "sides": list(typed.items()),
        "error": error,
        "redactions": redactions.of(image),
    }
    return render(request, "labeling/image/blur.html", context, status=400 if error else 200)


def _box(typed: dict[str, str]) -> list[float]:
    """Percentages as shares; raises ValueRefused where one is no number."""
    try:
        return [float(typed[side].replace(",", ".")) / 100 for side in SIDES]
    except ValueError:
        raise ValueRefused({"box": ["Draw it on the photograph, or type four percentages."]}) from None
