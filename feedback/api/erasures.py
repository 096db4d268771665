"""Erasing images and reading the certificates; what a project keeps of its photographs, and for how long."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback.queries import erasures, retention
from labeling import rules
from labeling.domain.values import ValueRefused
from labeling.enums import ErasureCause
from labeling.models import Image, PrivacySettings
from labeling.services.erasure import erase
from labeling.services.privacy import set_privacy, settings_of
from people.api.access import get_project, get_row
from people.api.problems import Problem
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.queries.projects import led_by

COUNTED_TO = 100_000


class ErasureForm(serializers.Serializer):
    reason = serializers.CharField(max_length=2000, help_text="Why; it stands on the certificate.")


class RemovedFileSerializer(serializers.Serializer):
    what = serializers.CharField(help_text="image, small copy, unfinished copy or where a model looked.")
    storage = serializers.CharField()
    key = serializers.CharField()
    bytes = serializers.IntegerField()


class RemovedSerializer(serializers.Serializer):
    files = RemovedFileSerializer(many=True)
    facts = serializers.ListField(
        child=serializers.CharField(), help_text="Names of what its row said beside the picture."
    )
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How many of what else.")


class ErasedFromDatasetSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    hash = serializers.CharField(allow_blank=True)
    splits = serializers.DictField(child=serializers.IntegerField())


class TaughtModelSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()
    steps = serializers.IntegerField(help_text="0: trained on such a dataset; else models in between.")


class LearnedSerializer(serializers.Serializer):
    datasets = ErasedFromDatasetSerializer(many=True, default=list)
    models = TaughtModelSerializer(many=True, default=list)


class ErasureSerializer(serializers.Serializer):
    """`removed_at`: its bytes were gone. `confirmed_at`: nothing was found when it was looked for once more."""

    id = serializers.UUIDField()
    image = serializers.UUIDField(source="image_id")
    sha256 = serializers.CharField(source="image.sha256")
    cause = serializers.ChoiceField([str(cause) for cause in ErasureCause])
    reason = serializers.CharField()
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    asked_at = serializers.DateTimeField()
    removed_at = serializers.DateTimeField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)
    removed = RemovedSerializer()
    learned = LearnedSerializer()
    backups = serializers.SerializerMethodField()

    def get_backups(self, erasure: Any) -> str:
        """What lies outside of this installation's reach, in words."""
        return (
            f"Backups made before {erasure.removed_at or erasure.asked_at:%Y-%m-%d %H:%M} UTC may still hold it, "
            "and so may exports and downloads."
        )


class ImageErasure(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="images_erasure", responses=ErasureSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """The certificate of an erased image."""
        rows = erasures.visible_to(request.user)
        return Response(ErasureSerializer(get_row(request, rows, image=pk)).data)

    @extend_schema(
        operation_id="images_erase",
        request=ErasureForm,
        responses={201: ErasureSerializer, 200: ErasureSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Erase an image for good; 200 with the certificate there is where that was done before."""
        led = Image.objects.filter(project__in=led_by(request.user)).select_related("project")
        image = get_row(request, led, pk=pk)
        form = ErasureForm(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            erasure, is_new = erase(user=request.user, image=image, reason=form.validated_data["reason"])
        except ValueRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        return Response(ErasureSerializer(erasure).data, status=201 if is_new else 200)


class Erasures(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="erasures_list", parameters=PAGING, responses=page_of(ErasureSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """The certificates of a project, newest first."""
        project = get_project(request, slug)
        rules.check_erase(request.user, project)
        return self.page(erasures.visible_to(request.user).filter(project=project), ErasureSerializer)


class PrivacyForm(serializers.Serializer):
    keeps_location = serializers.BooleanField(default=False)
    accepted_days = serializers.IntegerField(
        min_value=1, max_value=36_500, allow_null=True, default=None, help_text="null: kept for ever."
    )
    reviewed_days = serializers.IntegerField(
        min_value=1, max_value=36_500, allow_null=True, default=None, help_text="null: kept for ever."
    )
    blurs_faces = serializers.BooleanField(required=False, help_text="Left out: stays as it is.")
    blurs_plates = serializers.BooleanField(required=False, help_text="Left out: stays as it is.")
    records_looks = serializers.BooleanField(required=False, help_text="Left out: stays as it is.")


class PrivacySerializer(serializers.Serializer):
    keeps_location = serializers.BooleanField()
    blurs_faces = serializers.BooleanField(help_text="Faces are filled before an image is kept.")
    blurs_plates = serializers.BooleanField(help_text="So are number plates.")
    records_looks = serializers.BooleanField(help_text="Every look at an image is in the audit log.")
    accepted_days = serializers.IntegerField(allow_null=True)
    reviewed_days = serializers.IntegerField(allow_null=True)
    set_by = serializers.CharField(source="set_by.username", default=None, allow_null=True)
    would_erase = serializers.SerializerMethodField()

    def get_would_erase(self, kept: PrivacySettings) -> dict[str, int]:
        """Images that would go tonight, by state: accepted, reviewed. Counted up to 100,000."""
        found = retention.counted(kept, timezone.now(), COUNTED_TO)
        return {str(state): count for state, count in found.items()}


class Privacy(View):
    scopes = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    @extend_schema(operation_id="privacy_read", responses=PrivacySerializer)
    def get(self, request: Request, slug: str) -> Response:
        """What the project keeps of its photographs, and how many would go tonight."""
        project = get_project(request, slug)
        rules.check_erase(request.user, project)
        return Response(PrivacySerializer(settings_of(project)).data)

    @extend_schema(operation_id="privacy_set", request=PrivacyForm, responses=PrivacySerializer)
    def put(self, request: Request, slug: str) -> Response:
        """Say what it keeps from now on; what is left out keeps everything, and no location.

        What is blurred and recorded stays as it is where that is left out.
        """
        project = get_project(request, slug)
        form = PrivacyForm(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            kept = set_privacy(user=request.user, project=project, **form.validated_data)
        except ValueRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        return Response(PrivacySerializer(kept).data)
