"""A name for every request: what is logged of it has it, and its answer says it, so that the two are found together."""

import logging
import re
import time
from typing import Any

from structlog.contextvars import bound_contextvars
from uuid_utils.compat import uuid7

from config.tracing import span
from people.api.bodies import MATCH

logger = logging.getLogger(__name__)

REQUEST_ID = "vouch.request"
"""Where a request's scope has its name."""

BOUND = "vouch.bound"
"""Where a request's scope has, once it was answered in a thread, all that is known of it: its capture, say."""

HEADER = b"x-request-id"
GIVEN = re.compile(rb"[\w-]{8,64}")
"""What a proxy in front may call a request; anything else is called anew."""


class Named:
    """An ASGI application whose requests and websockets have a name; at level INFO each request is a line."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.application(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        name = scope[REQUEST_ID] = given.decode() if GIVEN.fullmatch(given) else uuid7().hex
        begun, status = time.perf_counter(), 0

        async def named(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (HEADER, name.encode())]}
            await send(message)

        if scope["type"] == "websocket":
            with bound_contextvars(request=name):
                await self.application(scope, receive, named)
            return
        with bound_contextvars(request=name), span(scope["method"], request=name) as traced:
            await self.application(scope, receive, named)
            # The route, not the path: a path may name somebody.
            route = f"/{scope[MATCH].route}" if scope.get(MATCH) else "nowhere"
            if traced is not None:
                traced.update_name(f"{scope['method']} {route}")
                traced.set_attributes({"http.route": route, "http.response.status_code": status})
            if logger.isEnabledFor(logging.INFO):
                milliseconds = (time.perf_counter() - begun) * 1000
                with bound_contextvars(**scope.get(BOUND, {})):
                    logger.info("%s %s: %d in %.0f ms", scope["method"], route, status, milliseconds)
