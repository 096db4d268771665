"""How far people agree, over the API: the report of now, and reports frozen for good."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.said import FILTERS
from labeling.api.tasks import refused
from labeling.domain.agreement.exported import as_csv
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.enums import Comparison
from labeling.queries.agreement import frozen
from labeling.services import agreement
from labeling.services.agreement_checks import check_soon
from labeling.services.agreement_later import freeze_soon, report_soon
from people.api import problems
from people.api.access import get_project, get_row
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope

RETRY_SECONDS = 60
SOON_SECONDS = 5
FORMAT = OpenApiParameter("format", str, enum=["json", "csv"], description="json unless csv is asked for.")
SITE = OpenApiParameter("site", str, description="A site's key.")


class CSV(BaseRenderer):
    """The figures as a table; a problem, or that they are being computed, stays what it is."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> Any:
        if renderer_context and renderer_context["response"].status_code != 200:
            return JSONRenderer().render(data, accepted_media_type, renderer_context)
        return as_csv(data).encode()


class LaterResponse(Response):
    """202: a worker is at it, look again in some seconds."""

    def __init__(self, data: dict[str, str]) -> None:
        super().__init__(
            data, status=202, headers={"Retry-After": str(SOON_SECONDS)}, content_type="application/json"
        )


class ReportSerializer(serializers.Serializer):
    """A frozen report without its figures."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=200)
    filters = serializers.DictField(child=serializers.CharField(allow_blank=True), default=dict)
    as_of = serializers.DateTimeField(read_only=True)
    data_hash = serializers.CharField(read_only=True)
    answers = serializers.IntegerField(read_only=True)
    made_by = serializers.CharField(source="made_by.username", read_only=True, allow_null=True, default=None)
    created_at = serializers.DateTimeField(read_only=True)


class LaterSerializer(serializers.Serializer):
    """A worker is at it; `id` where a report is being frozen."""

    id = serializers.UUIDField(required=False)
    detail = serializers.CharField()


class WholeReportSerializer(ReportSerializer):
    figures = serializers.DictField(read_only=True)


class ReportCheckSerializer(serializers.Serializer):
    """A frozen report made again: `found` is same, other_version (but of the same answers), differs, or unknown yet."""

    id = serializers.UUIDField()
    made_by = serializers.CharField(source="made_by.username", allow_null=True, default=None)
    asked_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    found = serializers.ChoiceField([(str(one), str(one)) for one in Comparison], allow_blank=True)


class Agreement(View):
    scopes = {"GET": Scope.READ}
    renderer_classes = [JSONRenderer, CSV]

    @extend_schema(
        operation_id="agreement_retrieve",
        parameters=[*FILTERS, SITE, FORMAT],
        responses={200: OpenApiTypes.OBJECT, 202: LaterSerializer},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The object that `manage.py agreement --json` prints, of the answers in the project, and more keys.

        202, with Retry-After, while a worker counts it: only of millions of answers.

        `label`, `annotator`, `source`, `site` and `context.KEY` choose images, with everybody's answers to them.
        """
        project = get_project(request, slug)
        rules.check_see_reports(request.user, project)
        try:
            filters = Filters.from_query(request.query_params.dict(), ignored=("format",))
        except ValueRefused as error:
            raise refused(error) from None
        whole = request.accepted_renderer.format != CSV.format
        figures = report_soon(project=project, filters=filters, whole=whole)
        if figures is None:
            return LaterResponse({"detail": "The report is being computed; ask again."})
        return Response(figures)


class AgreementReports(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="agreement_reports_list", parameters=PAGING, responses=page_of(ReportSerializer)
    )
    def get(self, request: Request, slug: str) -> Response:
        """Without their figures."""
        project = get_project(request, slug)
        rules.check_see_reports(request.user, project)
        return self.page(
            frozen.visible_to(request.user).filter(project=project).defer("figures"), ReportSerializer
        )

    @extend_schema(
        operation_id="agreement_reports_create",
        request=ReportSerializer,
        responses={201: WholeReportSerializer, 202: LaterSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Freeze the report of now under `filters`, as parameters of the report. 503 while many answers are written.

        202 with its `id` where that takes a worker long: 404 there until it is frozen.
        """
        project = get_project(request, slug)
        rules.check_see_reports(request.user, project)
        body = ReportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            filters = Filters.from_query(body.validated_data["filters"])
        except ValueRefused as error:
            named = {f"filters.{name}": reasons for name, reasons in error.errors.items()}
            raise refused(ValueRefused(named)) from None
        try:
            made = freeze_soon(
                user=request.user, project=project, filters=filters, name=body.validated_data["name"]
            )
        except agreement.StillWriting as busy:
            retry = {"Retry-After": str(RETRY_SECONDS)}
            return problems.response("overloaded", 503, str(busy), headers=retry)
        if isinstance(made, UUID):
            return LaterResponse({"id": str(made), "detail": "The report is being frozen as of now."})
        return Response(WholeReportSerializer(made).data, status=201)


class OneAgreementReport(View):
    scopes = {"GET": Scope.READ}
    renderer_classes = [JSONRenderer, CSV]

    @extend_schema(
        operation_id="agreement_reports_retrieve", parameters=[FORMAT], responses=WholeReportSerializer
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """As it was frozen; with `format=csv` its figures alone."""
        row = get_row(request, frozen.visible_to(request.user), pk=pk)
        if request.accepted_renderer.format == CSV.format:
            return Response(row.figures)
        return Response(WholeReportSerializer(row).data)


class AgreementReportChecks(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="agreement_reports_checks_list",
        parameters=PAGING,
        responses=page_of(ReportCheckSerializer),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """How often it was made again, and what came of it."""
        row = get_row(request, frozen.visible_to(request.user).defer("figures"), pk=pk)
        return self.page(row.checks.select_related("made_by"), ReportCheckSerializer)

    @extend_schema(
        operation_id="agreement_reports_check",
        request=None,
        responses={201: ReportCheckSerializer, 202: ReportCheckSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Make it again from the answers of then and compare; 202, and `found` empty, while a worker does."""
        row = get_row(request, frozen.visible_to(request.user), pk=pk)
        check = check_soon(user=request.user, report=row)
        return Response(ReportCheckSerializer(check).data, status=202 if check.done_at is None else 201)
