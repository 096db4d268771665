"""A model that serves at one site first: beginning and ending it."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.services import promotion
from feedback.services.promotion import GateFailed
from inference.models import ModelVersion, SiteTrial
from inference.queries import models, site_trials
from inference.services.site_trials import TrialRefused, end
from people.api import problems
from people.api.access import get_row
from people.api.problems import Problem, invalid
from people.api.views import View
from people.enums import Scope
from people.models import Site


class SiteTrialSerializer(serializers.ModelSerializer):
    """It goes on while `ended_at` is null."""

    model = serializers.UUIDField(source="model_id")
    site = serializers.CharField(source="site.key")

    class Meta:
        model = SiteTrial
        fields = ["id", "model", "site", "reason", "started_at", "ended_at", "ended_why"]


class SiteTrialForm(serializers.Serializer):
    site = serializers.CharField(max_length=200, help_text="Its key.")
    override_reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=2000, help_text="Serve in spite of the gate."
    )


class ModelSites(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(operation_id="models_sites", responses=SiteTrialSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """At which single sites the model serves."""
        model = _model(request, pk)
        rules.check_see(request.user, model.project)
        found = site_trials.in_force(model.project_id).filter(model=model)
        return Response(SiteTrialSerializer(found, many=True).data)

    @extend_schema(
        operation_id="models_sites_start", request=SiteTrialForm, responses={201: SiteTrialSerializer}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Have the model serve at one site, if it passes the gate or with a reason."""
        model = _model(request, pk)
        rules.check_promote(request.user, model.project)
        form = SiteTrialForm(data=request.data)
        form.is_valid(raise_exception=True)
        site, reason = _site(form.validated_data["site"]), form.validated_data["override_reason"]
        try:
            trial = promotion.promote_at_site(
                user=request.user, model=model, site=site, override_reason=reason
            )
        except GateFailed as failed:
            # Answered, not raised: the figures that were asked for are kept.
            return problems.response(
                "gate-failed", 409, str(failed), rules=[rule.as_json() for rule in failed.rules]
            )
        except TrialRefused as refused:
            raise Problem("invalid", 409, str(refused)) from None
        trial.refresh_from_db()
        return Response(SiteTrialSerializer(trial).data, status=201)

    @extend_schema(
        operation_id="models_sites_end",
        parameters=[OpenApiParameter("site", str, required=True, description="Its key.")],
        responses=SiteTrialSerializer,
    )
    def delete(self, request: Request, pk: UUID) -> Response:
        """Have the champion serve at the site again."""
        model = _model(request, pk)
        rules.check_promote(request.user, model.project)
        site = _site(request.query_params.get("site", ""))
        trial = site_trials.in_force(model.project_id).filter(model=model, site=site).first()
        if trial is None:
            raise Problem("invalid", 409, f"{model} is not on trial at {site}.")
        return Response(SiteTrialSerializer(end(user=request.user, trial=trial)).data)


def _model(request: Request, pk: UUID) -> ModelVersion:
    return get_row(request, models.visible_to(request.user).select_related("project"), pk=pk)


def _site(key: str) -> Site:
    site = Site.objects.filter(key=key.replace("\0", "")).first()
    if site is None:
        raise invalid("site", f"{key!r} is not a site.")
    return site
