"""Labels of a frozen dataset that are likely wrong: looked for, shown beside what they should be, sent to review."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feedback import rules
from feedback.domain.label_errors import LEAST_IMAGES
from feedback.enums import SuspectKind
from feedback.models import DatasetVersion, LabelErrorSearch, LabelSuspect
from feedback.queries import label_errors as queries
from feedback.services import label_errors as service
from feedback.services.label_review import TITLES, send_to_review
from labeling import rules as labeling_rules
from labeling.domain.values import ValueRefused
from labeling.queries import images as addresses
from labeling.queries.said import labels_by_key
from labeling.services.projects import Taken
from labeling.views.access import project_or_404
from people.models import Project

SHOWN = 60
FEW = 10
MOST_ANSWERS = 5


def label_errors(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """The newest search in a dataset; `kind` says which of its lists, `after` the rank from which on."""
    project = project_or_404(request, slug, rules.check_see)
    dataset = _dataset(project, pk)
    return _page(request, project, dataset, queries.newest(dataset))


def _page(
    request: HttpRequest,
    project: Project,
    dataset: DatasetVersion,
    search: LabelErrorSearch | None,
    reasons: list[str] | None = None,
) -> HttpResponse:
    kind = _kind((request.POST or request.GET).get("kind", ""))
    context: dict[str, Any] = {
        "project": project,
        "dataset": dataset,
        "search": search,
        "refusal": service.refusal(dataset),
        "least_images": LEAST_IMAGES,
        "reasons": reasons or [],
    }
    if search is not None and search.state == "succeeded":
        context |= _found(request, project, search, kind)
    page = "feedback/label_errors/found.html" if request.htmx else "feedback/label_errors/label_errors.html"
    return render(request, page, context, status=400 if reasons else 200)


def _found(
    request: HttpRequest, project: Project, search: LabelErrorSearch, kind: SuspectKind
) -> dict[str, Any]:
    """What a search that succeeded has found: the lists with their counts, one page of the chosen one, its review."""
    names = {key: label.name for key, label in labels_by_key(project).items()}
    counts = queries.counts(search)
    after = request.GET.get("after", "")
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 7 else 0
    rows = list(queries.suspects(search, kind).filter(rank__gt=start).order_by("pk")[: SHOWN + 1])
    review = queries.review(search, kind)
    shown = counts | {SuspectKind.LABEL.value: search.found["flagged"]}
    flagged = shown[kind]
    return {
        "kind": kind,
        "title": TITLES[kind],
        "kinds": [
            {"name": one, "title": TITLES[one], "count": shown[one], "chosen": one == kind}
            for one in SuspectKind
        ],
        "listed": counts[kind],
        "flagged": flagged,
        "suggested_count": max(flagged - review.sent, 0) or min(counts[kind] - review.sent, FEW),
        "left": counts[kind] - review.sent,
        "rows": [_row(suspect, names, request.user, flagged) for suspect in rows[:SHOWN]],
        "older": f"?{urlencode({'kind': str(kind), 'after': start + SHOWN})}" if len(rows) > SHOWN else "",
        "first": f"?{urlencode({'kind': str(kind)})}" if start else "",
        "review": review,
        "rounds": queries.rounds_of(search, kind),
        "answers": range(1, MOST_ANSWERS + 1),
    }


def _row(suspect: LabelSuspect, names: dict[str, str], user: Any, flagged: int) -> dict[str, Any]:
    return {
        "suspect": suspect,
        "address": addresses.small_address(suspect.image, user),
        "like": addresses.small_address(suspect.like, user) if suspect.like else "",
        "given": names.get(suspect.given, suspect.given),
        "suggested": names.get(suspect.suggested, suspect.suggested),
        "is_first_unflagged": suspect.rank == flagged + 1,
    }


@require_POST
def look(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Have a worker look for label errors in the dataset."""
    project = project_or_404(request, slug, rules.check_look_for_label_errors)
    dataset = _dataset(project, pk)
    try:
        service.request_search(user=request.user, dataset=dataset)
    except service.SearchRefused as refused:
        return _page(request, project, dataset, queries.newest(dataset), [str(refused)])
    return redirect("label-errors", slug, pk)


@require_POST
def send(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Make a blind round of the first suspects of a list that were not sent yet. `pk` is the search's."""
    project = project_or_404(request, slug, labeling_rules.check_run_rounds)
    found = LabelErrorSearch.objects.filter(dataset__project=project).select_related("dataset__project")
    search = get_object_or_404(found, pk=pk)
    try:
        made = send_to_review(
            user=request.user,
            search=search,
            kind=_kind(request.POST.get("kind", "")),
            count=_whole(request.POST.get("count", ""), "count", 1000),
            answers_required=_whole(request.POST.get("answers_required", "1"), "answers", MOST_ANSWERS),
        )
    except ValueRefused as refused:
        reasons = [f"{name.removeprefix('filters.')} {each[0]}" for name, each in refused.errors.items()]
        return _page(request, project, search.dataset, search, reasons)
    except Taken as taken:
        return _page(request, project, search.dataset, search, [str(taken)])
    messages.success(request, f"{made.title} is under way.")
    kind = urlencode({"kind": request.POST.get("kind", "")})
    return redirect(f"{reverse('label-errors', args=[slug, search.dataset_id])}?{kind}")


def _whole(text: str, name: str, most: int) -> int:
    """A whole number from a form. Raises ValueRefused naming the field."""
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and 1 <= int(text) <= most):
        raise ValueRefused({name: [f"must be a whole number from 1 to {most:,}."]})
    return int(text)


def _dataset(project: Project, pk: UUID) -> DatasetVersion:
    found = DatasetVersion.objects.filter(project=project, pk=pk).select_related("project").first()
    if found is None:
        raise Http404("There is no such dataset in this project.")
    return found


def _kind(given: str) -> SuspectKind:
    return SuspectKind(given) if given in set(SuspectKind) else SuspectKind.LABEL
