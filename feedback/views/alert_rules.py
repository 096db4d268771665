"""By what rules stores are alerted: the rules, a trial of them on the last days, and the alerts they raised."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from feedback import rules
from feedback.domain.alert_rules import MOST_RULES, AlertRule, RulesRefused, from_document
from feedback.domain.alert_trial import Trial, tried
from feedback.models import Alert
from feedback.queries import alerts
from feedback.queries.alert_trial import last_days
from feedback.services.alert_rules import checked, set_rules
from labeling.enums import Audience
from labeling.views.access import project_or_404
from people.models import Project

LATEST = 20
TYPED = ("name", "label", "confidence", "source", "begin", "end", "answers", "queue")


@dataclass
class Row:
    """One rule as its fields show it: a percentage, clock times, cameras between commas. One without a name is none."""

    name: str = ""
    label: str = ""
    confidence: str = "80"
    source: str = ""
    begin: str = ""
    end: str = ""
    answers: str = "1"
    queue: str = ""
    errors: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """What the row says, as a rule is sent; what is no number stays as it was typed, to be refused."""
        try:
            confidence: Any = float(self.confidence.replace(",", ".").removesuffix("%")) / 100
        except ValueError:
            confidence = self.confidence
        return {
            "name": self.name,
            "label": self.label,
            "confidence": confidence,
            "sources": [key.strip() for key in self.source.split(",") if key.strip()],
            "hours": [self.begin, self.end] if self.begin or self.end else None,
            "answers": int(self.answers) if self.answers in ("1", "2") else self.answers,
            "queue": self.queue,
        }


def alert_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; POST with `try` plays the rules over the last days, any other puts them in force."""
    project = project_or_404(request, slug, rules.check_see)
    in_force = alerts.rules_in_force(project)
    rows = [_row(from_document(document)) for document in in_force.rules] if in_force else []
    trial: Trial | None = None
    if request.method == "POST":
        rows = _typed(request)
        documents = [row.document() for row in rows]
        try:
            if "try" in request.POST:
                trial = tried(checked(project=project, documents=documents), last_days(project))
            else:
                set_rules(user=request.user, project=project, documents=documents)
                messages.success(request, "The rules are in force from the next prediction on.")
                return redirect("alert-rules", slug)
        except RulesRefused as refused:
            _mark(rows, refused)
    wrong = any(row.errors for row in rows)
    raised = (
        Alert.objects.filter(project=project)
        .select_related("task", "source__site")
        .prefetch_related("task__alert_steps")
        .order_by("-task")[:LATEST]
    )
    context = {
        "project": project,
        "in_force": in_force,
        "rows": [*rows, Row()] if len(rows) < MOST_RULES else rows,
        "trial": trial,
        "alerts": raised,
        "may_set": rules.can_set_policy(request.user, project),
        **_choices(project),
    }
    return render(request, "feedback/alerts/rules.html", context, status=400 if wrong else 200)


def _row(rule: AlertRule) -> Row:
    begin, end = rule.hours or ("", "")
    return Row(
        name=rule.name,
        label=rule.label,
        confidence=f"{rule.confidence * 100:g}",
        source=", ".join(rule.sources),
        begin=begin,
        end=end,
        answers=str(rule.answers),
        queue=rule.queue,
    )


def _typed(request: HttpRequest) -> list[Row]:
    sent = {name: request.POST.getlist(name)[:MOST_RULES] for name in TYPED}
    count = min(len(values) for values in sent.values())
    rows = [Row(**{name: sent[name][number].strip() for name in TYPED}) for number in range(count)]
    return [row for row in rows if row.name]


def _mark(rows: list[Row], refused: RulesRefused) -> None:
    for path, reasons in refused.errors.items():
        _, _, rest = path.partition(".")
        number, _, name = rest.partition(".")
        if number.isdigit() and int(number) < len(rows):
            rows[int(number)].errors.append(f"{name or 'This rule'} {reasons[0]}")


def _choices(project: Project) -> dict[str, Any]:
    return {
        "labels": project.labels.filter(retired_at=None).order_by("position", "pk"),
        "sources": project.sources.exclude(site=None).select_related("site").order_by("name", "pk"),
        "queues": project.queues.filter(audience=Audience.ASSOCIATE, closed_at=None).order_by("created_at"),
    }
