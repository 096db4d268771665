"""How far the model is trusted now, for a machine to act on."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.enums import TrustState
from feedback.queries.standing import standing
from feedback.queries.trust import trust
from labeling.api.serializers import choices
from people.api.access import get_project
from people.api.views import View
from people.enums import Scope


class CellSerializer(serializers.Serializer):
    slice = serializers.CharField()
    label = serializers.CharField(help_text="Empty: all labels without a budget of their own.")
    state = serializers.ChoiceField(choices(TrustState))
    reason = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True)
    bound = serializers.FloatField(allow_null=True)
    answers = serializers.IntegerField()


class ShareSerializer(serializers.Serializer):
    """An estimate and its 95% interval, 0..1; null where nothing can be said."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    answers = serializers.IntegerField(help_text="The verified answers it rests on.")


class LabelSharesSerializer(serializers.Serializer):
    precision = ShareSerializer()
    recall = ShareSerializer()


class ProductionSerializer(serializers.Serializer):
    """Of the last 30 days, from inclusion probabilities: free of what the routing chose to show."""

    accuracy = ShareSerializer()
    labels = serializers.DictField(child=LabelSharesSerializer(), help_text="By label; empty for boxes.")
    predictions = serializers.IntegerField()
    verified = serializers.IntegerField()
    unchecked = serializers.IntegerField(
        help_text="More predictions of which nothing can be said: unaudited."
    )


class PurchaseSerializer(serializers.Serializer):
    """What one person's hour of audits more would buy."""

    audits = serializers.IntegerField()
    seconds_each = serializers.FloatField(help_text="The median of the newest answers, times audit_people.")
    bound = serializers.FloatField(
        allow_null=True, help_text="The bound after them, at the error rate so far."
    )
    needed = serializers.IntegerField(help_text="The fewest answers that can prove the budget at all.")


class CapacitySerializer(serializers.Serializer):
    """What goes to people and what they have time for, by the last day."""

    came = serializers.IntegerField(help_text="Questions of the last day.")
    done = serializers.IntegerField(help_text="Questions answered in the last day.")
    waiting = serializers.IntegerField(help_text="Questions that are open; 100000 means at least so many.")
    share = serializers.FloatField(help_text="The part of what comes that people keep up with, 0..1.")
    excess = serializers.IntegerField(help_text="What waits beyond a day's work.")
    expected_errors = serializers.FloatField(
        help_text="How many of the excess the model expects to be wrong."
    )
    days = serializers.FloatField(allow_null=True, help_text="How long all that waits takes; null: for ever.")
    measured_at = serializers.DateTimeField()


class TrustSerializer(serializers.Serializer):
    state = serializers.ChoiceField(choices(TrustState))
    reason = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True, help_text="Accepted from here on; null: nothing is.")
    bound = serializers.FloatField(allow_null=True, help_text="At most this share of the accepted is wrong.")
    budget = serializers.FloatField(allow_null=True)
    answers = serializers.IntegerField(help_text="The verified answers it rests on.")
    model = serializers.CharField(allow_null=True)
    policy = serializers.IntegerField(allow_null=True)
    slices = CellSerializer(many=True)
    labels = CellSerializer(many=True)
    waiting = serializers.IntegerField(help_text="Open questions that hold up what was answered after them.")
    capacity = CapacitySerializer(allow_null=True, help_text="Null before it was measured.")

    production = ProductionSerializer(allow_null=True, help_text="Null before a model predicted anything.")
    hour_of_audits = PurchaseSerializer(
        allow_null=True, help_text="Null without a budget, or before any audit was answered."
    )


class Trust(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="trust", responses=TrustSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How far the model is trusted, and how good it was in production by what people verified."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return Response(trust(project) | standing(project))
