"""When to retrain: the forecast, what each point has cost, and the form of the rules, for the page of trainings."""

from typing import Any

from django import forms

from feedback import rules
from feedback.domain.learning_curve import Gain
from feedback.domain.spending import Prices, Spent
from feedback.queries.learning_curve import ANSWERS, MOST_ANSWERS, outlook, unmeasured
from feedback.queries.retraining_rules import outcome, rules_of
from feedback.queries.spending import prices, spending
from feedback.services.retraining_rules import document
from inference.services.trainers import methods_for
from people.models import Project

METHODS = (
    ("scratch", "From scratch, on everything: the longest way, and the surest"),
    ("replay", "Go on from the champion, keeping what it knows: new examples among some of the old"),
    ("head", "The champion’s last layer alone: seconds"),
)
"""How a training may be asked for where the champion has weights, and the words for it; `naive` is for measuring."""


def methods_offered(project: Project) -> list[tuple[str, str]]:
    """Those of METHODS by which a model of the project can learn."""
    possible = methods_for(project.task_type)
    return [each for each in METHODS if each[0] in possible]


class WhenForm(forms.Form):
    """The rules as they are typed; what is left empty is no rule, no bound, no price."""

    is_on = forms.BooleanField(required=False)
    after_resolutions = forms.IntegerField(required=False)
    every_days = forms.IntegerField(required=False)
    on_drift = forms.BooleanField(required=False)
    method = forms.ChoiceField()
    most_compute_hours = forms.FloatField(required=False)
    most_answers = forms.IntegerField(required=False)
    people_hour_price = forms.FloatField(required=False)
    compute_hour_price = forms.FloatField(required=False)
    currency = forms.CharField(required=False)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].choices = methods_offered(project)

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


def when_panel(
    user: Any, project: Project, *, answers: str = "", typed: WhenForm | None = None
) -> dict[str, Any]:
    """What the part shows; `answers` is how many more to forecast, as typed; `typed` is a form that was refused."""
    held = rules_of(project)
    wished = int(answers) if answers.isascii() and answers.isdigit() and len(answers) < 10 else ANSWERS
    spent = spending(project)
    at = prices(held)
    now = outcome(held)
    total = spent.gained
    look = outlook(project, min(max(wished, 1), MOST_ANSWERS))
    return {
        "held": held,
        "decision": now.decision,
        "form": typed or WhenForm(project=project, initial=_typed(document(held))),
        "is_refused": typed is not None,
        "may_set": rules.can_set_retraining(user, project),
        "may_train": rules.can_train(user, project),
        "unmeasured": unmeasured(project)[1] if look.missing else [],
        "month_hours": now.compute_hours,
        "month_answers": now.answers,
        "outlook": look,
        "gain": gain_in_words(look.gain) if look.gain else None,
        "most_answers": MOST_ANSWERS,
        "total": in_words(spent.total, at),
        "gained": total,
        "per_point": in_words(total.per_point, at) if total and total.per_point else "",
        "steps": [
            {
                "step": step,
                "spent": in_words(step.spent, at),
                "per_point": in_words(step.per_point, at) if step.per_point else "",
            }
            for step in spent.steps
        ],
    }


def _typed(fields: dict[str, Any]) -> dict[str, Any]:
    """Numbers as one would type them: 300, and not 300.0."""
    return {name: f"{value:.10g}" if isinstance(value, float) else value for name, value in fields.items()}


def gain_in_words(gain: Gain) -> tuple[str, str]:
    """Points and their interval: "+1.8" and "0.9 to 2.7"."""
    return _signed(100 * gain.gain), f"{_points(100 * gain.low)} to {_points(100 * gain.high)}"


def in_words(spent: Spent, prices: Prices) -> str:
    """12.40 SEK: 1.2 hours of people and 18 minutes of compute. Without prices the time alone."""
    hours = f"{_time(spent.people_hours)} of people and {_time(spent.compute_hours)} of compute"
    cost = spent.cost(prices)
    return hours if cost is None else f"{cost:,.2f} {prices.currency}: {hours}"


def _points(points: float) -> str:
    # No minus before a nought.
    return f"{round(points, 1) + 0.0:.1f}".replace("-", "−")


def _signed(points: float) -> str:
    return f"+{_points(points)}" if round(points, 1) > 0 else _points(points)


def _time(hours: float) -> str:
    if hours == 0 or hours >= 1:
        return f"{hours:.1f} hours"
    minutes = max(round(60 * hours), 1)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
