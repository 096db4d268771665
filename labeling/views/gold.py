"""Known answers for who leads a project: the list with how people did, made from an image's page, retired."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.enums import Purpose
from labeling.models import Gold, Image, Queue, Resolution
from labeling.queries import gold as queries
from labeling.queries import images, said
from labeling.services import gold as services
from labeling.services.queues import change_queue
from labeling.templatetags.figures import setting
from labeling.views import round_form
from labeling.views.access import project_or_404
from labeling.views.rows import value_in_words
from people.models import Project, User
from people.views.paging import page_of

A_PAGE = 100


def gold(request: HttpRequest, slug: str) -> HttpResponse:
    """The known answers in force, how often each was met and got right, and how each person did."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    labels = said.labels_by_key(project)
    in_force = queries.visible_to(request.user).filter(project=project, retired_at=None)
    page = page_of(in_force, request, A_PAGE)
    by_gold, by_user = queries.scores_by_gold(project), queries.gold_scores(project)
    people = User.objects.filter(pk__in=by_user)
    context = {
        "project": project,
        "rows": [
            (
                one,
                images.small_address(one.image, request.user),
                value_in_words(one.value, labels),
                by_gold.get(one.pk),
            )
            for one in page.rows
        ],
        "page": page,
        "count": in_force.count(),
        "people": sorted(((str(user), by_user[user.pk]) for user in people), key=lambda row: row[1].share),
        "queues": serving(project).order_by("name"),
    }
    return render(request, "labeling/rounds/gold.html", context)


@require_POST
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve so much gold in a queue from now on."""
    project = project_or_404(request, slug, rules.check_manage)
    queue = serving(project).filter(name=request.POST.get("queue", "")).first()
    if queue is None:
        raise Http404("There is no such queue in which gold can be served.")
    errors: round_form.Errors = {}
    given = round_form.share_of(request.POST, errors)
    try:
        if not errors:
            change_queue(user=request.user, queue=queue, gold_share=given)
    except ValueRefused as refused:
        errors = refused.errors
    if errors:
        messages.error(request, f"Gold in {queue.name}: {errors['gold_share'][0]}")
    else:
        messages.success(request, f"{setting(given)} of what {queue.name} serves is gold from now on.")
    return redirect("gold", slug)


def serving(project: Project) -> QuerySet[Queue]:
    """The queues in which gold may be served among tasks."""
    return project.queues.filter(closed_at=None).exclude(purpose=Purpose.QUIZ)


@require_POST
def make(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold an answer about an image for known: the label chosen, or what the project holds true of it."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    image = _image(project, request.POST.get("image", ""))
    try:
        services.make_gold(
            user=request.user,
            project=project,
            image=image,
            value=_value(request, image),
            why=request.POST.get("why", "").strip(),
        )
        messages.success(request, "Gold now: it can be served among tasks, and asked in a quiz.")
    except ValueRefused as refused:
        messages.error(request, str(refused))
    return redirect("image", slug, image.pk)


@require_POST
def retire(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Serve it no more."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    found = queries.visible_to(request.user).filter(project=project, pk=pk).first()
    if found is None:
        raise Http404("There is no such known answer in this project.")
    services.retire_gold(user=request.user, gold=found)
    messages.success(request, f"{found.image} is gold no more.")
    return redirect("image", slug, found.image_id) if "image" in request.POST else redirect("gold", slug)


def of_image(
    project: Project, image: Image, labels: dict[str, Any], truth: Resolution | None
) -> dict[str, Any]:
    """What an image's page shows of it: the known answer, or what may become one."""
    known = Gold.objects.filter(image=image, retired_at=None).select_related("made_by").first()
    held = truth.value if truth is not None else None
    return {
        "known": known,
        "said": value_in_words(known.value, labels) if known else None,
        "truth": value_in_words(held, labels) if held is not None else None,
        "truth_key": (held or {}).get("label"),
        "why": truth.reason if truth is not None else "",
    }


def _image(project: Project, pk: str) -> Image:
    try:
        return Image.objects.get(project=project, pk=UUID(pk))
    except (ValueError, Image.DoesNotExist):
        raise Http404("There is no such image in this project.") from None


def _value(request: HttpRequest, image: Image) -> dict[str, Any] | None:
    if label := request.POST.get("label"):
        return {"label": label}
    truth = Resolution.objects.filter(image=image, replaced_at=None).first()
    return truth.value if truth is not None else None
