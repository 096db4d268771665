"""Labels and predictions of other tools, attached to images that are here."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.domain.formats.detection import READERS
from labeling.domain.formats.found import Files, FileUnreadable
from labeling.services.label_import.destination import DEFAULT_QUEUE, Kind, QueueRefused, queue_for
from labeling.services.label_import.importing import MOST_ERRORS, import_labels
from labeling.services.label_import.sources import in_stream
from people.api.access import get_project
from people.api.bodies import OVERHEAD
from people.api.problems import invalid, printable
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
    "LabelImport",
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


class LabelImports(View):
    scopes = {"POST": (Scope.INGEST, Scope.ADMIN)}
    parser_classes = [Multipart]
    most_body_bytes = settings.MAX_IMPORT_BYTES + OVERHEAD
    bulk = "file"

    @extend_schema(
        operation_id="labels_import", request={"multipart/form-data": LabelFile}, responses={200: REPORT}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Images are found by filename or sha256. The good images go in, each whole; the rest is named."""
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
        try:
            report = import_labels(
                user=request.user,
                project=project,
                files=_files(given["file"]),
                layout=given["format"],
                queue=queue,
                new_labels=given["create_labels"],
                reference=reference and _files(reference),
            )
        except FileUnreadable as unreadable:
            raise invalid("file", f"{unreadable} Nothing was imported.") from None
        return Response(
            {
                "created": report.created,
                "unchanged": report.unchanged,
                "refused": report.refused,
                "errors": [
                    {
                        "row": error.row,
                        "file": error.file and printable(error.file),
                        "detail": printable(error.detail),
                    }
                    for error in report.errors
                ],
                "notes": [printable(note) for note in report.notes],
            }
        )


def _files(upload: UploadedFile) -> Files:
    return in_stream(sent_name(upload), upload.file)
