"""What the guideline does not cover: said at a task, listed, and settled."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.guideline_examples import named_label
from labeling.api.guideline_serializers import FlagRequestSerializer, FlagSerializer, SettlementSerializer
from labeling.api.tasks import refused
from labeling.domain.values import ValueRefused
from labeling.enums import FlagState
from labeling.queries import guideline_flags
from labeling.queries.tasks import tasks_for
from labeling.rules import check_write_guideline
from labeling.services import guideline_flags as service
from labeling.services import guidelines
from people.api.access import get_project, get_row
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope

STATE = OpenApiParameter("state", str, enum=[str(state) for state in FlagState])


class TaskFlag(View):
    scopes = {"POST": Scope.ANSWER}

    @extend_schema(
        operation_id="tasks_flag",
        request=FlagRequestSerializer,
        responses={200: FlagSerializer, 201: FlagSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Say that the guideline does not cover this task's image: 201, or 200 where the caller's flag is open."""
        task = get_row(request, tasks_for(request.user), pk=pk)
        form = FlagRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            flag, new = service.raise_flag(user=request.user, task=task, **form.validated_data)
        except ValueRefused as error:
            raise refused(error) from None
        return Response(FlagSerializer(flag, context={"request": request}).data, status=201 if new else 200)


class Flags(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="flags_list", parameters=[STATE, *PAGING], responses=page_of(FlagSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """The project's flags; to who does not lead it, their own."""
        project = get_project(request, slug)
        found = guideline_flags.visible_to(request.user).filter(project=project)
        state = request.query_params.get("state")
        if state is not None:
            if state not in list(FlagState):
                raise invalid("state", f"is one of {', '.join(FlagState)}.")
            found = found.filter(state=state)
        return self.page(found, FlagSerializer)


class FlagSettlement(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="flags_settle", request=SettlementSerializer, responses=FlagSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Make it an example of the draft, begun if there is none, or dismiss it."""
        flag = get_row(request, guideline_flags.visible_to(request.user), pk=pk)
        check_write_guideline(request.user, flag.project)
        form = SettlementSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        try:
            if said["state"] == FlagState.EXAMPLE:
                guidelines.add_example(
                    user=request.user,
                    project=flag.project,
                    image=flag.image,
                    label=named_label(flag.project, said["label"]),
                    is_right=said["is_right"],
                    why=said["why"],
                    box=said["box"],
                    flag=flag,
                )
            else:
                service.settle(user=request.user, flag=flag, state=FlagState.DISMISSED, reply=said["reply"])
        except service.AlreadySettled as error:
            raise invalid("id", str(error)) from None
        except ValueRefused as error:
            raise refused(error) from None
        flag.refresh_from_db()
        return Response(FlagSerializer(flag, context={"request": request}).data)
