"""Hearing what other processes announce: one LISTEN connection a web process, healed by itself."""

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.db import connection

from people.services.announcements import CHANNEL

logger = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 5.0
GAP = "gap"
"""The event every open page gets after the connection was lost for a while: fetch again, something may be missed."""

EVERYBODY = "everybody"
"""The channel-layer group of every open websocket."""

LEADING_LOCK = 0x766F75636869
"""Advisory lock of the one process that hands on announcements where all share one channel layer."""

CANDIDATE_SECONDS = 2.0
"""How often another process asks whether the lock is free."""


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
        self._leading = False
        self._missed = False
        self.listens = False
        """Whether it would hear what is announced now."""

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
                    self._leading = not _is_shared() or await _may_lead(listener)
                    self.listens = True
                    if lost:
                        await self._after_gap()
                    delay, lost = FIRST_RETRY_SECONDS, False
                    while True:
                        patience = None if self._leading else CANDIDATE_SECONDS
                        async for message in listener.notifies(timeout=patience):
                            await self._hand_on(message.payload)
                        if await _may_lead(listener):
                            # Whoever led before may have died of an announcement at hand.
                            self._leading = True
                            await self._after_gap()
            except (psycopg.Error, OSError) as error:
                logger.warning("not listening for announcements, trying again: %s", error)
                await asyncio.to_thread(renew_pool)
            lost, self.listens = True, False
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_RETRY_SECONDS)

    async def _hand_on(self, payload: str) -> None:
        message = json.loads(payload)
        for key, waiters in list(self._waiting.items()):
            if key[0] == message["event"] and (key[1] in message["ids"] or not message["ids"]):
                for woken in waiters:
                    woken.set()
        await self._tell(message["topic"], message)

    async def _after_gap(self) -> None:
        for waiters in list(self._waiting.values()):
            for woken in waiters:
                woken.set()
        await self._tell(EVERYBODY, {"topic": EVERYBODY, "event": GAP, "ids": []})

    async def _tell(self, group: str, message: dict[str, Any]) -> None:
        """Have the group's websockets told, if it is for this process to do that."""
        if not self._leading:
            return
        layer = get_channel_layer()
        try:
            if self._missed:
                gap = {"type": "announcement", "topic": EVERYBODY, "event": GAP, "ids": []}
                await layer.group_send(EVERYBODY, gap)
                self._missed = False
            await layer.group_send(group, {"type": "announcement", **message})
        except Exception as error:
            # A shared layer's faults are of many kinds, and listening must outlive them all: requests wait for it.
            logger.warning("open pages could not be told: %s", error)
            self._missed = True


def _is_shared() -> bool:
    return not isinstance(get_channel_layer(), InMemoryChannelLayer)


async def _may_lead(listener: psycopg.AsyncConnection) -> bool:
    """Whether this process holds the lock now. It holds it for as long as its connection lives."""
    found = await (await listener.execute("SELECT pg_try_advisory_lock(%s)", [LEADING_LOCK])).fetchone()
    return bool(found and found[0])


hub = Hub()
