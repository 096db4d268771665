"""What a page hears over its websocket: its own sites' tasks, at once, and again after every connection was cut."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from config.asgi import application
from people.services.announcements import announce, members_topic, project_topic
from people.services.listening import hub, renew_pool
from tests.factories.labeling import open_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hub_of_this_test")]

OURS = b"http://localhost"
SECONDS = 60


@pytest.fixture
def cut(db):
    """Terminates every connection to the database, but the test's own; tells how many there were."""
    connection.ensure_connection()
    ours = connection.connection.info.backend_pid

    def cut():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [ours],
            )
            return cursor.fetchone()[0]

    return sync_to_async(cut)


def cookie_of(user):
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


async def opened(path, user=None, origin=OURS):
    """A websocket to `path`, signed in as `user`, and what the handshake brought. (channels.testing wants daphne.)"""
    headers = [(b"host", b"localhost")] + ([(b"origin", origin)] if origin else [])
    if user is not None:
        headers.append((b"cookie", await sync_to_async(cookie_of)(user)))
    scope = {"type": "websocket", "path": path, "headers": headers, "query_string": b"", "subprotocols": []}
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    return socket, await socket.receive_output(timeout=SECONDS)


@asynccontextmanager
async def page_of(shop, user):
    """An open page of the project that has begun to hear."""
    socket, answer = await opened(f"/ws/p/{shop.project.slug}/", user)
    assert answer["type"] == "websocket.accept"
    await heard(socket, lambda: announce(members_topic(shop.project.pk), "ping"), "ping")
    yield socket
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(timeout=SECONDS)


async def heard(socket, do, event):
    """Do it, again while nothing comes, until the socket has brought `event`; what came up to then."""
    came = []
    async with asyncio.timeout(SECONDS):
        while True:
            await sync_to_async(do)()
            while await socket.receive_nothing(timeout=0.2, interval=0.02) is False:
                came.append(json.loads((await socket.receive_output())["text"]))
                if came[-1]["event"] == event:
                    return came


@pytest.mark.parametrize(
    ("who", "path", "origin", "code"),
    [
        (None, "/ws/p/{}/", OURS, 4403),
        ("stranger", "/ws/p/{}/", OURS, 4403),
        ("associate", "/ws/p/another/", OURS, 4403),
        ("associate", "/ws/p/{}/", b"http://elsewhere.example", None),
        ("associate", "/ws/p/{}/", None, None),
        ("associate", "/ws/p/{}/further/", OURS, None),
        ("associate", "/ws/", OURS, None),
    ],
)
async def test_the_door_is_shut_to(shop, who, path, origin, code):
    user = getattr(shop, who) if who else None
    socket, answer = await opened(path.format(shop.project.slug), user, origin)
    # A page learns the code only of a door that opened first.
    assert answer["type"] == ("websocket.close" if code is None else "websocket.accept")
    if code is not None:
        closed = await socket.receive_output(timeout=SECONDS)
        assert (closed["type"], closed["code"]) == ("websocket.close", code)


async def test_an_alert_reaches_its_own_site_alone(shop):
    alerts = await sync_to_async(shop.queue)("alerts")
    async with page_of(shop, shop.associate) as here, page_of(shop, shop.other_associate) as elsewhere:
        task = await sync_to_async(open_task)(alerts, site_id=shop.north.pk)
        ping = members_topic(shop.project.pk)
        came = await heard(here, lambda: announce(ping, "done"), "done")
        opened = [message["ids"] for message in came if message["event"] == "tasks.opened"]
        assert opened == [[str(task.pk)]]
        came = await heard(elsewhere, lambda: announce(ping, "done"), "done")
        assert {message["event"] for message in came} <= {"ping", "done"}


async def test_what_names_captures_of_every_site_is_for_those_who_lead(shop):
    def happen():
        announce(project_topic(shop.project.pk), "captures.finished", ["some-capture"])
        announce(members_topic(shop.project.pk), "done")

    for who, hears in [("associate", False), ("annotator", False), ("qa_lead", True), ("engineer", True)]:
        async with page_of(shop, getattr(shop, who)) as page:
            came = await heard(page, happen, "done")
            assert ("captures.finished" in {message["event"] for message in came}) is hears


async def test_what_a_client_sends_is_dropped_unread(shop):
    async with page_of(shop, shop.associate) as page:
        for text in ("{", "null", "x" * 100_000):
            await page.send_input({"type": "websocket.receive", "text": text})
        await page.send_input({"type": "websocket.receive", "bytes": b"\xff\x00"})
        await heard(page, lambda: announce(members_topic(shop.project.pk), "done"), "done")


def opened_after_a_cut(queue, **request):
    """An open task; this thread may be given a connection that another used while the pool was renewed."""
    try:
        return open_task(queue, **request)
    except OperationalError:
        connection.close()
        renew_pool()
        return open_task(queue, **request)


async def test_terminated_connections_heal_and_open_pages_are_told_to_catch_up(shop, cut):
    alerts = await sync_to_async(shop.queue)("alerts")
    async with page_of(shop, shop.associate) as page:
        for _ in range(3):
            assert await cut() >= 1
            await heard(page, lambda: None, "gap")
            task = await sync_to_async(opened_after_a_cut)(alerts, site_id=shop.north.pk)
            came = await heard(page, lambda: None, "tasks.opened")
            assert came[-1]["ids"] == [str(task.pk)]


async def test_the_next_requests_meet_no_dead_connection(shop, cut):
    pool = connection.pool
    idle = [pool.getconn() for _ in range(5)]
    for one in idle:
        pool.putconn(one)
    async with page_of(shop, shop.associate) as page:
        assert await cut() >= len(idle)
        await heard(page, lambda: None, "gap")
        found = [pool.getconn(timeout=SECONDS) for _ in idle]
        answers = [one.execute("SELECT 1").fetchone() for one in found]
        for one in found:
            pool.putconn(one)
    assert answers == [(1,)] * len(idle)


async def test_whoever_waits_is_woken_after_the_connections_were_cut(shop, cut):
    answers = []

    async def done():
        answers.append(len(answers) > 0)
        return answers[-1]

    async with page_of(shop, shop.associate), asyncio.timeout(SECONDS):
        waiting = asyncio.create_task(hub.wait_for("captures.finished", "some-capture", SECONDS, done))
        await cut()
        assert await waiting
    assert answers == [False, True]
