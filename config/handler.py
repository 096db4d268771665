"""Django's ASGI handler, with a sync view and everything around it done in one thread in one go.

Django takes each hook of each middleware to a thread and back, makes a thread for each request, and crosses over twice
more to begin and to end it: together that costs a short request more than its own work. An async view still runs in the
event loop, and so does what serves static files. An async view that only waits where a request asks for it names, as
`at_once`, the sync view that is the rest of it, and `waits(query)`.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core import signals
from django.core.exceptions import MiddlewareNotUsed, RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.db import close_old_connections
from django.http import QueryDict
from django.urls import ResolverMatch, set_script_prefix
from django.utils.module_loading import import_string
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from config.request_ids import BOUND, REQUEST_ID
from people.api.bodies import MATCH
from people.api.views import View

THREADS = 6
"""Requests at work at once in a process: a request waits for the database about as long as it works, and more than keep
a core busy only take it from each other. Fewer than its pool has connections, so that none waits there in vain."""

FOR_PEOPLE = {
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.views.shifts.Shifts",
    "people.views.second_factor.SecondFactors",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
}
"""The middleware that is about whoever signed in to the pages: a request with a token has none of it."""


class InThread(BaseHandler):
    """Django's sync chain of middleware, down to the view that needs no event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware(is_async=False)

    def resolve_request(self, request: Any) -> Any:
        found = request.scope[MATCH]
        if found is None or request.path_info != request.scope["path"] or hasattr(request, "urlconf"):
            # Told in Django's way: what is nowhere raises Resolver404.
            found = super().resolve_request(request)
        match: ResolverMatch = found
        request.resolver_match = match
        # The match itself stays as it is: the next request of this path, which gets it too, may ask to wait.
        return getattr(match.func, "at_once", match.func), match.args, match.kwargs


class ForTokens(InThread):
    """The same for a request of the API with a token, which is all that says whose it is: without FOR_PEOPLE."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware = []
        self._template_response_middleware = []
        self._exception_middleware = []
        chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        for name in reversed([name for name in settings.MIDDLEWARE if name not in FOR_PEOPLE]):
            try:
                chain = convert_exception_to_response(import_string(name)(chain))
            except MiddlewareNotUsed:
                continue
        self._middleware_chain = chain


class Handler(ASGIHandler):
    """`scope[MATCH]` must hold what is at the path: see people.api.bodies.Bounded."""

    def __init__(self) -> None:
        super().__init__()
        self.in_thread, self.for_tokens = InThread(), ForTokens()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if not _is_sync(scope):
            await super().__call__(scope, receive, send)
            return
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(self.threads, self._respond_named, scope, body)
            if not response.streaming:
                await self.send_response(response, send)
                return
            async with ThreadSensitiveContext():
                try:
                    await self.send_response(response, send)
                finally:
                    await sync_to_async(response.close)()

    def _respond_named(self, scope: dict[str, Any], body: Any) -> Any:
        # The thread knows nothing of what the event loop's task was told, nor that task of what is found out here.
        bind_contextvars(request=scope.get(REQUEST_ID))
        try:
            return self._respond(scope, body)
        finally:
            scope[BOUND] = get_contextvars()
            clear_contextvars()

    def _respond(self, scope: dict[str, Any], body: Any) -> Any:
        """In a thread: the response; closed already, with all that was opened for it, unless it streams."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        try:
            request, refused = self.create_request(scope, body)
            chain = self.for_tokens if _has_token(scope) else self.in_thread
            response: Any = refused if request is None else chain.get_response(request)
            response._handler_class = self.__class__
            if not response.streaming:
                response.close()
            return response
        finally:
            # What streams is closed by another thread, which would leave this one's connection taken.
            close_old_connections()


def _is_sync(scope: dict[str, Any]) -> bool:
    function = scope[MATCH] and scope[MATCH].func
    if function is None or not iscoroutinefunction(function):
        return function is not None
    return hasattr(function, "at_once") and not function.waits(QueryDict(scope["query_string"]))


def _has_token(scope: dict[str, Any]) -> bool:
    """Whether people.api.authentication takes who asks for the token's owner, or for nobody."""
    view = getattr(scope[MATCH].func, "cls", None)
    if view is None or not issubclass(view, View):
        return False
    return any(
        name == b"authorization" and value[:6].lower() == b"token " for name, value in scope["headers"]
    )
