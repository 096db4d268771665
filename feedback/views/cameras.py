"""How the cameras fare: all of them with what is wrong, each with its history, and what people say of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from feedback import rules
from feedback.domain.camera_learning import VIEW
from feedback.domain.camera_states import said
from feedback.enums import CameraFault, CameraState
from feedback.models import CameraHour, CameraWatch
from feedback.queries import cameras as queries
from labeling.models import Image
from labeling.queries import images
from labeling.views.access import project_or_404
from labeling.views.charts import Line, Panel, lines
from labeling.views.charts.svg import NARROW
from people.models import Project

BADGES = {CameraState.OK: "good", CameraState.DEGRADED: "warn", CameraState.DOWN: "bad"}
MAINTENANCE = (("1", "an hour"), ("8", "eight hours"), ("24", "a day"), ("168", "a week"))
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Row:
    """A camera as the list shows it, with the kind of badge of its state and its faults in a word each."""

    faring: queries.Faring
    badge: str
    words: list[str]


def cameras(request: HttpRequest, slug: str) -> HttpResponse:
    """Every camera that the reader may see, worst first; for who tends them, the hours of stores and the devices."""
    project = project_or_404(request, slug, rules.check_see_cameras)
    rows = [_row(each) for each in queries.faring(request.user, project)]
    worst = list(reversed(CameraState))
    rows.sort(key=lambda row: worst.index(state) if (state := row.faring.state) else len(worst))
    tends = rules.can_tend_cameras(request.user, project)
    context = {
        "project": project,
        "rows": rows,
        "tends": tends,
        "stores": queries.store_hours(request.user, project) if tends else [],
        "days": list(enumerate(DAYS)),
        "devices": list(queries.devices(project)) if tends else [],
    }
    return render(request, "feedback/cameras/cameras.html", context)


def camera(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One camera: what is wrong, how it should look beside how it looks, its last week, and what may be said of it."""
    project, faring = camera_or_404(request, slug, key)
    source, watch = faring.source, faring.watch
    tends = rules.can_tend_cameras(request.user, project)
    past = queries.history(source)
    context = {
        "project": project,
        "row": _row(faring),
        "faults": _said(watch) if watch else [],
        "tends": tends,
        # Photographs are for who leads: an associate sees those of their own tasks alone.
        "reference": _picture(request, watch.reference) if watch and tends else None,
        "now": _picture(request, watch.image) if watch and tends else None,
        "learning": _learning(watch),
        "chart": chart_of(source.name, past),
        "captures": sum(hour.captures for hour in past),
        "changes": [(each, _words(each.faults)) for each in queries.changes(source)],
        "maintenance": MAINTENANCE,
    }
    return render(request, "feedback/cameras/camera.html", context)


def camera_or_404(request: HttpRequest, slug: str, key: str) -> tuple[Project, queries.Faring]:
    """A camera that the reader may see, and its project. Raises Http404, and PermissionDenied for other roles."""
    project = project_or_404(request, slug, rules.check_see_cameras)
    found = queries.faring_of(request.user, project, key)
    if found is None:
        raise Http404(f"There is no camera {key!r} for you here.")
    return project, found


def _row(faring: queries.Faring) -> Row:
    words = _words(faring.watch.faults) if faring.watch else []
    return Row(faring, BADGES[faring.state] if faring.state else "", words)


def chart_of(name: str, past: Sequence[CameraHour]) -> SafeString | None:
    """Captures, light and sharpness by the hour; None before there were two hours."""
    if len(past) < 2:
        return None
    at = [hour.hour.timestamp() for hour in past]

    def line(title: str, values: Sequence[float | None]) -> Panel:
        return Panel(title, [Line(title.split(",")[0], list(zip(at, values, strict=True)))], low=0)

    panels = [
        line("Captures, an hour", [hour.captures for hour in past]),
        line("Brightness, 0 to 255", [hour.brightness for hour in past]),
    ]
    if any(hour.here is not None for hour in past):
        seen = [None if hour.here is None else max(0.0, hour.here) for hour in past]
        panels.append(line("View in place, 0 to 1", seen))
    panels = [panel for panel in panels if any(value is not None for _, value in panel.lines[0].points)]
    return lines(
        panels,
        width=NARROW,
        title=f"The last week of {name}",
        description=f"{sum(hour.captures for hour in past):,} captures in {len(past)} hours.",
        start=at[0],
        end=at[-1],
    )


def _picture(request: HttpRequest, image: Image | None) -> dict[str, Any] | None:
    if image is None or image.erased_at is not None:
        return None
    return {"image": image, "address": images.small_address(image, request.user)}


def _said(watch: CameraWatch) -> list[dict[str, Any]]:
    """The faults that are worth saying, with since when as a time."""
    shown = said({CameraFault(entry["fault"]) for entry in watch.faults})
    return [
        {**entry, "since": datetime.fromisoformat(entry["since"])}
        for entry in watch.faults
        if CameraFault(entry["fault"]) in shown
    ]


def _words(faults: Sequence[dict[str, Any]]) -> list[str]:
    shown = said({CameraFault(entry["fault"]) for entry in faults})
    return [entry["fault"] for entry in faults if CameraFault(entry["fault"]) in shown]


def _learning(watch: CameraWatch | None) -> int | None:
    """How many pictures its view is still to be learnt from; None once it is known."""
    if watch is None:
        return VIEW
    left = VIEW - int(watch.learnt.get("pictures", 0))
    return left if left > 0 else None
