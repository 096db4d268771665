"""Images that a project took in earlier brought to what it would keep of them today."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from labeling.enums import RedactionCause
from labeling.imagefile import ImageRefused
from labeling.imagemetadata import without_metadata
from labeling.models import Image
from labeling.queries.privacy import kinds_of, known_of
from labeling.redaction import Area
from labeling.services.blurring import CannotBlur, blurred
from labeling.services.redacting import write_anew
from people.models import Project

BATCH = 200


@dataclass
class Rewritten:
    """How far it has come: images `looked` at, those of them written anew and the parts filled in these, those that
    could not be read, and the `last` looked at."""

    looked: int = 0
    written: int = 0
    filled: int = 0
    unreadable: int = 0
    last: UUID | None = None


def rewrite(
    *, project: Project, after: UUID | None = None, heard: Callable[[Rewritten], None] = lambda so_far: None
) -> Rewritten:
    """Leave the metadata out of the project's images, and fill what it wants blurred; `heard` is told after each.

    One image after the other, each a transaction of its own, in the order of their ids, from behind `after` on. What is
    so already stays untouched, so that again changes nothing. Raises CannotBlur before the image that it is true of.
    """
    so_far = Rewritten(last=after)
    blurs = bool(kinds_of(known_of(project)))

    def to(data: bytes) -> tuple[bytes, list[Area]]:
        clean = without_metadata(data)
        return blurred(project, clean) if blurs else (clean, [])

    for image in _images(project, after):
        cause = RedactionCause.FOUND if blurs else RedactionCause.METADATA
        try:
            made = write_anew(image=image, to=to, cause=cause)
        except CannotBlur:
            raise
        except (ImageRefused, FileNotFoundError):
            so_far.unreadable += 1
            made = None
        so_far.looked += 1
        so_far.last = image.pk
        if made is not None:
            so_far.written += 1
            so_far.filled += len(made.areas)
        heard(so_far)
    return so_far


def _images(project: Project, after: UUID | None) -> Iterator[Image]:
    """By keyset pages: a cursor held for hours would keep what is dead from being swept."""
    rows = Image.objects.filter(project=project, erased_at=None).order_by("pk")
    while True:
        page = list((rows.filter(pk__gt=after) if after else rows)[:BATCH])
        yield from page
        if len(page) < BATCH:
            return
        after = page[-1].pk
