"""Trying a policy on the project's past."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.api.policies import PolicyForm, find_queue
from feedback.services.dry_running import MOST_DAYS, USUAL_DAYS, Rehearsal, rehearse
from feedback.services.policies import PolicyRefused
from people.api.access import get_project
from people.api.problems import Problem
from people.api.views import View
from people.enums import Scope


class DryRunForm(PolicyForm):
    days = serializers.IntegerField(default=USUAL_DAYS, min_value=1, max_value=MOST_DAYS)


class GuessSerializer(serializers.Serializer):
    """A count that is not known exactly: its mean and its 95% interval."""

    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ChangeSerializer(serializers.Serializer):
    term = serializers.CharField()
    now = serializers.JSONField(allow_null=True)
    then = serializers.JSONField(allow_null=True)


class FoundSerializer(serializers.Serializer):
    """Counts of `predictions`; `then` is what the policies of the time did."""

    predictions = serializers.IntegerField()
    verified = serializers.IntegerField()
    plays = serializers.IntegerField()
    reviewed_then = serializers.FloatField()
    audited_then = serializers.FloatField()
    errors_then = GuessSerializer(help_text="Wrong ones among the accepted, audited or not.")
    reviewed = GuessSerializer()
    audited = GuessSerializer()
    errors = GuessSerializer()
    more_errors = GuessSerializer()


class DryRunSerializer(serializers.Serializer):
    changes = ChangeSerializer(many=True, help_text="Against the policy in force.")
    since = serializers.DateTimeField(allow_null=True)
    whole = serializers.BooleanField(help_text="False: more than is played; the newest were.")
    found = FoundSerializer(allow_null=True)
    nothing_known = serializers.CharField(allow_blank=True, help_text="Why `found` is null.")


class DryRuns(View):
    # It stores nothing, but says what only who may set the policy is asked to weigh.
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="policies_dry_run", request=DryRunForm, responses=DryRunSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """What this policy would have done with the last days; nothing is put in force."""
        project = get_project(request, slug)
        rules.check_set_policy(request.user, project)
        form = DryRunForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data
        queue = find_queue(project, given.pop("queue"))
        try:
            tried = rehearse(user=request.user, project=project, queue=queue, **given)
        except PolicyRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        return Response(DryRunSerializer(shown(tried)).data)


def shown(tried: Rehearsal) -> dict[str, Any]:
    """A rehearsal as the serializer takes it."""
    return {
        "changes": [asdict(change) for change in tried.changes],
        "since": tried.stretch.since if tried.stretch else None,
        "whole": tried.stretch.whole if tried.stretch else True,
        "found": asdict(tried.found) if tried.found else None,
        "nothing_known": tried.nothing_known,
    }
