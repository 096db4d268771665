"""A frozen dataset's manifest as Parquet, sent while it is made."""

from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from feedback.api.exports import off_the_loop
from feedback.queries import datasets
from feedback.services.exporting import NotFrozen
from feedback.services.manifest_files import as_parquet
from people.api.access import get_row
from people.api.problems import invalid
from people.api.views import View
from people.enums import Scope

MEDIA_TYPE = "application/vnd.apache.parquet"


class DatasetManifest(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="datasets_manifest", responses={(200, MEDIA_TYPE): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """A row an image: value, split, weight, and where the value comes from; the content hash in its footer."""
        dataset = get_row(request, datasets.visible_to(request.user).select_related("project"), pk=pk)
        try:
            content = as_parquet(dataset)
        except NotFrozen as refused:
            raise invalid("dataset", str(refused)) from None
        response = StreamingHttpResponse(off_the_loop(content), content_type=MEDIA_TYPE)
        name = f"{dataset.project.slug}-{dataset.number}-manifest.parquet"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
