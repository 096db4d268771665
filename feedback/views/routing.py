"""By what rule predictions go to people: the rule in force, the form that replaces it, and all before it."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from feedback import rules
from feedback.models import RoutingPolicy
from feedback.queries import flow
from feedback.services.dry_running import USUAL_DAYS, Rehearsal, rehearse
from feedback.services.policies import PolicyRefused, set_policy
from feedback.views import policy_form
from feedback.views.dry_run_words import DryRunWords, in_words
from feedback.views.policy_form import Form
from feedback.views.production_panel import production_panel
from feedback.views.routed_chart import routed_chart
from feedback.views.trusting import trust_panel
from labeling.enums import Audience
from labeling.views.access import project_or_404
from people.models import Project

DAYS = ((7, "the last week"), (USUAL_DAYS, "the last month"), (90, "the last three months"))


def routing(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; POST puts a new version in force, or with `do=dry-run` tries it on the past."""
    project = project_or_404(request, slug, rules.check_see)
    versions = list(
        RoutingPolicy.objects.filter(project=project)
        .select_related("queue", "by")
        .annotate(decision_count=Count("decisions"))
        .order_by("-version")
    )
    in_force = versions[0] if versions else None
    ruled = list(in_force.label_rules) if in_force else []
    labels = list(project.labels.filter(Q(retired_at=None) | Q(key__in=ruled)).order_by("position"))
    form, tried = policy_form.filled(in_force, labels), None
    is_dry = request.POST.get("do") == "dry-run"
    if request.method == "POST":
        rules.check_set_policy(request.user, project)
        form = policy_form.sent(request.POST, in_force, labels)
        tried = _do(request, project, form, is_dry=is_dry)
        if not form.wrong and not is_dry:
            messages.success(request, "The new rule is in force from the next prediction on.")
            return redirect("routing", slug)
    context = {
        "project": project,
        "form": form,
        "slices": policy_form.SLICES,
        "people": policy_form.PEOPLE,
        "days": _days(request),
        "spans": DAYS,
        "tried": tried,
        "queues": project.queues.exclude(audience=Audience.QA_LEAD).order_by("created_at"),
    }
    if is_dry and request.htmx:
        # What htmx does not swap is as if nothing had come: errors of a trial are an answer too.
        return render(request, "feedback/routing/_form.html", context)
    context |= {
        "in_force": in_force,
        "versions": versions,
        "routes": flow.routes(project),
        "routed": routed_chart(project),
        "trust": trust_panel(project, in_force),
        "production": production_panel(project, in_force),
        "may_set": rules.can_set_policy(request.user, project),
    }
    return render(request, "feedback/routing/routing.html", context, status=400 if form.wrong else 200)


def _do(request: HttpRequest, project: Project, form: Form, *, is_dry: bool) -> DryRunWords | None:
    """Put the form's policy in force, or try it; what is wrong with it is in the form afterwards."""
    given: dict[str, Any] = policy_form.terms(form, list(project.queues.all()))
    if form.wrong:
        return None
    try:
        if not is_dry:
            set_policy(user=request.user, project=project, **given)
            return None
        tried: Rehearsal = rehearse(user=request.user, project=project, days=_days(request), **given)
    except PolicyRefused as refused:
        form.refuse(refused.errors)
        return None
    return in_words(tried)


def _days(request: HttpRequest) -> int:
    asked = request.POST.get("days", "")
    return int(asked) if asked in {str(days) for days, _ in DAYS} else USUAL_DAYS
