"""Labeling rounds for who leads a project: the list, the form with its preview, one round and its buttons."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.models import Round
from labeling.queries import rounds as queries
from labeling.services import rounds as services
from labeling.services.projects import Taken
from labeling.views import filter_form, round_form
from labeling.views.access import project_or_404
from people.keys import folded
from people.models import Project
from people.views.paging import page_of

A_PAGE = 50
MOST_ANSWERS = 20


def rounds(request: HttpRequest, slug: str) -> HttpResponse:
    """The rounds with how far they have come, those under way first; each list goes on by the key of its last."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    found = queries.visible_to(request.user).filter(queue__project=project)
    under_way = page_of(found.filter(queue__closed_at=None), request, A_PAGE, "under_way_before")
    closed = page_of(found.exclude(queue__closed_at=None), request, A_PAGE, "closed_before")
    progress = queries.progress_of(under_way.rows + closed.rows)
    context = {
        "project": project,
        "under_way": [(one, progress[one.pk]) for one in under_way.rows],
        "closed": [(one, progress[one.pk]) for one in closed.rows],
        "under_way_page": under_way,
        "closed_page": closed,
    }
    return render(request, "labeling/rounds/rounds.html", context)


def new_round(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, filled from the address; POST makes the round."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    errors: dict[str, list[str]] = {}
    given = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" and "preview" not in request.POST:
        try:
            made = _make(request, project)
        except ValueRefused as refused:
            errors = refused.errors
        else:
            messages.success(request, f"{made.title} is under way.")
            return redirect("round", slug, made.queue.name)
    context = {
        "project": project,
        "given": given,
        "fields": filter_form.drawn(project, given, errors),
        "chosen": filter_form.choose(project, request.user, given),
        "people": round_form.people(project),
        "named": given.getlist("members"),
        "errors": {name: reasons[0] for name, reasons in errors.items()},
        "answers": range(1, 6),
    }
    return render(request, "labeling/rounds/new.html", context, status=400 if errors else 200)


def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """How many images the form chooses, and the first of them."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    chosen = filter_form.choose(project, request.user, request.GET)
    return render(request, "labeling/rounds/_chosen.html", {"project": project, "chosen": chosen})


def one_round(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One round as it stands, or its live part alone where htmx asks."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    found = find_round(request, project, name)
    progress = queries.progress_of([found])[found.pk]
    people = queries.people_in(found)
    context = {
        "project": project,
        "round": found,
        "queue": found.queue,
        "progress": progress,
        "people": people,
        "balance": queries.balance_of(found),
        "forecast": queries.forecast_of(progress, people, found.queue.answers_required),
        "additions": [(one, filter_form.in_words(one["filters"])) for one in found.filters["additions"]],
        "members": found.queue.members.order_by("username"),
        "now": timezone.now(),
    }
    page = "labeling/rounds/live.html" if request.htmx else "labeling/rounds/round.html"
    return render(request, page, context)


@require_POST
def change(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Pause, resume or close it, as the button pressed says."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    found = find_round(request, project, name)
    acts = {"pause": services.pause, "resume": services.resume, "close": services.close}
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        raise Http404("A round can be paused, resumed or closed.")
    try:
        act(user=request.user, which=found)
    except services.RoundClosed as closed:
        messages.error(request, str(closed))
    return redirect("round", slug, name)


def add(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The filters alone, for more images; POST adds them."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    found = find_round(request, project, name)
    errors: dict[str, list[str]] = {}
    given = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" and "preview" not in request.POST:
        try:
            services.add_images(user=request.user, to=found, filters=filter_form.filters_of(request.POST))
            return redirect("round", slug, name)
        except ValueRefused as refused:
            errors = refused.errors
        except services.RoundClosed as closed:
            messages.error(request, str(closed))
            return redirect("round", slug, name)
    context = {
        "project": project,
        "round": found,
        "fields": filter_form.drawn(project, given, errors),
        "chosen": filter_form.choose(project, request.user, given),
        "errors": {reason: reasons[0] for reason, reasons in errors.items()},
    }
    return render(request, "labeling/rounds/add.html", context, status=400 if errors else 200)


def find_round(request: HttpRequest, project: Project, name: str) -> Round:
    """The round of that name, for who leads the project. Raises Http404."""
    found = queries.visible_to(request.user).filter(queue__project=project, queue__name=name).first()
    if found is None:
        raise Http404(f"There is no round {name!r} in this project.")
    return found


def _make(request: HttpRequest, project: Project) -> Round:
    """The round that the form asks for. Raises ValueRefused naming every field that is wrong."""
    given = request.POST
    errors: dict[str, list[str]] = {}
    terms: dict[str, Any] = {}
    try:
        terms["filters"] = filter_form.filters_of(given)
    except ValueRefused as refused:
        errors |= refused.errors
    title = given.get("title", "").strip()
    if not folded(title):
        errors["title"] = ["Give it a name that people will know it by."]
    required = given.get("answers_required", "1")
    if not required.isascii() or not required.isdecimal() or not 1 <= int(required) <= MOST_ANSWERS:
        errors["answers_required"] = [f"Choose from 1 to {MOST_ANSWERS}."]
    share = round_form.share_of(given, errors)
    due = round_form.due_of(given, errors)
    if errors:
        raise ValueRefused(errors)
    return _kept(
        request,
        project,
        title=title,
        answers_required=int(required),
        gold_share=share,
        due_at=due,
        blind=given.get("shown") != "proposals",
        with_proposals=given.get("shown") == "proposals",
        members=round_form.members_of(given, project),
        **terms,
    )


def _kept(request: HttpRequest, project: Project, title: str, **terms: Any) -> Round:
    """The round under a key made of its title: the first of "night", "night-2", … that is free."""
    stem = folded(title)[:60]
    taken = set(project.queues.filter(name__startswith=stem).values_list("name", flat=True))
    taken |= services.RESERVED
    name = next(key for n in range(1, 10_000) if (key := stem if n == 1 else f"{stem}-{n}") not in taken)
    try:
        return services.make_round(user=request.user, project=project, name=name, title=title, **terms)
    except Taken as taken_now:
        raise ValueRefused({"title": [taken_now.reason]}) from None
