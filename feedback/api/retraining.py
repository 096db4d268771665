"""When a project retrains by itself, what more answers would bring, and what each point has cost."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.domain.retraining_rules import RulesRefused
from feedback.domain.spending import Prices
from feedback.models import RetrainingRules
from feedback.queries.learning_curve import ANSWERS, MOST_ANSWERS, Outlook, outlook
from feedback.queries.retraining_rules import outcome, rules_of
from feedback.queries.spending import Spending, prices, spending
from feedback.services.retraining_rules import document, measure_earlier, set_rules
from people.api.access import get_project
from people.api.problems import Problem, invalid
from people.api.views import View
from people.enums import Scope


class RulesSerializer(serializers.Serializer[Any]):
    """null is no rule, no bound, no price."""

    is_on = serializers.BooleanField()
    after_resolutions = serializers.IntegerField(allow_null=True, help_text="New since the last dataset.")
    every_days = serializers.IntegerField(allow_null=True, help_text="Since the last dataset.")
    on_drift = serializers.BooleanField(help_text="When a drift alarm opens.")
    method = serializers.CharField(help_text="scratch, replay, head or naive.")
    most_compute_hours = serializers.FloatField(allow_null=True, help_text="In a calendar month.")
    most_answers = serializers.IntegerField(allow_null=True, help_text="In a calendar month.")
    people_hour_price = serializers.FloatField(allow_null=True)
    compute_hour_price = serializers.FloatField(allow_null=True)
    currency = serializers.CharField(
        allow_blank=True, help_text="Three capital letters, where there is a price."
    )


class RetrainingSerializer(serializers.Serializer[Any]):
    rules = RulesSerializer()
    set_by = serializers.CharField(allow_null=True, help_text="On whose behalf it trains.")
    fires = serializers.CharField(allow_null=True, help_text="The rule that asks for a training now.")
    stopped = serializers.BooleanField(help_text="The rules are on and can do nothing; why says what for.")
    why = serializers.CharField()
    this_month = serializers.DictField(help_text="compute_hours, answers.")
    forecast = serializers.DictField(
        help_text="answers, examples, gain, low, high (of accuracy, 0..1; null where missing says what is lacking), "
        "hours of people, models."
    )
    cost = serializers.DictField(
        help_text="people_hours, compute_hours, price, points, per_point (people_hours, compute_hours, price; null "
        "where no point was gained), steps: from champion to champion, the latest first."
    )


class RetrainingChanges(RulesSerializer):
    """What is left out stays as it is."""


class MeasuringSerializer(serializers.Serializer[Any]):
    models = serializers.ListField(child=serializers.UUIDField(), help_text="That are measured now.")


class Retraining(View):
    scopes = {"GET": Scope.READ, "PATCH": Scope.ADMIN}

    @extend_schema(
        operation_id="retraining_read",
        parameters=[
            OpenApiParameter(
                "answers", OpenApiTypes.INT, description=f"How many more to forecast; {ANSWERS} unless said."
            )
        ],
        responses=RetrainingSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """The rules and what they say now, the forecast, and the cost so far."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        typed = request.query_params.get("answers", str(ANSWERS))
        if not (typed.isascii() and typed.isdigit() and len(typed) < 10 and 1 <= int(typed) <= MOST_ANSWERS):
            raise invalid("answers", f"must be a whole number from 1 to {MOST_ANSWERS}.")
        return Response(_shown(rules_of(project), int(typed)))

    @extend_schema(
        operation_id="retraining_set", request=RetrainingChanges(partial=True), responses=RetrainingSerializer
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change the rules or prices named; from now on it trains on your behalf."""
        project = get_project(request, slug)
        rules.check_set_retraining(request.user, project)
        if not isinstance(request.data, dict):
            raise invalid("rules", "must be an object of fields.")
        try:
            made = set_rules(user=request.user, project=project, changes=request.data)
        except RulesRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        return Response(_shown(made, ANSWERS))


def _shown(held: RetrainingRules, answers: int) -> Any:
    now = outcome(held)
    found = now.decision
    return RetrainingSerializer(
        {
            "rules": document(held),
            "set_by": held.by.username if held.by else None,
            "fires": str(found.fired) if found.fired else None,
            "stopped": found.is_stopped,
            "why": found.why,
            "this_month": {"compute_hours": now.compute_hours, "answers": now.answers},
            "forecast": _forecast(outlook(held.project, answers)),
            "cost": _cost(spending(held.project), prices(held)),
        }
    ).data


def _forecast(found: Outlook) -> dict[str, Any]:
    gain = found.gain
    return {
        "answers": found.answers,
        "examples": gain.more if gain else None,
        "gain": gain.gain if gain else None,
        "low": gain.low if gain else None,
        "high": gain.high if gain else None,
        "missing": found.missing,
        "hours": found.hours,
        "models": len(found.points),
    }


def _cost(found: Spending, at: Prices) -> dict[str, Any]:
    def spent(one: Any) -> dict[str, Any] | None:
        return one and {
            "people_hours": one.people_hours,
            "compute_hours": one.compute_hours,
            "price": one.cost(at),
        }

    return {
        **(spent(found.total) or {}),
        "points": found.gained.points if found.gained else None,
        "per_point": spent(found.gained.per_point) if found.gained else None,
        "steps": [
            {
                "from_model": step.before,
                "to_model": step.after,
                "points": step.points,
                "images": step.images,
                **(spent(step.spent) or {}),
                "per_point": spent(step.per_point),
            }
            for step in found.steps
        ],
    }


class EarlierModels(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="retraining_measure", request=None, responses={202: MeasuringSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Have a worker measure the models that the forecast lacks on the newest test images."""
        project = get_project(request, slug)
        rules.check_train(request.user, project)
        models = measure_earlier(user=request.user, project=project)
        return Response(MeasuringSerializer({"models": [model.pk for model in models]}).data, status=202)
