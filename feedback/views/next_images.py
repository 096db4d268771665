"""What to label next: the images that would teach the model most, and a round of them in one press."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from inference.domain.acquisition import STRATEGIES
from inference.services import next_images
from labeling import rules
from labeling.domain.image_filters import check_filters
from labeling.domain.values import ValueRefused
from labeling.models import Image
from labeling.queries import images as addresses
from labeling.queries import selecting
from labeling.queries.said import labels_by_key
from labeling.services.rounds import make_round
from labeling.views.access import project_or_404
from people.models import Project

DEFAULT = next(iter(STRATEGIES))
DEFAULT_COUNT = 50
MOST = 500
SHOWN = 60


@dataclass(frozen=True)
class Shown:
    """An image with its address, and the two likeliest labels by the champion: name and probability."""

    image: Image
    address: str
    likeliest: list[tuple[str, float]]


def what_next(request: HttpRequest, slug: str) -> HttpResponse:
    """The ranked images, by the strategy that the address names; POST makes a round of them."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    given = request.POST if request.method == "POST" else request.GET
    reasons: list[str] = []
    ranked: list[next_images.Ranked] = []
    filters: dict[str, Any] = {}
    try:
        filters = _filters(given)
        if request.method == "POST":
            return _round(request, project, filters, blind=given.get("shown") != "proposals")
        images = selecting.narrowed(project, filters)
        ranked = next_images.ranked(
            images, project, filters["strategy"], filters["limit"], like=filters.get("like", ())
        )
    except ValueRefused as refused:
        reasons = [f"{name.removeprefix('filters.')} {each[0]}" for name, each in refused.errors.items()]
    chosen = STRATEGIES.get(filters.get("strategy", DEFAULT), STRATEGIES[DEFAULT])
    context = {
        "project": project,
        "strategies": STRATEGIES.values(),
        "chosen": chosen,
        "count": given.get("limit", DEFAULT_COUNT),
        "like": " ".join(filters.get("like", [])),
        "reasons": reasons,
        "found": len(ranked),
        "shown": _shown(project, request.user, ranked[:SHOWN]),
    }
    return render(request, "feedback/next/next.html", context, status=400 if reasons and given else 200)


def _filters(given: Mapping[str, str]) -> dict[str, Any]:
    """What the form asks for as a round's filters. Raises ValueRefused naming what is wrong."""
    filters = check_filters(
        {
            "strategy": given.get("strategy") or DEFAULT,
            "limit": given.get("limit") or DEFAULT_COUNT,
            "like": given.get("like", ""),
            "never_labelled": True,
        },
        selecting.fields(),
    )
    if filters["limit"] > MOST:
        raise ValueRefused({"limit": [f"must be at most {MOST} here."]})
    return filters


def _round(request: HttpRequest, project: Project, filters: dict[str, Any], *, blind: bool) -> HttpResponse:
    made = make_round(
        user=request.user,
        project=project,
        name=f"next-{timezone.now():%Y%m%d-%H%M%S}",
        title=f"{STRATEGIES[filters['strategy']].title}, {timezone.localtime():%d %B %H:%M}",
        filters=filters,
        blind=blind,
        with_proposals=not blind,
    )
    messages.success(request, f"{made.title} is under way.")
    return redirect("round", project.slug, made.queue.name)


def _shown(project: Project, user: Any, ranked: list[next_images.Ranked]) -> list[Shown]:
    images = Image.objects.in_bulk([one.image_id for one in ranked])
    names = {key: label.name for key, label in labels_by_key(project).items()}
    rows = []
    for one in ranked:
        image = images[one.image_id]
        likeliest = sorted(one.scores.items(), key=lambda pair: -pair[1])[:2]
        named = [(names.get(key, key), share) for key, share in likeliest]
        rows.append(Shown(image, addresses.small_address(image, user), named))
    return rows
