"""Pages in the reader's own language: what their browser asks for, or what they chose; all others are in English."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers


def in_readers_language(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A sync view that is rendered, wholly, in the reader's language."""

    @wraps(view)
    def localised(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = translation.get_language_from_request(request)
        with translation.override(language):
            response = view(request, *args, **kwargs)
            # A template response is rendered after the view: too late for its language.
            if hasattr(response, "render"):
                response.render()
        response["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response

    return localised
