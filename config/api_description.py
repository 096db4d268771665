"""The description of the API, made once in each process: anybody may ask for it, and making it takes a while."""

from functools import lru_cache
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request


class Description(SpectacularAPIView):
    """The same for everybody, signed in or not: it tells what could be asked, and nothing of what is there."""

    def _get_schema_response(self, request: Request) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        name = f'inline; filename="Vouch.{renderer.format}"'
        return HttpResponse(
            _rendered(type(renderer)),  # type: ignore[arg-type]
            content_type=renderer.media_type,
            headers={"Content-Disposition": name, "Vary": "Accept"},
        )


@lru_cache(maxsize=4)
def _rendered(renderer: Any) -> bytes:
    made = SchemaGenerator().get_schema(request=None, public=True)
    rendered = renderer().render(made, renderer_context={})
    return rendered if isinstance(rendered, bytes) else rendered.encode()


# Swagger's page brings a few lines of style, and draws its marks from data addresses; all else comes from here.
docs = csp_replace(
    {
        "default-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
)(SpectacularSwaggerSplitView.as_view(url_name="schema"))
