"""By what rule predictions go to people: the rule in force, the form that replaces it, and all before it."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from feedback import rules
from feedback.models import RoutingPolicy
from feedback.queries import flow
from feedback.services import policy_terms
from feedback.services.policies import PolicyRefused, set_policy
from feedback.views.trusting import trust_panel
from labeling.enums import Audience
from labeling.views.access import project_or_404


def routing(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; POST puts a new version in force."""
    project = project_or_404(request, slug, rules.check_see)
    versions = list(
        RoutingPolicy.objects.filter(project=project)
        .select_related("queue", "by")
        .annotate(decision_count=Count("decisions"))
        .order_by("-version")
    )
    in_force = versions[0] if versions else None
    form = {
        "threshold": f"{in_force.threshold * 100:g}" if in_force else "90",
        "audit_share": f"{in_force.audit_share * 100:g}" if in_force else "5",
        "queue": in_force.queue.name if in_force else "review",
        "error_budget": f"{in_force.error_budget * 100:g}" if in_force and in_force.error_budget else "",
        "confidence_level": f"{in_force.confidence_level * 100:g}" if in_force else "95",
    }
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        rules.check_set_policy(request.user, project)
        form = {
            name: request.POST.get(name, "" if name != "confidence_level" else kept).strip()
            for name, kept in form.items()
        }
        errors = _set(request.user, project, form, in_force)
        if not errors:
            messages.success(request, "The new rule is in force from the next prediction on.")
            return redirect("routing", slug)
    context = {
        "project": project,
        "in_force": in_force,
        "versions": versions,
        "form": form,
        "errors": errors,
        "queues": project.queues.exclude(audience=Audience.QA_LEAD).order_by("created_at"),
        "routes": flow.routes(project),
        "trust": trust_panel(project, in_force),
        "may_set": rules.can_set_policy(request.user, project),
    }
    return render(request, "feedback/routing/routing.html", context, status=400 if errors else 200)


def _set(
    user: Any, project: Any, form: dict[str, str], in_force: RoutingPolicy | None
) -> dict[str, list[str]]:
    """Put the form's rule in force; returns what is wrong with it, by field."""
    errors: dict[str, list[str]] = {}
    shares: dict[str, float] = {}
    promised = ["error_budget"] if form["error_budget"] else []
    for name in ("threshold", "audit_share", "confidence_level", *promised):
        try:
            shares[name] = float(form[name].replace(",", ".").removesuffix("%")) / 100
        except ValueError:
            shares[name] = -1.0
        if not 0 <= shares[name] <= 1:
            errors[name] = ["Must be a percentage from 0 to 100."]
    queue = project.queues.filter(name=form["queue"].replace("\0", "")).first()
    if queue is None:
        errors["queue"] = ["Choose one of the project's queues."]
    if errors:
        return errors
    try:
        set_policy(
            user=user,
            project=project,
            queue=queue,
            label_rules=_label_rules(in_force, has_budget=bool(promised)),
            **_kept(in_force) | {"error_budget": None} | shares,
        )
    except PolicyRefused as refused:
        return refused.errors
    return {}


def _label_rules(in_force: RoutingPolicy | None, *, has_budget: bool) -> dict[str, dict[str, Any]]:
    """The rules for labels as they stand; a label's own budget goes where the policy's does."""
    gone = set() if has_budget else {"error_budget"}
    rules_now = in_force.label_rules if in_force else {}
    return {
        label: {name: term for name, term in rule.items() if name not in gone}
        for label, rule in rules_now.items()
    }


def _kept(in_force: RoutingPolicy | None) -> dict[str, Any]:
    """The terms that the form does not ask for, as they stand."""
    return {name: getattr(in_force, name) for name in policy_terms.DEFAULTS} if in_force else {}
