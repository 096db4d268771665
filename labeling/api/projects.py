"""Projects, their sources and their queues: read and opened."""

from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.serializers import ProjectSerializer, QueueSerializer, SourceSerializer
from labeling.api.tasks import refused
from labeling.domain.values import ValueRefused
from labeling.enums import SourceKind
from labeling.models import Label, Queue
from labeling.services import projects as service
from people.api.access import get_project, within_token
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import Site, Token
from people.queries import projects
from people.services.tokens import adopt


def shown(rows: Any) -> Any:
    """Projects with their labels and queues, in a number of queries that does not grow."""
    labels = Prefetch("labels", Label.objects.filter(retired_at=None).order_by("position"))
    queues = Prefetch("queues", Queue.objects.select_related("project").order_by("id"))
    return rows.prefetch_related(labels, queues)


class Projects(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}
    for_projects_to_come = True

    @extend_schema(operation_id="projects_list", parameters=PAGING, responses=page_of(ProjectSerializer))
    def get(self, request: Request) -> Response:
        rows = within_token(request, projects.visible_to(request.user), "pk")
        return self.page(shown(rows), ProjectSerializer)

    @extend_schema(
        operation_id="projects_create", request=ProjectSerializer, responses={201: ProjectSerializer}
    )
    def post(self, request: Request) -> Response:
        """The caller becomes its engineer. A token reserved for this slug belongs to the project from now on."""
        form = ProjectSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        token = request.auth if isinstance(request.auth, Token) else None
        reserved = token is not None and token.project_id is None
        if reserved and fields["slug"] != token.reserved_slug:
            raise PermissionDenied(f"This token can only create the project {token.reserved_slug!r}.")
        try:
            with transaction.atomic():
                project = service.create_project(user=request.user, reserved=reserved, **fields)
                if reserved:
                    adopt(token=token, project=project)
        except service.Taken as taken:
            raise invalid(taken.field, taken.reason) from None
        made = shown(projects.visible_to(request.user)).get(pk=project.pk)
        return Response(ProjectSerializer(made).data, status=201)


class OneProject(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(operation_id="projects_retrieve", responses=ProjectSerializer)
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        return Response(ProjectSerializer(shown(projects.visible_to(request.user)).get(pk=project.pk)).data)


class Sources(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="sources_list", parameters=PAGING, responses=page_of(SourceSerializer))
    def get(self, request: Request, slug: str) -> Response:
        rows = get_project(request, slug).sources.select_related("site")
        return self.page(rows, SourceSerializer)

    @extend_schema(operation_id="sources_create", request=SourceSerializer, responses={201: SourceSerializer})
    def post(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        form = SourceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        key = fields.pop("site")["key"]
        site = Site.objects.filter(key=key).first() if key else None
        if key and site is None:
            raise invalid("site", f"{key!r} is not a site; open it first: POST /api/v1/sites/.")
        if site is None and fields["kind"] == SourceKind.CAMERA:
            raise invalid("site", "is required: a camera hangs at a site.")
        try:
            source = service.create_source(user=request.user, project=project, site=site, **fields)
        except service.Taken as taken:
            raise invalid(taken.field, taken.reason) from None
        return Response(SourceSerializer(source).data, status=201)


class ProjectQueues(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="project_queues_list", parameters=PAGING, responses=page_of(QueueSerializer))
    def get(self, request: Request, slug: str) -> Response:
        return self.page(get_project(request, slug).queues.select_related("project"), QueueSerializer)

    @extend_schema(operation_id="queues_create", request=QueueSerializer, responses={201: QueueSerializer})
    def post(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        form = QueueSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            queue = service.create_queue(user=request.user, project=project, **form.validated_data)
        except service.Taken as taken:
            raise invalid(taken.field, taken.reason) from None
        except ValueRefused as error:
            raise refused(error) from None
        return Response(QueueSerializer(queue).data, status=201)
