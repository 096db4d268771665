"""Other terms for a round that is under way: its name, when it is due, its gold, who may take part."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.models import Round
from labeling.services import rounds as services
from labeling.views import round_form
from labeling.views.access import project_or_404
from labeling.views.rounds import find_round
from people.models import Project


def change_terms(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The form as the round stands; POST puts what it says in force for what is asked from now on."""
    project = project_or_404(request, slug, rules.check_run_rounds)
    found = find_round(request, project, name)
    errors: round_form.Errors = {}
    if request.method == "POST":
        try:
            _change(request, project, found)
        except ValueRefused as refused:
            errors = refused.errors
        else:
            messages.success(request, "Changed for everything that is asked from now on.")
            return redirect("round", slug, name)
    context = {
        "project": project,
        "round": found,
        "given": request.POST if request.method == "POST" else _as_it_stands(found),
        "people": round_form.people(project),
        "named": request.POST.getlist("members") if request.method == "POST" else _names(found),
        "errors": {field: reasons[0] for field, reasons in errors.items()},
    }
    return render(request, "labeling/rounds/terms.html", context, status=400 if errors else 200)


def _as_it_stands(found: Round) -> dict[str, str]:
    return {
        "title": found.title,
        "due_at": timezone.localtime(found.due_at).date().isoformat() if found.due_at else "",
        "gold_share": f"{100 * found.queue.gold_share:g}",
    }


def _names(found: Round) -> list[str]:
    return list(found.queue.members.values_list("username", flat=True))


def _change(request: HttpRequest, project: Project, found: Round) -> None:
    """Raises ValueRefused naming every field that is wrong."""
    given = request.POST
    errors: round_form.Errors = {}
    changes = {"title": given.get("title", ""), "gold_share": round_form.share_of(given, errors)}
    # A day left as it was keeps its hour, which the API may have set.
    if given.get("due_at", "") != _as_it_stands(found)["due_at"]:
        changes["due_at"] = round_form.due_of(given, errors)
        if changes["due_at"] is not None and changes["due_at"] <= timezone.now():
            errors["due_at"] = ["must lie in the future."]
    if errors:
        raise ValueRefused(errors)
    members = round_form.members_of(given, project)
    services.change_round(user=request.user, which=found, members=members, **changes)
