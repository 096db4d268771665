"""What people say of cameras on their pages: each a button or a small form, and back to the page it stood on."""

from datetime import time, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from feedback import rules
from feedback.queries import cameras as queries
from feedback.services import camera_settings as services
from feedback.views.cameras import MAINTENANCE, camera_or_404
from labeling.views.access import project_or_404


@require_POST
def set_reference(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """This is how it should look now."""
    source = camera_or_404(request, slug, key)[1].source
    try:
        services.set_reference(user=request.user, source=source)
    except services.SettingRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{source.name} is learnt anew, from how it looks now.")
    return redirect("camera", slug, key)


@require_POST
def maintain(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Begin maintenance for so many `hours`, or end it where `end` is sent."""
    source = camera_or_404(request, slug, key)[1].source
    if "end" in request.POST:
        services.end_maintenance(user=request.user, source=source)
        messages.success(request, f"{source.name} counts again.")
        return redirect("camera", slug, key)
    hours = request.POST.get("hours", "")
    until = timezone.now() + timedelta(hours=int(hours) if hours in dict(MAINTENANCE) else 0)
    try:
        services.begin_maintenance(
            user=request.user, source=source, until=until, reason=request.POST.get("reason", "")
        )
    except services.SettingRefused as refused:
        messages.error(request, f"The {refused.field} {refused}")
    else:
        messages.success(request, f"{source.name} is worked on: nothing of it is alarmed meanwhile.")
    return redirect("camera", slug, key)


@require_POST
def expect(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Set how many captures a minute it should send; empty has it learnt."""
    source = camera_or_404(request, slug, key)[1].source
    given = request.POST.get("per_minute", "").strip().replace(",", ".")
    try:
        services.set_expected(user=request.user, source=source, per_minute=float(given) if given else None)
    except ValueError as refused:
        reason = str(refused) if isinstance(refused, services.SettingRefused) else "must be a number."
        messages.error(request, f"What is expected a minute {reason}")
    else:
        messages.success(request, "What is expected was set." if given else "What is expected is learnt.")
    return redirect("camera", slug, key)


@require_POST
def set_hours(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Set when a store is closed to its cameras."""
    project = project_or_404(request, slug, rules.check_tend_cameras)
    found = next((each for each, _ in queries.store_hours(request.user, project) if each.key == site), None)
    if found is None:
        raise Http404(f"No camera of this project hangs at {site!r}.")
    try:
        services.set_store_hours(
            user=request.user,
            project=project,
            site=found,
            start=_time(request.POST.get("start", "")),
            end=_time(request.POST.get("end", "")),
            days=[int(day) for day in request.POST.getlist("days") if day.isdigit()],
        )
    except ValueError as refused:
        messages.error(request, f"{found.name}: {refused}")
    else:
        messages.success(request, f"{found.name}: its cameras are not judged while it is closed.")
    return redirect("camera-health", slug)


@require_POST
def forget_device(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Expect nothing more of a device that was taken away."""
    project = project_or_404(request, slug, rules.check_tend_cameras)
    device = queries.devices(project).filter(pk=pk).first()
    if device is None:
        raise Http404("There is no such device here.")
    services.forget_device(user=request.user, project=project, device=device)
    messages.success(request, f"{device.device} is forgotten. Should it report, it is here again.")
    return redirect("camera-health", slug)


def _time(given: str) -> time | None:
    if not given.strip():
        return None
    try:
        return time.fromisoformat(given.strip())
    except ValueError:
        raise services.SettingRefused(
            "start", f"{given[:20]!r} is not a time; write one like 21:30."
        ) from None
