"""Rounds over the API: chosen, made, watched, paused, added to and closed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.serializers import ImageSerializer
from labeling.api.tasks import refused
from labeling.domain.image_filters import check_filters
from labeling.domain.values import ValueRefused
from labeling.models import Round
from labeling.queries import rounds, selecting
from labeling.services import rounds as service
from labeling.services.projects import Taken
from people.api.access import get_project, get_row
from people.api.fields import KeyField
from people.api.pagination import Pages
from people.api.problems import Problem, invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import Project, User

SHOWN = 24


class RoundPages(Pages):
    ordering = "-queue_id"


class ProgressSerializer(serializers.Serializer):
    """Counts of images; `answers_left` are still to be given, `coming` images are chosen and not open yet."""

    asked = serializers.IntegerField()
    done = serializers.IntegerField()
    withdrawn = serializers.IntegerField()
    answers_left = serializers.IntegerField()
    coming = serializers.IntegerField()
    share = serializers.FloatField()


class ForecastSerializer(serializers.Serializer):
    """Times in seconds from now; `soonest` to `latest` is the 95% interval."""

    people = serializers.IntegerField()
    per_hour = serializers.FloatField()
    seconds = serializers.FloatField()
    soonest = serializers.FloatField()
    latest = serializers.FloatField()


class RoundPersonSerializer(serializers.Serializer):
    name = serializers.CharField()
    answers = serializers.IntegerField()
    median_seconds = serializers.FloatField()
    last_at = serializers.DateTimeField()


class RoundSerializer(serializers.Serializer):
    """`id` is its queue's too. `members` empty: every annotator."""

    id = serializers.UUIDField(source="pk")
    project = serializers.CharField(source="queue.project.slug")
    name = serializers.CharField(source="queue.name")
    title = serializers.CharField()
    answers_required = serializers.IntegerField(source="queue.answers_required")
    blind = serializers.BooleanField(source="queue.blind")
    gold_share = serializers.FloatField(source="queue.gold_share")
    with_proposals = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()
    additions = serializers.SerializerMethodField()
    due_at = serializers.DateTimeField(allow_null=True)
    paused_at = serializers.DateTimeField(source="queue.paused_at", allow_null=True)
    closed_at = serializers.DateTimeField(source="queue.closed_at", allow_null=True)
    created_at = serializers.DateTimeField()
    progress = ProgressSerializer()

    def get_with_proposals(self, one: Round) -> bool:
        return bool(one.filters.get("with_proposals"))

    def get_members(self, one: Round) -> list[str]:
        return sorted(user.username for user in one.queue.members.all())

    def get_additions(self, one: Round) -> list[dict[str, Any]]:
        shown = ("filters", "at", "by", "found", "opened")
        return [{name: each[name] for name in shown} for each in one.filters.get("additions", ())]


class WatchedRoundSerializer(RoundSerializer):
    forecast = ForecastSerializer(allow_null=True)
    people = RoundPersonSerializer(many=True)


class FiltersSerializer(serializers.Serializer):
    filters = serializers.JSONField(
        help_text="`{source, since, until, context: {KEY: VALUE}, …}`; {} takes all."
    )


class RoundRequestSerializer(FiltersSerializer):
    name = KeyField()
    title = serializers.CharField(max_length=service.LONGEST_TITLE)
    answers_required = serializers.IntegerField(min_value=1, max_value=20, default=1)
    blind = serializers.BooleanField(default=False)
    gold_share = serializers.FloatField(min_value=0, max_value=1, default=0)
    with_proposals = serializers.BooleanField(default=False)
    members = serializers.ListField(child=serializers.CharField(max_length=150), default=list, max_length=500)
    due_at = serializers.DateTimeField(allow_null=True, default=None)


class RoundChangeSerializer(serializers.Serializer):
    """What of a round may be changed; what is left out stays."""

    title = serializers.CharField(max_length=service.LONGEST_TITLE)
    gold_share = serializers.FloatField(min_value=0, max_value=1)
    members = serializers.ListField(child=serializers.CharField(max_length=150), max_length=500)
    due_at = serializers.DateTimeField(allow_null=True)


class ChosenSerializer(serializers.Serializer):
    """How many images the filters choose, and the first of them."""

    found = serializers.IntegerField()
    images = ImageSerializer(many=True)


