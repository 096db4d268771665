"""The pages that say no, in the reader's language; what the exception says is English, and shown to who reads that."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from people.views.language import in_readers_language


@in_readers_language
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a page for another role."""
    return defaults.permission_denied(request, exception)


@in_readers_language
def nothing_here(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return defaults.page_not_found(request, exception)


@in_readers_language
def broken(request: HttpRequest, *args: Any) -> HttpResponse:
    """500."""
    return defaults.server_error(request)
