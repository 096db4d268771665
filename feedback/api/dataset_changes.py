"""What changed from one frozen dataset to another: in counts, and image by image."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback.enums import Change, DatasetState
from feedback.models import DatasetVersion
from feedback.queries import dataset_changes, datasets
from people.api.access import get_row
from people.api.pagination import Pages
from people.api.problems import Problem, invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope

AGAINST = OpenApiParameter("against", str, description="The older dataset's id; without it, the parent.")


class LabelChangeSerializer(serializers.Serializer):
    label = serializers.CharField(help_text="Its key; empty stands for images with nothing in them.")
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    gained = serializers.IntegerField(help_text="Relabelled to it.")
    lost = serializers.IntegerField(help_text="Relabelled from it.")
    moved = serializers.IntegerField()


class DatasetChangesSerializer(serializers.Serializer):
    dataset = serializers.UUIDField()
    against = serializers.UUIDField()
    images = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="added, removed, relabelled, moved to another split; an image may be of the last two at once.",
    )
    labels = LabelChangeSerializer(many=True)


class ChangedImageSerializer(serializers.Serializer):
    """Value and split are null in the dataset that does not hold the image."""

    image = serializers.UUIDField(source="image.pk")
    sha256 = serializers.CharField(source="image.sha256")
    filename = serializers.CharField(source="image.filename")
    kinds = serializers.ListField(child=serializers.ChoiceField([str(kind) for kind in Change]))
    before = serializers.JSONField(allow_null=True)
    split_before = serializers.CharField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    split_after = serializers.CharField(allow_null=True)


class DatasetChanges(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="datasets_changes", parameters=[AGAINST], responses=DatasetChangesSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How many images were added, removed, relabelled or moved, in all and by label."""
        old, new = _pair(request, pk)
        found = dataset_changes.changes(old, new)
        told = {"dataset": new.pk, "against": old.pk, "images": found.images, "labels": found.labels}
        return Response(DatasetChangesSerializer(told).data)


class ChangedImages(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="datasets_changed_images",
        parameters=[
            AGAINST,
            OpenApiParameter("kind", str, enum=[str(kind) for kind in Change]),
            OpenApiParameter("label", str, description="A label's key, before or after; may be empty."),
            *PAGING,
        ],
        responses=page_of(ChangedImageSerializer),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The images that changed, newest first, each as it is in the two datasets."""
        old, new = _pair(request, pk)
        kind = request.query_params.get("kind")
        if kind is not None and kind not in set(Change):
            raise invalid("kind", f"must be one of {', '.join(Change)}.")
        label = request.query_params.get("label")
        if label is not None and "\0" in label:
            raise invalid("label", "must be a label's key.")
        found = dataset_changes.changed_images(old, new, Change(kind) if kind else None, label)
        pages = Pages()
        page = dataset_changes.sides(old, new, pages.paginate_queryset(found, request, view=self))
        return pages.get_paginated_response(ChangedImageSerializer(page, many=True).data)


def _pair(request: Request, pk: UUID) -> tuple[DatasetVersion, DatasetVersion]:
    """The older and the newer dataset, both frozen and of one project. Raises Http404, and 400 naming `against`."""
    visible = datasets.visible_to(request.user)
    new = get_row(request, visible, pk=pk)
    if new.state != DatasetState.FROZEN:
        raise Problem("invalid", 409, f"{new} is not frozen: it is {new.state}.")
    given = request.query_params.get("against")
    try:
        wanted = UUID(given) if given else new.parent_id
    except ValueError:
        raise invalid("against", "must be a dataset's id.") from None
    of_project = visible.filter(project=new.project_id, state=DatasetState.FROZEN.value)
    old = of_project.filter(pk=wanted).first() if wanted else None
    if old is None:
        reason = "must be a frozen dataset of the same project" + (
            "." if given else "; this one has no parent."
        )
        raise invalid("against", reason)
    return old, new
