"""Bulk import: rows and images in one multipart request."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.serializers import ImportSerializer
from labeling.domain.documents import is_text
from labeling.domain.rows import RowRefused, read_rows
from labeling.models import Queue
from labeling.services.importing import Item, import_images
from people.api.access import get_project
from people.api.bodies import OVERHEAD
from people.api.problems import Problem, invalid, printable
from people.api.uploads import Multipart, sent_name
from people.api.views import View
from people.enums import Scope
from people.models import Project

REQUEST = inline_serializer(
    "ImportRequest",
    {
        "rows": serializers.FileField(
            help_text="NDJSON: `{file, value, source, captured_at, context, split, group, prediction}` a line."
        ),
        "image": serializers.ListField(
            child=serializers.FileField(), help_text="One part an image; its filename equals a row's `file`."
        ),
        "queue": serializers.CharField(
            required=False, help_text="Rows without a value get a task in this queue."
        ),
    },
)


class Images(View):
    scopes = {"POST": (Scope.INGEST, Scope.ADMIN)}
    parser_classes = [Multipart]
    most_body_bytes = settings.MAX_IMPORT_BYTES + OVERHEAD
    bulk = "image"

    @extend_schema(
        operation_id="images_import",
        request={"multipart/form-data": REQUEST},
        responses=ImportSerializer,
    )
    def post(self, request: Request, slug: str) -> Response:
        """At most 500 images or 250 MB. The good rows go in; each of the others is named with its reason."""
        project = get_project(request, slug)
        rules.check_manage(request.user, project)
        parts = request.FILES.getlist("image")
        if len(parts) > settings.MAX_IMPORT_IMAGES:
            most = settings.MAX_IMPORT_IMAGES
            reason = f"are {len(parts)} in one request; send at most {most} at a time."
            raise Problem("too-large", 413, f"image: {reason}", {"image": [reason]})
        queue = _queue(project, request.data.get("queue"))
        items = list(_items(_lines(request.data.get("rows")), parts))
        report = import_images(user=request.user, project=project, items=items, queue=queue)
        return Response(
            {
                "created": report.created,
                "duplicates": len(report.duplicates),
                "errors": [
                    {"row": e.row, "file": e.file and printable(e.file), "detail": printable(e.detail)}
                    for e in report.errors
                ],
            }
        )


def _lines(rows: Any) -> list[bytes]:
    if rows is None or rows == "":
        raise invalid("rows", "is required: a part of NDJSON, one row an image.")
    data = rows.read() if isinstance(rows, UploadedFile) else rows.encode()
    # Not splitlines: JSON text may hold a line separator that is none to NDJSON.
    return data.split(b"\n")


def _items(lines: list[bytes], parts: list[UploadedFile]) -> Iterator[Item]:
    by_name: dict[str, UploadedFile] = {}
    for part in parts:
        if sent_name(part) in by_name:
            yield _refuse(None, sent_name(part), "two parts have this filename; the first is taken.")
        else:
            by_name[sent_name(part)] = part
    unused = dict(by_name)
    for row in read_rows(lines):
        if isinstance(row, RowRefused):
            unused.pop(row.file or "", None)
            yield row, bytes
        elif row.file not in by_name:
            yield _refuse(row.number, row.file, "file: no part `image` has this filename.")
        elif row.file not in unused:
            yield _refuse(row.number, row.file, "file: an earlier row names it already.")
        else:
            yield row, unused.pop(row.file).read
    for name in unused:
        yield _refuse(None, name, "no row names this image.")


def _refuse(number: int | None, file: str, detail: str) -> Item:
    return RowRefused(number, file, detail), bytes


def _queue(project: Project, name: Any) -> Queue | None:
    if name is None or name == "":
        return None
    queue = project.queues.filter(name=name).first() if isinstance(name, str) and is_text(name) else None
    if queue is None:
        known = ", ".join(sorted(project.queues.values_list("name", flat=True)))
        raise invalid("queue", f"is not a queue of this project; it has {known}.")
    return queue
