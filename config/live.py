"""What hands an announcement to open pages: each web process by itself, or Redis for all of them."""

from collections.abc import Mapping
from typing import Any

CONNECT_SECONDS = 5
READ_SECONDS = 30


def layer(environ: Mapping[str, str]) -> dict[str, Any]:
    """Channels' default layer: in memory, or at REDIS_URL. The announcements themselves come by PostgreSQL always."""
    address = environ.get("REDIS_URL")
    if not address:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    # The layer waits five seconds for a message, as long as redis-py's own patience: that ran out first.
    host = {"address": address, "socket_timeout": READ_SECONDS, "socket_connect_timeout": CONNECT_SECONDS}
    return {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}
