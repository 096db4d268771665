"""The application as it is served: by uvicorn, websockets and all, against the tests' database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from asgiref.sync import sync_to_async
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.db import connection

from config.asgi import application
from tests.config.processes import until

HOST = "127.0.0.1"


class Served(uvicorn.Server):
    """Leaves the tests' database as it found it: no connection of its threads outlives it."""

    async def shutdown(self, *given: Any, **named: Any) -> None:
        await super().shutdown(*given, **named)
        await sync_to_async(lambda: connection.close())()


@contextmanager
def serving() -> Iterator[str]:
    """Serve until the end of the block, in a thread; where, without a slash at the end."""
    files = ASGIStaticFilesHandler(get_asgi_application())

    async def whole(scope: Any, receive: Any, send: Any) -> None:
        is_file = scope["type"] == "http" and scope["path"].startswith("/static/")
        await (files if is_file else application)(scope, receive, send)

    config = uvicorn.Config(
        whole, host=HOST, port=0, ws="websockets-sansio", log_level="error", timeout_graceful_shutdown=2
    )
    server = Served(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started, "the server has started")
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
