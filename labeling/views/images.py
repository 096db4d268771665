"""The bytes of an image, at a signed address, for the one user it was made for."""

import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import storages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from labeling.models import Image
from labeling.queries.gold import image_behind
from labeling.queries.images import LIFETIME_SECONDS, bearer_of, visible_to
from labeling.queries.privacy import known_of
from labeling.services import looks, thumbnails
from people.models import User
from people.services.sign_in_codes import shift_of
from people.services.tokens import find_token

logger = logging.getLogger(__name__)

CHUNK = 256 * 1024
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@login_not_required
@require_safe
async def image(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The stored bytes, or with `small=1` a small copy; of an erased image a picture that says so.

    404 for whoever may not see them: to them there is no such image.

    The signature stands for its user where the request brings no credentials (an `<img>` sends no token); where it
    brings some, they must be that user's.
    """
    bearer = bearer_of(pk, request.GET.get("for", ""))
    if bearer is None:
        raise Http404("This address has expired or was never good; fetch the task again for a new one.")
    signed_in = await request.auser()
    if signed_in.is_authenticated and signed_in.pk != bearer[0]:
        raise Http404("This address is somebody else's.")
    found = await sync_to_async(_find)(pk, *bearer, request.headers.get("Authorization"))
    if found.erased_at is not None:
        return _erased(found)
    small = "small" in request.GET and not thumbnails.is_small(found)
    kept = known_of(found.project)
    recorded = kept is not None and kept.records_looks
    if recorded:
        await looks.record(looks.Look(bearer[0], found.project_id, found.pk, small))
    etag = f'"{found.stored_sha256 or found.sha256}{"-small" if small else ""}"'
    if etag in request.headers.get("If-None-Match", ""):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        file, length = await sync_to_async(_open, thread_sensitive=False)(found, small)
        kind = thumbnails.MEDIA_TYPE if small else found.media_type
        response = StreamingHttpResponse(_Chunks(file), content_type=kind)
        response["Content-Length"] = str(length)
        response["Content-Disposition"] = f'inline; filename="{found.sha256[:12]}.{SUFFIXES[kind]}"'
    response["ETag"] = etag
    # What the browser kept would be looked at again without a word.
    response["Cache-Control"] = "no-store" if recorded else f"private, max-age={LIFETIME_SECONDS}, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _erased(found: Image) -> HttpResponse:
    """In place of the picture, on whichever page it would stand: words, in its shape, and the status 410."""
    content = render_to_string(
        "labeling/image/erased.svg", {"image": found, "longer": max(found.width, found.height)}
    )
    response = HttpResponse(content, content_type="image/svg+xml", status=410)
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _find(pk: UUID, user_id: int, shift: str | None, authorization: str | None) -> Image:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None and shift is not None:
        user.shift = shift_of(user_id, shift)
        user = user if user.shift is not None else None
    images = visible_to(user) if user else Image.objects.none()
    if authorization is not None:
        token = find_token(authorization.partition(" ")[2].strip())
        images = (
            images.filter(project=token.project_id) if token and token.user_id == user_id else images.none()
        )
    images = images.select_related("project__privacy")
    found = images.filter(pk=pk).first()
    if found is None and user is not None and (behind := image_behind(user, pk)) is not None:
        found = images.filter(pk=behind).first()
    if found is None:
        raise Http404("There is no such image for you here.")
    return found


def _open(found: Image, small: bool) -> tuple[Any, int]:
    try:
        if small:
            return thumbnails.open_thumbnail(found)
        return storages[found.storage].open(found.key), found.bytes
    except FileNotFoundError:
        logger.error("The storage has lost the bytes of image %s (%s).", found.pk, found.key)
        raise Http404("The bytes of this image are gone.") from None


class _Chunks:
    """A file read piece by piece, off the event loop; Django closes it with the response, read or not."""

    def __init__(self, file: Any) -> None:
        self.file = file

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = sync_to_async(self.file.read, thread_sensitive=False)
        while chunk := await read(CHUNK):
            yield chunk

    def close(self) -> None:
        self.file.close()