class Rounds(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="rounds_list", parameters=PAGING, responses=page_of(RoundSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """The project's rounds with their progress, newest first."""
        project = get_project(request, slug)
        rules.check_run_rounds(request.user, project)
        pages = RoundPages()
        rows = rounds.visible_to(request.user).filter(queue__project=project)
        found = pages.paginate_queryset(rows.prefetch_related("queue__members"), request, view=self)
        return pages.get_paginated_response(RoundSerializer(_with_progress(found), many=True).data)

    @extend_schema(
        operation_id="rounds_make", request=RoundRequestSerializer, responses={201: RoundSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make a round of the images that the filters choose. A large one goes on opening after the answer."""
        project = get_project(request, slug)
        rules.check_run_rounds(request.user, project)
        form = RoundRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        fields["members"] = people(project, fields["members"])
        made = _kept(lambda: service.make_round(user=request.user, project=project, **fields))
        return Response(RoundSerializer(_with_progress([made])[0]).data, status=201)


class RoundPreview(View):
    scopes = {"POST": Scope.READ}

    @extend_schema(operation_id="rounds_preview", request=FiltersSerializer, responses=ChosenSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """What a round of these filters would ask about; nothing is made."""
        project = get_project(request, slug)
        rules.check_run_rounds(request.user, project)
        form = FiltersSerializer(data=request.data)
        form.is_valid(raise_exception=True)

        def choose() -> Any:
            filters = check_filters(form.validated_data["filters"], selecting.fields())
            images = selecting.narrowed(project, filters)
            return selecting.within(images, selecting.bound_of(images, project, filters))

        chosen = _kept(choose)
        first = list(chosen.select_related("source").order_by("-pk")[:SHOWN])
        found = {"found": chosen.count(), "images": first}
        return Response(ChosenSerializer(found, context={"request": request}).data)


class OneRound(View):
    scopes = {"GET": Scope.READ, "PATCH": Scope.ADMIN}

    @extend_schema(operation_id="rounds_retrieve", responses=WatchedRoundSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """With who did what, and when it will be done at the pace of those at work; null before there is a pace."""
        (found,) = _with_progress([get_round(request, pk)])
        found.people = rounds.people_in(found)
        found.forecast = rounds.forecast_of(found.progress, found.people, found.queue.answers_required)
        return Response(WatchedRoundSerializer(found).data)

    @extend_schema(operation_id="rounds_change", request=RoundChangeSerializer, responses=RoundSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        found = get_round(request, pk)
        form = RoundChangeSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changes = dict(form.validated_data)
        if "members" in changes:
            changes["members"] = people(found.queue.project, changes["members"])
        return _changed(lambda: service.change_round(user=request.user, which=found, **changes))


class RoundPause(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="rounds_pause", request=None, responses=RoundSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Hand nothing out until it is resumed."""
        found = get_round(request, pk)
        return _changed(lambda: service.pause(user=request.user, which=found))


class RoundResumption(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="rounds_resume", request=None, responses=RoundSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        found = get_round(request, pk)
        return _changed(lambda: service.resume(user=request.user, which=found))


class RoundClosing(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="rounds_close", request=None, responses=RoundSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """End it for good: what was answered stays, what still waits is withdrawn."""
        found = get_round(request, pk)
        return _changed(lambda: service.close(user=request.user, which=found))


class RoundImages(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="rounds_add_images", request=FiltersSerializer, responses=RoundSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask about more images; none is asked about twice in one round."""
        found = get_round(request, pk)
        form = FiltersSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        filters = form.validated_data["filters"]
        return _changed(lambda: service.add_images(user=request.user, to=found, filters=filters))


def get_round(request: Request, pk: UUID) -> Round:
    """The round, for who leads its project. Raises Http404."""
    return get_row(request, rounds.visible_to(request.user), "queue__project", pk=pk)


def people(project: Project, usernames: list[str]) -> list[User]:
    """The members of the project with these names. Raises 400 for a name that is none."""
    found = {
        user.username: user
        for user in User.objects.filter(username__in=usernames, memberships__project=project)
    }
    if missing := sorted(set(usernames) - set(found)):
        raise invalid("members", f"{missing[0]!r} is nobody of this project.")
    return list(found.values())


def _with_progress(found: list[Round]) -> list[Round]:
    progress = rounds.progress_of(found)
    for one in found:
        one.progress = progress[one.pk]
    return found


def _changed(act: Callable[[], Round]) -> Response:
    return Response(RoundSerializer(_with_progress([_kept(act)])[0]).data)


def _kept(act: Callable[[], Any]) -> Any:
    """What `act` returns; what it refuses becomes a problem."""
    try:
        return act()
    except ValueRefused as error:
        raise refused(error) from None
    except Taken as taken:
        raise invalid(taken.field, taken.reason) from None
    except service.RoundClosed as closed:
        raise Problem("round-closed", 409, str(closed)) from None
