"""What a project wants blurred, filled in bytes before they are kept."""

from functools import lru_cache

from django.core.files.storage import storages

from labeling.identifying import CannotFind, Finder, redacted
from labeling.imagefile import ImageRefused
from labeling.queries.privacy import kinds_of, known_of
from labeling.redaction import Area
from people.models import Project


class CannotBlur(ImageRefused):
    """What the project wants blurred cannot be found here: nothing is kept until that is put right."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"This project has faces or number plates blurred, and that cannot be done now. {reason}"
        )


def is_asked(project: Project) -> bool:
    """Whether anything of the project's images is to be blurred."""
    return bool(kinds_of(known_of(project)))


def blurred(project: Project, data: bytes) -> tuple[bytes, list[Area]]:
    """The file as it may be kept, and what was filled of it; `data` itself where nothing was found.

    Raises CannotBlur, and ImageRefused for what is no picture.
    """
    kept = known_of(project)
    detector = (kept and kept.face_detector) or {}
    try:
        return redacted(data, _finder(kinds_of(kept), detector.get("key", "")))
    except CannotFind as error:
        raise CannotBlur(str(error)) from error


@lru_cache(maxsize=8)
def _finder(kinds: tuple[str, ...], key: str) -> Finder:
    """A detector lies under a key made of its content: it is never another."""
    if not key:
        return Finder(kinds)
    try:
        with storages["default"].open(key) as file:
            return Finder(kinds, file.read())
    except OSError as error:
        raise CannotFind(f"The face detector cannot be read: {error}") from error
