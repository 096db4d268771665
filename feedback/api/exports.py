"""A dataset as a zip for others to read, sent while it is made."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from feedback.domain.layouts import LAYOUTS, LayoutRefused
from feedback.queries import datasets
from feedback.services.exporting import NotFrozen, TooManyFiles, zipped
from people.api.access import get_row
from people.api.problems import Problem, invalid
from people.api.views import View
from people.enums import Scope


class ExportForm(serializers.Serializer):
    layout = serializers.ChoiceField(choices=list(LAYOUTS))
    images = serializers.BooleanField(default=True, help_text="Whether the photographs come along.")


class DatasetExport(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="datasets_export",
        parameters=[
            OpenApiParameter("layout", enum=list(LAYOUTS), required=True),
            OpenApiParameter("images", bool, description="false leaves the photographs out."),
        ],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """A zip, in one of the layouts; photographs are named by their sha256."""
        dataset = get_row(request, datasets.visible_to(request.user).select_related("project"), pk=pk)
        form = ExportForm(data=request.query_params)
        form.is_valid(raise_exception=True)
        layout = form.validated_data["layout"]
        try:
            content = zipped(dataset, layout, pictures=form.validated_data["images"])
        except (NotFrozen, LayoutRefused) as refused:
            raise invalid(
                "layout" if isinstance(refused, LayoutRefused) else "dataset", str(refused)
            ) from None
        except TooManyFiles as refused:
            raise Problem("too-large", 413, str(refused), {"images": [str(refused)]}) from None
        name = f"{dataset.project.slug}-{dataset.number}-{layout}.zip"
        response = StreamingHttpResponse(off_the_loop(content), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


async def off_the_loop(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces as a response sends them, each made in the request's own thread."""
    # Thread-sensitive: the request's own thread, whose database connection is closed with the response.
    step = sync_to_async(lambda: next(content, None), thread_sensitive=True)
    while (chunk := await step()) is not None:
        if chunk:
            yield chunk
