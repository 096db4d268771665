"""Guidelines: the draft, its publication, and having read it."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.guideline_serializers import GuidelineChangesSerializer, ReadGuidelineSerializer
from labeling.api.serializers import GuidelineSerializer
from labeling.models import GuidelineVersion
from labeling.queries import guidelines
from labeling.queries.guideline_changes import compare
from labeling.services import guidelines as service
from people.api.access import get_project, get_row
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope


class Guidelines(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER), "POST": Scope.ADMIN}

    @extend_schema(operation_id="guidelines_list", parameters=PAGING, responses=page_of(GuidelineSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """The published versions, newest first."""
        return self.page(guidelines.published(get_project(request, slug)), GuidelineSerializer)

    @extend_schema(
        operation_id="guidelines_write", request=GuidelineSerializer, responses={201: GuidelineSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Put the words into the project's one draft."""
        project = get_project(request, slug)
        form = GuidelineSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        draft = service.write_draft(user=request.user, project=project, body=form.validated_data["body"])
        return Response(GuidelineSerializer(draft).data, status=201)


class CurrentGuideline(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(operation_id="guidelines_current", responses=ReadGuidelineSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The version in force, with its examples."""
        current = guidelines.in_force(get_project(request, slug))
        if current is None:
            raise Http404("No guideline is published in this project yet.")
        context = {"request": request, "examples": guidelines.examples_of(current)}
        return Response(ReadGuidelineSerializer(current, context=context).data)


class GuidelineChanges(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(
        operation_id="guidelines_changes",
        parameters=[OpenApiParameter("since", int, description="The number of a published version.")],
        responses=GuidelineChangesSerializer,
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """What changed against `since`; left out, against the last version the caller has read."""
        guideline = get_row(request, guidelines.visible_to(request.user), pk=pk)
        since = request.query_params.get("since")
        before = guidelines.last_read(request.user, guideline) if since is None else None
        if since is not None:
            if since.isascii() and since.isdecimal() and len(since) < 9:
                before = guidelines.published(guideline.project).filter(number=int(since)).first()
            if before is None:
                raise invalid("since", f"there is no published version {since[:40]!r} of this guideline.")
        if before is None:
            return Response({"since": None, "words": [], "examples": []})
        return Response(
            GuidelineChangesSerializer(compare(before, guideline), context={"request": request}).data
        )


class GuidelinePublication(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="guidelines_publish", request=None, responses=GuidelineSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Put the draft in force at once. A published version never changes."""
        draft = get_row(request, guidelines.visible_to(request.user), pk=pk)
        try:
            version: GuidelineVersion = service.publish(user=request.user, guideline=draft)
        except service.AlreadyPublished as error:
            raise invalid("id", str(error)) from None
        return Response(GuidelineSerializer(version).data)


class GuidelineAcknowledgement(View):
    scopes = {"POST": Scope.ANSWER}

    @extend_schema(operation_id="guidelines_acknowledge", request=None, responses=GuidelineSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """The caller has read this version; again is the same."""
        version = get_row(request, guidelines.visible_to(request.user), pk=pk)
        if version.published_at is None:
            raise invalid("id", "is a draft; only a published version can be acknowledged.")
        service.acknowledge(user=request.user, guideline=version)
        return Response(GuidelineSerializer(version).data)
