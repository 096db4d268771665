"""Django's ASGI handler, with a sync view and all the middleware around it run in one thread in one go.

Django takes each hook of each middleware to a thread and back: fifteen journeys, which cost a short request more than
its own work. An async view still runs in the event loop, and so does what serves static files.
"""

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve


class Handler(ASGIHandler):
    def __init__(self) -> None:
        super().__init__()
        self.in_thread = BaseHandler()
        self.in_thread.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The response, by the chain that the view is made for."""
        if _is_sync(request.path_info):
            return await sync_to_async(self.in_thread.get_response, thread_sensitive=True)(request)
        return await super().get_response_async(request)


def _is_sync(path: str) -> bool:
    try:
        return not iscoroutinefunction(resolve(path).func)
    except Resolver404:
        return False
