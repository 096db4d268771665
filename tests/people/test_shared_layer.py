"""Where web processes share one channel layer: one of them hands on what is announced, and another when it goes."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from people.services import listening
from people.services.announcements import announce
from people.services.listening import EVERYBODY, GAP, Hub

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 15


class Shared:
    """A layer outside the process: what it was given, in order; `broken` it takes nothing."""

    def __init__(self):
        self.told, self.broken = [], False

    async def group_send(self, group, message):
        if self.broken:
            raise RuntimeError("no layer")
        self.told.append((group, message["event"]))


@pytest.fixture
def shared(monkeypatch):
    layer = Shared()
    monkeypatch.setattr(listening, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(listening, "CANDIDATE_SECONDS", 0.05)
    return layer


@pytest.fixture
async def hubs():
    """Two of them, as in two web processes, that have begun to listen."""
    both = [Hub(), Hub()]
    for hub in both:
        hub.start()
        await eventually(lambda hub=hub: hub.listens)
    yield both
    for hub in both:
        await hub.stop()
    # The thread stays, and its connection would outlive the tests' database.
    await sync_to_async(lambda: connection.close())()


async def eventually(true):
    async with asyncio.timeout(SECONDS):
        while not true():  # noqa: ASYNC110 (what is waited for is anything at all)
            await asyncio.sleep(0.01)


async def say(event):
    await sync_to_async(announce)("a topic", event)


async def test_each_announcement_is_handed_on_once(shared, hubs):
    for number in range(3):
        await say(f"event {number}")
    await eventually(lambda: ("a topic", "event 2") in shared.told)
    # Had the other process told it too, this would come behind one more of the same.
    await say("last")
    await eventually(lambda: ("a topic", "last") in shared.told)
    assert shared.told == [("a topic", event) for event in ("event 0", "event 1", "event 2", "last")]


async def test_another_takes_over_and_has_pages_catch_up(shared, hubs):
    await hubs[0].stop()
    await eventually(lambda: (EVERYBODY, GAP) in shared.told)
    await say("after")
    await eventually(lambda: ("a topic", "after") in shared.told)
    assert shared.told.count(("a topic", "after")) == 1


async def test_a_layer_that_fails_ends_nothing_and_pages_catch_up_once_it_is_back(shared, hubs, caplog):
    shared.broken = True
    await say("unheard")
    await eventually(lambda: "open pages could not be told: no layer" in caplog.text)
    shared.broken = False
    await say("heard")
    await eventually(lambda: ("a topic", "heard") in shared.told)
    assert shared.told == [(EVERYBODY, GAP), ("a topic", "heard")]
