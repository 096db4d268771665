"""Labels and predictions of other tools, attached to images that are here."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.domain.formats.detection import READERS
from labeling.domain.formats.found import Files, FileUnreadable
from labeling.enums import ImportState
from labeling.models import LabelImport
from labeling.queries import label_imports
from labeling.services.label_import.destination import DEFAULT_QUEUE, Kind, QueueRefused, queue_for
from labeling.services.label_import.importing import MOST_ERRORS, import_labels
from labeling.services.label_import.later import AT_ONCE_BYTES, keep_report, start_import
from labeling.services.label_import.sources import in_stream
from people.api.access import get_project, get_row
from people.api.bodies import OVERHEAD
from people.api.pagination import Pages
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.uploads import Multipart, sent_name
from people.api.views import View
from people.enums import Scope

FORMATS = ("auto", *READERS)


class LabelFile(serializers.Serializer[Any]):
    file = serializers.FileField(
        help_text="COCO, YOLO (a zip), Pascal VOC (a zip), CSV or Label Studio's JSON.", allow_empty_file=True
    )
    kind = serializers.ChoiceField(choices=[str(kind) for kind in Kind], default=str(Kind.LABELS))
    queue = serializers.CharField(
        default="", allow_blank=True, help_text=f"Where predictions wait; {DEFAULT_QUEUE} where left out."
    )
    format = serializers.ChoiceField(choices=FORMATS, default="auto")
    create_labels = serializers.BooleanField(default=False, help_text="Make labels the project lacks.")
    reference = serializers.FileField(
        required=False, help_text="The COCO instances file that a COCO results file speaks of."
    )


REPORT = inline_serializer(
    "LabelImportReport",
    {
        "created": serializers.IntegerField(help_text="Images labelled, or tasks opened."),
        "unchanged": serializers.IntegerField(help_text="Images that keep what they had."),
        "refused": serializers.IntegerField(help_text=f"Refusals; `errors` holds the first {MOST_ERRORS:,}."),
        "errors": serializers.ListField(child=serializers.DictField(), help_text="`{row, file, detail}`"),
        "notes": serializers.ListField(
            child=serializers.CharField(), help_text="What else there is to know."
        ),
    },
)
REPORT_OR_NONE = {"allOf": [{"$ref": "#/components/schemas/LabelImportReport"}], "nullable": True}


class LabelImportSerializer(serializers.Serializer[Any]):
    """`share` of the rows, 0..1, were gone through; `report` is null until all were, `failure` says why none could."""

    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    name = serializers.CharField()
    queue = serializers.CharField(source="queue.name", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=[str(state) for state in ImportState])
    share = serializers.FloatField()
    report = serializers.SerializerMethodField()
    failure = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(REPORT_OR_NONE)
    def get_report(self, row: LabelImport) -> dict[str, Any] | None:
        return row.report or None


class ListedImportSerializer(serializers.Serializer[Any]):
    """`created`, `unchanged` and `refused` are null before the end; why anything was refused is in its report."""

    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    name = serializers.CharField()
    queue = serializers.CharField(source="queue.name", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=[str(state) for state in ImportState])
    share = serializers.FloatField()
    created = serializers.IntegerField(allow_null=True)
    unchanged = serializers.IntegerField(allow_null=True)
    refused = serializers.IntegerField(allow_null=True)
    failure = serializers.CharField()
    made_by = serializers.CharField(source="made_by.username", default=None, allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class LabelImports(View):
    scopes = {"GET": (Scope.INGEST, Scope.ADMIN), "POST": (Scope.INGEST, Scope.ADMIN)}
    parser_classes = [Multipart]
    most_body_bytes = settings.MAX_IMPORT_BYTES + OVERHEAD
    bulk = "file"

    @extend_schema(
        operation_id="labels_imports_list", parameters=PAGING, responses=page_of(ListedImportSerializer)
    )
    def get(self, request: Request, slug: str) -> Response:
        """What was imported, newest first, by whom and what became of it."""
        project = get_project(request, slug)
        rules.check_manage(request.user, project)
        pages = Pages()
        found = label_imports.listed(request.user).filter(project=project)
        rows = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(ListedImportSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="labels_import",
        request={"multipart/form-data": LabelFile},
        responses={200: REPORT, 202: LabelImportSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Images are found by filename or sha256. The good images go in, each whole; the rest is named.

        A file of more than 1 MB is imported by a worker: 202, and how far it has come at its own address.
        """
        project = get_project(request, slug)
        rules.check_manage(request.user, project)
        form = LabelFile(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            queue = queue_for(project, given["kind"], given["queue"])
        except QueueRefused as refused:
            raise invalid("queue", str(refused)) from None
        reference = given.get("reference")
        terms = {"layout": given["format"], "queue": queue, "new_labels": given["create_labels"]}
        if given["file"].size + (reference.size if reference else 0) > AT_ONCE_BYTES:
            made = start_import(
                user=request.user,
                project=project,
                file=(sent_name(given["file"]), given["file"].file),
                reference=reference and (sent_name(reference), reference.file),
                **terms,
            )
            return Response(LabelImportSerializer(made).data, status=202)
        try:
            report = import_labels(
                user=request.user,
                project=project,
                files=_files(given["file"]),
                reference=reference and _files(reference),
                **terms,
            )
        except FileUnreadable as unreadable:
            raise invalid("file", f"{unreadable} Nothing was imported.") from None
        keep_report(user=request.user, project=project, name=sent_name(given["file"]), report=report, **terms)
        return Response(report.as_json())


class LabelImportState(View):
    scopes = {"GET": (Scope.INGEST, Scope.ADMIN)}

    @extend_schema(operation_id="labels_import_state", responses=LabelImportSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How far a long file has come, and what became of it."""
        found = get_row(request, label_imports.visible_to(request.user), pk=pk)
        return Response(LabelImportSerializer(found).data)


def _files(upload: UploadedFile) -> Files:
    return in_stream(sent_name(upload), upload.file)
