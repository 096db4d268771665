"""Which connection goes where: HTTP to Django, websockets to their consumers, from our own pages only."""

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path, re_path

from labeling.consumers import ProjectConsumer
from people.services.listening import hub


class Lifespan:
    """Begins to listen for announcements when the server starts, and stops when it does."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                hub.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await hub.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def nowhere(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """What a websocket's address answers that is none: the handshake is refused."""
    await send({"type": "websocket.close"})


def with_websockets(http: Any) -> ProtocolTypeRouter:
    """The whole ASGI application around Django's."""
    sockets = URLRouter([path("ws/p/<slug:slug>/", ProjectConsumer.as_asgi()), re_path("", nowhere)])  # type: ignore[arg-type]
    return ProtocolTypeRouter(
        {
            "http": http,
            "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets)),
            "lifespan": Lifespan(),
        }
    )
