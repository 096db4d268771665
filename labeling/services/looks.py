"""Who looked at which images: in the audit log before the picture goes out, those of one moment in one write."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import transaction

from people.models import User
from people.services import audit

TOGETHER_SECONDS = 0.02
"""A page of pictures asks for them all at once: so long a look waits for others."""


@dataclass(frozen=True, slots=True)
class Look:
    """`small`: at a small copy."""

    user: int
    project: UUID
    image: UUID
    small: bool


@dataclass(eq=False, slots=True)
class _Batch:
    looks: list[Look] = field(default_factory=list)
    written: "asyncio.Task[None] | None" = None


_open: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Batch]" = WeakKeyDictionary()


async def record(look: Look) -> None:
    """Return once the look is in the audit log. Raises what the database raises: then the picture must not go out."""
    loop = asyncio.get_running_loop()
    batch = _open.get(loop)
    if batch is None:
        batch = _open[loop] = _Batch()
        batch.written = loop.create_task(_gather(loop, batch))
    batch.looks.append(look)
    # Who goes away does not take the others' looks along.
    await asyncio.shield(batch.written)


async def _gather(loop: asyncio.AbstractEventLoop, batch: _Batch) -> None:
    try:
        await asyncio.sleep(TOGETHER_SECONDS)
    finally:
        del _open[loop]
    await sync_to_async(write)(batch.looks)


@transaction.atomic
def write(looks: Sequence[Look]) -> None:
    """One audit event for each person and project, however many images."""
    found: dict[tuple[int, UUID], dict[str, str]] = defaultdict(dict)
    for look in looks:
        images = found[look.user, look.project]
        if images.get(str(look.image)) != "whole":
            images[str(look.image)] = "small" if look.small else "whole"
    people = User.objects.in_bulk({user for user, _ in found})
    for (user, project), images in found.items():
        audit.record(
            actor=people[user],
            action="image.seen",
            target=f"{len(images)} images" if len(images) > 1 else f"Image {next(iter(images))}",
            project_id=project,
            detail={"images": images},
        )
