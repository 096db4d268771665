"""The images behind a figure of the agreement page, each with everybody's answer, and what can be done about them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from labeling import rules
from labeling.domain.agreement.boxes import NOTHING
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.queries import images
from labeling.queries.boxes_side_by_side import behind_boxes
from labeling.queries.disputes import in_adjudication
from labeling.queries.said import labels_by_key
from labeling.queries.side_by_side import A_PAGE, Beside, behind, side_by_side
from labeling.services import agreement as services
from labeling.views.access import project_or_404
from labeling.views.agreement import overlay
from labeling.views.rows import is_synthetic
from people.enums import TaskType
from people.models import Project

PAGE = "labeling/agreement/pair.html"
THICK = "Its boxes are the thick ones."


def pair(request: HttpRequest, slug: str) -> HttpResponse:
    """The images that one person called `a` and another `b`, under the report's filters, the newest first.

    Where boxes are drawn: those with a thing that one called `a` and another `b`, either may be "nothing here".
    """
    project = project_or_404(request, slug, rules.check_see_reports)
    filters = _filters(request)
    known = labels_by_key(project)
    drawn = project.task_type == TaskType.DETECTION
    a, b = (request.GET.get(name, "") for name in ("a", "b"))
    if not {a, b} <= set(known) | ({NOTHING} if drawn else set()):
        raise Http404("Name two labels of this project as a and b.")
    if drawn:
        found, following = behind_boxes(project, filters, a, b, before=_before(request))
        title, words = _of_boxes(*(known[key].name if key in known else "" for key in (a, b)))
    else:
        found, following = behind(project, filters, known[a], known[b], before=_before(request))
        title, words = _of_labels(known[a].name, known[b].name)
    query = filters.as_query() | {"a": a, "b": b}
    context = {
        "title": title,
        "words": words,
        "pair": {a, b},
        "first": known.get(a) or known.get(b),
        "older": f"?{urlencode(query | {'before': str(following)})}" if following else None,
    }
    return _page(request, project, filters, found, known, context)


def _of_labels(a: str, b: str) -> tuple[str, str]:
    """Title and words of the images that people called so."""
    if a == b:
        return f"Both said {a}", f"Two people or more called each of these {a}."
    return f"{a} or {b}?", f"One person called each of these {a}, another {b}."


def _of_boxes(a: str, b: str) -> tuple[str, str]:
    """The same of things drawn; "" stands for nothing drawn."""
    if a == b == "":
        return (
            "Both drew nothing there",
            "Two people or more drew nothing where others did, or nothing at all.",
        )
    if a == b:
        return f"Both said {a}", f"Two people or more drew the same thing and called it {a}. {THICK}"
    if "" in (a, b):
        return (
            f"{a or b}, or nothing?",
            f"One person drew a thing and called it {a or b}, another left it out. {THICK}",
        )
    return f"{a} or {b}?", f"One person called a thing {a}, another called the same thing {b}. {THICK}"


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
        "words": f"{len(ranked)} image{'' if len(ranked) == 1 else 's'} on which people differ, ranked by how "
        "undecided the model of all answers is.",
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
    waiting = in_adjudication([one.image.pk for one in found])
    bits = context.get("bits", {})
    rows = [
        {
            "image": one.image,
            "address": images.small_address(one.image, request.user),
            "synthetic": is_synthetic(one.image),
            "said": overlay.lines(one, known),
            # Who decides must not be swayed by what others said; see `views.image`.
            "drawn": [] if one.image.pk in waiting else overlay.rectangles(one, known),
            "has_asked": bool(one.about),
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
