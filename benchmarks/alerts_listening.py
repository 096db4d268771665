"""Associates of one store who are told of alerts as their phones are, by websocket."""

import asyncio
import contextlib
import json
import threading
import time

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

PATIENCE_SECONDS = 10


class Associates:
    """Websockets of many associates, in a thread of their own: when each heard of each alert, by the clock."""

    def __init__(self, address: str, project: str, sessions: list[str]) -> None:
        self.url = address.replace("http", "ws", 1) + f"/ws/p/{project}/"
        self.address, self.sessions = address, sessions
        self.heard: dict[str, list[float]] = {}
        self.connected = 0
        self._open: list[ClientConnection] = []
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def connect(self) -> None:
        """All of them, some at a time, until every one is open."""
        asyncio.run_coroutine_threadsafe(self._connect(), self._loop).result(120)

    async def _connect(self) -> None:
        few = asyncio.Semaphore(10)

        async def one(session: str) -> None:
            async with few:
                socket = await connect(
                    self.url,
                    origin=Origin(self.address),
                    additional_headers={"Cookie": f"sessionid={session}"},
                )
            self._open.append(socket)
            self.connected += 1
            self._loop.create_task(self._listen(socket))

        await asyncio.gather(*(one(session) for session in self.sessions))

    async def _listen(self, socket: ClientConnection) -> None:
        # What one that was closed does not hear is lost, and counted as that.
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                message = json.loads(text)
                if message["event"] == "tasks.opened":
                    for task in message["ids"]:
                        self.heard.setdefault(task, []).append(time.time())

    def wait(self, alerts: int) -> None:
        """Until every one has heard of so many alerts, or patience ends."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if sum(len(times) for times in list(self.heard.values())) >= alerts * len(self.sessions):
                return
            time.sleep(0.02)

    def close(self) -> None:
        async def leave() -> None:
            await asyncio.gather(*(socket.close() for socket in self._open))

        asyncio.run_coroutine_threadsafe(leave(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
