"""Parts of an image filled for good, and the certificates of that."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.domain.values import ValueRefused
from labeling.enums import RedactionCause
from labeling.models import Image
from labeling.queries import redactions
from labeling.services.redacting import fill_part
from people.api.access import get_row
from people.api.problems import Problem
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.queries.projects import led_by


class RedactionForm(serializers.Serializer):
    box = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=1),
        min_length=4,
        max_length=4,
        help_text="left, top, right, bottom as shares 0..1 of the upright image.",
    )


class RedactionSerializer(serializers.Serializer):
    """`removed_at`: the bytes before were gone. `confirmed_at`: they were not found when looked for once more."""

    id = serializers.UUIDField()
    image = serializers.UUIDField(source="image_id")
    cause = serializers.ChoiceField([str(cause) for cause in RedactionCause])
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    areas = serializers.ListField(
        child=serializers.ListField(),
        help_text="[left, top, right, bottom, what]: pixels of the upright image.",
    )
    sha256_before = serializers.CharField()
    sha256_after = serializers.CharField()
    made_at = serializers.DateTimeField()
    removed_at = serializers.DateTimeField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)


class ImageRedactions(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="images_redactions", parameters=PAGING, responses=page_of(RedactionSerializer)
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The certificates of what was written anew of an image, newest first."""
        return self.page(redactions.of(_image(request, pk)), RedactionSerializer)

    @extend_schema(
        operation_id="images_redact",
        request=RedactionForm,
        responses={201: RedactionSerializer, 200: RedactionSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Fill a part of an image for good; 200 with the last certificate where it was filled before."""
        image = _image(request, pk)
        form = RedactionForm(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            made = fill_part(user=request.user, image=image, box=form.validated_data["box"])
        except ValueRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        except FileNotFoundError:
            raise Problem("not-found", 404, "The storage has lost this image.") from None
        last = made or redactions.of(image).first()
        return Response(RedactionSerializer(last).data, status=201 if made else 200)


def _image(request: Request, pk: UUID) -> Image:
    led = Image.objects.filter(project__in=led_by(request.user)).select_related("project")
    return get_row(request, led, pk=pk)
