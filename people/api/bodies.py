"""How long a request's body may be, and may take: refused before it is read whole, as ASGI or as Django sees it."""

import asyncio
import json
import re
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, resolve
from rest_framework.request import Request

from people.api.problems import MEDIA_TYPE, Problem, members

OVERHEAD = 1024 * 1024
"""What the other parts, names and boundaries of a multipart body may add to its files."""

MATCH = "vouch.match"
"""Where a request's scope has what `resolve` makes of its path, or None: found once, used by the handler too."""

LONGEST_KEPT = 100
"""Characters of a path whose match is kept for the next request of it: whoever sends longer ones fills no memory."""

ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
BLANKS = [str(UUID(int=number)) for number in range(3)]
"""In the place of a path's ids: what is at a path does not hang on which image or task it is of."""

PATIENCE_SECONDS, SLOWEST_BYTES_PER_SECOND = 20, 8 * 1024
"""A body must be whole this long after its first byte, and as much later as it would take at that pace."""

TOO_SLOW = (
    f"The body did not come within {PATIENCE_SECONDS} s and the time it takes at "
    f"{SLOWEST_BYTES_PER_SECOND // 1024} KB a second; nothing was kept: send it again."
)

DISCARD_BYTES, DISCARD_SECONDS = 64 * 1024 * 1024, 10
"""How much longer a refused client is listened to."""


def most_bytes(view: Any) -> int:
    """The limit of a view class: its `most_body_bytes`, else what Django takes for a form."""
    return getattr(view, "most_body_bytes", None) or settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def words(most: int) -> str:
    """The refusal, for a person."""
    return f"The body is larger than the {most / 2**20:g} MB this address takes; send less at a time."


def errors_of(view: Any, most: int) -> dict[str, list[str]]:
    """The refusal under the field that makes a body of this view long: its `bulk`."""
    return {getattr(view, "bulk", "body"): [words(most)]}


def check_length(request: Request, view: Any) -> None:
    """Raise 413 too-large where the body announces more than the view takes."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    most = most_bytes(view)
    if length.isdecimal() and int(length) > most:
        raise Problem("too-large", 413, words(most), errors_of(view, most))


class Bounded:
    """An ASGI application that stops reading at the limit: Django alone spools a body of any length to disk.

    It also stops where a body dribbles in: whoever sends a byte now and then would hold a connection for good.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        match = scope[MATCH] = match_of(scope["path"])
        function = match and match.func
        view = getattr(function, "view_class", getattr(function, "cls", None))
        most = most_bytes(view)
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > most:
            await _refuse(receive, send, view, most)
            return
        taken, whole, slow = 0, False, False
        loop = asyncio.get_running_loop()
        begun = loop.time()

        async def counted() -> dict[str, Any]:
            nonlocal taken, whole, slow
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(begun + PATIENCE_SECONDS + taken / SLOWEST_BYTES_PER_SECOND):
                    message = await receive()
            except TimeoutError:
                slow = True
            else:
                if message["type"] != "http.request":
                    return message
                taken += len(message.get("body", b""))
                whole = not message.get("more_body")
                if taken <= most:
                    return message
            # To Django this is a client that went away: it drops what it has, and nothing is answered twice.
            return {"type": "http.disconnect"}

        await self.application(scope, counted, send)
        if slow:
            await _give_up(send)
        elif taken > most:
            await _refuse(receive, send, view, most)


def match_of(path: str) -> ResolverMatch | None:
    """What is at the path, or None where there is nothing."""
    ids = ID.findall(path)
    if len(path) > LONGEST_KEPT or len(ids) > len(BLANKS):
        return _match_of(path)
    if not ids:
        return _known(path)
    blanks = dict(zip(BLANKS, ids, strict=False))
    places = iter(blanks)
    match = _known(ID.sub(lambda _: next(places), path))
    return match and _filled(match, blanks)


def _match_of(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


# A tenth of what a short request costs the interpreter: Django tries a hundred patterns one after the other.
_known = lru_cache(maxsize=1000)(_match_of)


def _filled(match: ResolverMatch, ids: dict[str, str]) -> ResolverMatch:
    """The match of the same path with these ids for blanks."""

    def given(value: Any) -> Any:
        text = str(value)
        for blank, one in ids.items():
            text = text.replace(blank, one)
        return type(value)(text) if isinstance(value, str | UUID) else value

    kwargs = {name: given(value) for name, value in match.kwargs.items()}
    return ResolverMatch(
        match.func,
        tuple(given(value) for value in match.args),
        kwargs,
        url_name=match.url_name,
        app_names=match.app_names,
        namespaces=match.namespaces,
        route=match.route,
        captured_kwargs={name: kwargs[name] for name in match.captured_kwargs or ()},
        extra_kwargs=match.extra_kwargs,
    )


async def _give_up(send: Any) -> None:
    body = json.dumps(members("too-slow", 408, TOO_SLOW)).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 408, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _refuse(receive: Any, send: Any, view: Any, most: int) -> None:
    body = json.dumps(members("too-large", 413, words(most), errors_of(view, most))).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    # Closing on a client that is still sending resets its connection, and it never reads why: let it finish.
    await _discard(receive)
    await send({"type": "http.response.body", "body": b""})


async def _discard(receive: Any) -> None:
    discarded = 0
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            while discarded < DISCARD_BYTES:
                message = await receive()
                discarded += len(message.get("body", b""))
                if not message.get("more_body"):
                    return
    except TimeoutError:
        pass
