"""Hearing what other processes announce: one LISTEN connection a web process, healed by itself."""

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from channels.layers import get_channel_layer
from django.db import connection

from people.services.announcements import CHANNEL

logger = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 5.0
GAP = "gap"
"""The event every open page gets after the connection was lost for a while: fetch again, something may be missed."""

EVERYBODY = "everybody"
"""The channel-layer group of every open websocket."""


def connection_parameters() -> dict[str, Any]:
    """How to reach the database Django uses, for a connection of one's own."""
    given = connection.get_connection_params()
    foreign = {"pool", "cursor_factory", "context", "prepare_threshold"}
    return {name: value for name, value in given.items() if name not in foreign}


def renew_pool() -> None:
    """Replace the pooled connections that are dead: what ended one has mostly ended all, and each costs a request.

    The pool's own check, as one leaves it, waits longer for each dead one it meets: a minute for a poolful.
    """
    if (pool := connection.pool) is not None:  # type: ignore[attr-defined]
        pool.check()


class Hub:
    """Hands each announcement to the websocket group of its topic, and to whoever waits for it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: dict[tuple[str, str], set[asyncio.Event]] = defaultdict(set)

    def start(self) -> None:
        """Listen on the running event loop, if that is not done already."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._task is None or self._task.done():
            self._waiting.clear()
            self._loop, self._task = loop, loop.create_task(self._listen())

    async def stop(self) -> None:
        """Close the connection."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def wait_for(
        self, event: str, identity: str, seconds: float, done: Callable[[], Awaitable[bool]]
    ) -> bool:
        """Wait until `done()` is true, asking again whenever `event` names `identity`; False after `seconds`.

        It asks once after it began to listen for the event, so that nothing announced before can be missed.
        """
        self.start()
        woken = asyncio.Event()
        key = (event, identity)
        self._waiting[key].add(woken)
        try:
            async with asyncio.timeout(seconds):
                while not await done():
                    await woken.wait()
                    woken.clear()
                return True
        except TimeoutError:
            return await done()
        finally:
            self._waiting[key].discard(woken)
            if not self._waiting[key]:
                del self._waiting[key]

    async def _listen(self) -> None:
        delay, lost = FIRST_RETRY_SECONDS, False
        while True:
            try:
                # An idle listener must survive the limit on idle transactions, hence autocommit.
                listener = await psycopg.AsyncConnection.connect(**connection_parameters(), autocommit=True)
                async with listener:
                    await listener.execute(f"LISTEN {CHANNEL}")
                    if lost:
                        await self._after_gap()
                    delay, lost = FIRST_RETRY_SECONDS, False
                    async for message in listener.notifies():
                        await self._hand_on(message.payload)
            except (psycopg.Error, OSError) as error:
                logger.warning("not listening for announcements, trying again: %s", error)
                await asyncio.to_thread(renew_pool)
            lost = True
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_RETRY_SECONDS)

    async def _hand_on(self, payload: str) -> None:
        message = json.loads(payload)
        for key, waiters in list(self._waiting.items()):
            if key[0] == message["event"] and (key[1] in message["ids"] or not message["ids"]):
                for woken in waiters:
                    woken.set()
        await get_channel_layer().group_send(message["topic"], {"type": "announcement", **message})

    async def _after_gap(self) -> None:
        for waiters in list(self._waiting.values()):
            for woken in waiters:
                woken.set()
        gap = {"type": "announcement", "topic": EVERYBODY, "event": GAP, "ids": []}
        await get_channel_layer().group_send(EVERYBODY, gap)


hub = Hub()
