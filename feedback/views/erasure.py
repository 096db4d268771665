"""Pages of erased images: what would go, asking for it, the certificate, and what a project keeps for how long."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone

from feedback.queries import descent, erasures, retention
from feedback.services.erasing import learned_from
from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.enums import TaskState
from labeling.models import Image, PrivacySettings, Task
from labeling.queries import images as addresses
from labeling.queries import redactions
from labeling.services import erasure as services
from labeling.services.face_detectors import MOST_BYTES, set_face_detector
from labeling.services.privacy import check_days, set_privacy, settings_of
from labeling.views.access import project_or_404
from people.views.paging import page_of

PAGE_SIZE = 50
SWITCHES = ("keeps_location", "blurs_faces", "blurs_plates", "records_looks")
COUNTED_TO = 100_000


def panel(request: HttpRequest, image: Image) -> str:
    """What an image's page says of it: when it was erased, or where to erase it."""
    context = {
        "image": image,
        "project": image.project,
        "erasure": erasures.visible_to(request.user).filter(image=image).first(),
        "may_erase": rules.can_erase(request.user, image.project),
        "redactions": redactions.of(image),
    }
    return render_to_string("feedback/image/erasure.html", context, request=request)


def erase_image(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """What would be removed and what had learned from it; POST with a reason erases it."""
    project = project_or_404(request, slug, rules.check_erase)
    image = Image.objects.filter(project=project, pk=pk).first()
    if image is None:
        raise Http404("There is no such image in this project.")
    if image.erased_at is not None:
        return redirect("erasure", slug, pk)
    reason, error = request.POST.get("reason", ""), ""
    if request.method == "POST":
        try:
            services.erase(user=request.user, image=image, reason=reason)
        except ValueRefused as refused:
            error = refused.errors["reason"][0]
        else:
            messages.success(request, "Erased. Its bytes are gone within a minute.")
            return redirect("erasure", slug, pk)
    context = {
        "project": project,
        "image": image,
        "address": addresses.small_address(image, request.user),
        "learned": learned_from(image),
        "examples": descent.examples_of_image(image).count(),
        "open_tasks": Task.objects.filter(image=image, state=TaskState.OPEN.value).count(),
        "reason": reason,
        "error": error,
    }
    return render(request, "feedback/erasure/erase.html", context, status=400 if error else 200)


def certificate(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """What was removed of an image, when and by whom, and where it had been by then; made to be printed."""
    project = project_or_404(request, slug, rules.check_erase)
    found = erasures.visible_to(request.user).filter(project=project, image=pk).first()
    if found is None:
        raise Http404("There is no erased image of this id in this project.")
    context = {
        "project": project,
        "erasure": found,
        "image": found.image,
        "bytes": sum(file["bytes"] for file in found.removed["files"]),
        "counts": [(what, count) for what, count in found.removed["counts"].items() if count],
    }
    return render(request, "feedback/erasure/certificate.html", context)


def privacy(request: HttpRequest, slug: str) -> HttpResponse:
    """What the project keeps, with what would go tonight, and the certificates; POST sets or, with `try`, tries."""
    project = project_or_404(request, slug, rules.check_erase)
    kept, errors = settings_of(project), {}
    tried = None
    if request.method == "POST":
        given, errors = _typed(request.POST)
        try:
            check_days(
                {name: given[name] for name in ("accepted_days", "reviewed_days")} if not errors else {}
            )
            if not errors and "try" not in request.POST:
                set_privacy(user=request.user, project=project, **given)
                messages.success(request, "Kept. It holds from now on; what is over goes each night.")
                return redirect("privacy", slug)
        except ValueRefused as refused:
            errors = refused.errors
        tried = None if errors else PrivacySettings(project=project, **given)
    page = page_of(erasures.visible_to(request.user).filter(project=project), request, PAGE_SIZE)
    context = {
        "project": project,
        "may_set": rules.can_set_privacy(request.user, project),
        "form": request.POST if request.method == "POST" else _form_of(kept),
        "errors": errors,
        "kept": kept,
        "tried": tried,
        "would": _would(tried or kept),
        "page": page,
        "first": request.path,
    }
    return render(request, "feedback/erasure/privacy.html", context, status=400 if errors else 200)


def face_detector(request: HttpRequest, slug: str) -> HttpResponse:
    """POST has faces found by the file that was sent, or with `cascades` by these again."""
    project = project_or_404(request, slug, rules.check_set_privacy)
    if request.method == "POST":
        sent = request.FILES.get("face_detector")
        try:
            if "cascades" in request.POST:
                set_face_detector(user=request.user, project=project, content=None)
                messages.success(request, "Faces are found by OpenCV's cascades from now on.")
            elif sent is None:
                messages.error(request, "Nothing was changed: choose an ONNX file first.")
            elif sent.size > MOST_BYTES:
                messages.error(
                    request, f"Nothing was changed: it must be no larger than {MOST_BYTES >> 20} MB."
                )
            else:
                set_face_detector(user=request.user, project=project, content=sent.read())
                messages.success(request, "Faces are found by this file from now on.")
        except ValueRefused as refused:
            messages.error(request, f"Nothing was changed. {refused.errors['face_detector'][0]}")
    return redirect("privacy", slug)


def _form_of(kept: PrivacySettings) -> dict[str, Any]:
    return {
        **{name: getattr(kept, name) for name in SWITCHES},
        "accepted_days": kept.accepted_days or "",
        "reviewed_days": kept.reviewed_days or "",
    }


def _typed(sent: Any) -> tuple[dict[str, Any], dict[str, list[str]]]:
    given: dict[str, Any] = {name: name in sent for name in SWITCHES}
    errors: dict[str, list[str]] = {}
    for name in ("accepted_days", "reviewed_days"):
        text = sent.get(name, "").strip()
        if not text:
            given[name] = None
        elif text.isdecimal() and len(text) < 10:
            given[name] = int(text)
        else:
            errors[name] = ["must be a whole number of days, or empty to keep them."]
    return given, errors


def _would(kept: PrivacySettings) -> list[tuple[str, str, int]]:
    """How many of each state would go tonight, in words."""
    words = {
        retention.Kept.ACCEPTED: "that nobody was asked about",
        retention.Kept.REVIEWED: "that people answered about",
    }
    found = retention.counted(kept, timezone.now(), COUNTED_TO)
    return [(words[state], _shown(count), count) for state, count in found.items()]


def _shown(count: int) -> str:
    return f"{count:,}" if count < COUNTED_TO else f"{COUNTED_TO:,} or more"
