"""The routing: versions, the newest in force."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.models import RoutingPolicy
from feedback.queries import policies
from feedback.services.policies import PolicyRefused, set_policy
from labeling.models import Queue
from people.api.access import get_project
from people.api.problems import Problem, invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import Project


class PolicySerializer(serializers.ModelSerializer):
    queue = serializers.CharField(source="queue.name")
    audit_queue = serializers.CharField(source="audit_queue.name")
    label_rules = serializers.DictField()

    class Meta:
        model = RoutingPolicy
        fields = [
            "id",
            "version",
            "threshold",
            "audit_share",
            "queue",
            "audit_queue",
            "label_rules",
            "error_budget",
            "confidence_level",
            "audit_people",
            "slice_by",
            "novelty_limit",
            "created_at",
        ]


class PolicyForm(serializers.Serializer):
    threshold = serializers.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        help_text="Needed without an error_budget; a floor with one.",
    )
    audit_share = serializers.FloatField(min_value=0, max_value=1)
    queue = serializers.CharField(help_text="A queue's name or id.")
    label_rules = serializers.DictField(child=serializers.DictField(), required=False)
    error_budget = serializers.FloatField(
        required=False, allow_null=True, help_text="Share of the accepted that may be wrong; null: by hand."
    )
    confidence_level = serializers.FloatField(required=False)
    audit_people = serializers.IntegerField(required=False)
    slice_by = serializers.CharField(
        required=False, allow_blank=True, help_text="source, site or context.KEY: each value earns its trust."
    )
    novelty_limit = serializers.FloatField(required=False, allow_null=True)


def find_queue(project: Project, named: str) -> Queue:
    """The project's queue of that name or id; raises a 400 that names the ones there are."""
    queues = list(project.queues.order_by("name"))
    for queue in queues:
        if named in (queue.name, str(queue.pk)):
            return queue
    raise invalid(
        "queue", f"names no queue of this project; it has {', '.join(q.name for q in queues) or 'none'}."
    )


class Policies(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="policies_list", parameters=PAGING, responses=page_of(PolicySerializer))
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return self.page(policies.visible_to(request.user).filter(project=project), PolicySerializer)

    @extend_schema(operation_id="policies_create", request=PolicyForm, responses={201: PolicySerializer})
    def post(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_set_policy(request.user, project)
        form = PolicyForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data
        queue = find_queue(project, given.pop("queue"))
        try:
            policy = set_policy(user=request.user, project=project, queue=queue, **given)
        except PolicyRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        return Response(PolicySerializer(policy).data, status=201)
