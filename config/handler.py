"""Django's ASGI handler, with a sync view and all the middleware around it run in one thread in one go.

Django takes each hook of each middleware to a thread and back: fifteen journeys, which cost a short request more than
its own work. An async view still runs in the event loop, and so does what serves static files. An async view that only
waits where a request asks for it names, as `at_once`, the sync view that is the rest of it, and `waits(request)`.
"""

from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve

from people.api.bodies import FUNCTION


class InThread(BaseHandler):
    """Django's sync chain of middleware, down to the view that needs no event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware(is_async=False)

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        match: ResolverMatch = super().resolve_request(request)  # type: ignore[misc]
        match.func = getattr(match.func, "at_once", match.func)
        return match


class Handler(ASGIHandler):
    def __init__(self) -> None:
        super().__init__()
        self.in_thread = InThread()

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The response, by the chain that the view is made for."""
        if _is_sync(request):
            return await sync_to_async(self.in_thread.get_response, thread_sensitive=True)(request)
        return await super().get_response_async(request)


def _is_sync(request: Any) -> bool:
    function = request.scope[FUNCTION] if FUNCTION in request.scope else _function_at(request.path_info)
    if function is None or not iscoroutinefunction(function):
        return function is not None
    return hasattr(function, "at_once") and not function.waits(request)


def _function_at(path: str) -> Any:
    try:
        return resolve(path).func
    except Resolver404:
        return None
