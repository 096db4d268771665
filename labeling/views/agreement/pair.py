"""The images behind a figure of the agreement page, each with everybody's answer, and what can be done about them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from labeling import rules
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.enums import Audience, TaskState
from labeling.models import Task
from labeling.queries import images
from labeling.queries.said import labels_by_key
from labeling.queries.side_by_side import A_PAGE, Beside, behind, side_by_side
from labeling.services import agreement as services
from labeling.views.access import project_or_404
from labeling.views.rows import is_synthetic
from people.models import Project

PAGE = "labeling/agreement/pair.html"


def pair(request: HttpRequest, slug: str) -> HttpResponse:
    """The images that one person called `a` and another `b`, under the report's filters, the newest first."""
    project = project_or_404(request, slug, rules.check_see_reports)
    filters = _filters(request)
    known = labels_by_key(project)
    a, b = (known.get(request.GET.get(name, "")) for name in ("a", "b"))
    if a is None or b is None:
        raise Http404("Name two labels of this project as a and b.")
    found, following = behind(project, filters, a, b, before=_before(request))
    query = filters.as_query() | {"a": a.key, "b": b.key}
    context = {
        "title": f"{a.name} or {b.name}?" if a != b else f"Both said {a.name}",
        "words": f"One person called each of these {a.name}, another {b.name}."
        if a != b
        else f"Two people or more called each of these {a.name}.",
        "pair": {a.key, b.key},
        "first": a,
        "older": f"?{urlencode(query | {'before': str(following)})}" if following else None,
    }
    return _page(request, project, filters, found, known, context)


def disputed(request: HttpRequest, slug: str) -> HttpResponse:
    """The images on which people differ, the most undecided first; `from` says how many to pass over."""
    project = project_or_404(request, slug, rules.check_see_reports)
    filters = _filters(request)
    known = labels_by_key(project)
    ranked = most_undecided(services.report(project=project, filters=filters))
    start = _start(request)
    shown = ranked[start : start + A_PAGE]
    found = side_by_side(project, [image for image, _ in shown])
    more = start + A_PAGE < len(ranked)
    context = {
        "title": "The most undecided images",
        "words": f"{len(ranked)} images on which people differ, ranked by how undecided the model of all answers is.",
        "bits": dict(shown),
        "pair": set(),
        "older": f"?{urlencode(filters.as_query() | {'from': str(start + A_PAGE)})}" if more else None,
    }
    return _page(request, project, filters, found, known, context)


def most_undecided(figures: Mapping[str, Any]) -> list[tuple[UUID, float]]:
    """(image, bits), the most undecided first; one with several things in it by the most undecided of them."""
    found: dict[UUID, float] = {}
    for one in figures["disputed"]:
        found.setdefault(UUID(one["image"]), one["entropy"])
    return list(found.items())


def most_settled_by_one_more(figures: Mapping[str, Any]) -> list[UUID]:
    """Images without a majority, those first that one more answer most likely gives one."""
    # An image comes once, however many things in it are divided. A report frozen earlier may rank none.
    return list(dict.fromkeys(UUID(one["image"]) for one in figures.get("to_ask", ())))


def _page(
    request: HttpRequest,
    project: Project,
    filters: Filters,
    found: list[Beside],
    known: dict[str, Any],
    context: dict[str, Any],
) -> HttpResponse:
    waiting = set(
        Task.objects.filter(
            image__in=[one.image.pk for one in found],
            queue__audience=Audience.QA_LEAD,
            state=TaskState.OPEN,
        ).values_list("image", flat=True)
    )
    bits = context.get("bits", {})
    rows = [
        {
            "image": one.image,
            "address": images.small_address(one.image, request.user),
            "synthetic": is_synthetic(one.image),
            "said": one.said,
            "drawn": _drawn(one, known),
            "bits": bits.get(one.image.pk),
            "waits": one.image.pk in waiting,
        }
        for one in found
    ]
    shown = {
        "project": project,
        "rows": rows,
        "labels": [label for label in known.values() if label.retired_at is None],
        "query": filters.as_query(),
        "here": request.get_full_path(),
        "report_href": urlencode(filters.as_query()),
    }
    return render(request, PAGE, shown | context)


def _drawn(one: Beside, known: Mapping[str, Any]) -> list[tuple[int, list[dict[str, Any]]]]:
    """Everybody's boxes over the image: their place in the table of who said what, from 1, and the rectangles."""
    people = [
        (number, said.regions) for number, said in enumerate(one.said, start=1) if said.regions is not None
    ]
    return [(number, [_rectangle(region, known) for region in regions]) for number, regions in people]


def _rectangle(region: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    left, top, right, bottom = region["box"]
    label = known.get(region["label"])
    return {
        "x": left,
        "y": top,
        "width": right - left,
        "height": bottom - top,
        "label": label.name if label else region["label"],
    }


def _filters(request: HttpRequest) -> Filters:
    try:
        return Filters.from_query(request.GET.dict(), ignored=("a", "b", "before", "from"))
    except ValueRefused as refused:
        raise Http404(str(refused)) from None


def _before(request: HttpRequest) -> UUID | None:
    given = request.GET.get("before")
    try:
        return UUID(given) if given else None
    except ValueError as error:
        raise Http404("before must be an image's id.") from error


def _start(request: HttpRequest) -> int:
    given = request.GET.get("from", "0")
    if not given.isascii() or not given.isdecimal() or len(given) > 6:
        raise Http404("from must be a whole number.")
    return int(given)
