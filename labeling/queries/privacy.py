"""What a project says of its photographs, where each of them asks for it."""

from labeling.identifying import FACE, PLATE
from labeling.models import PrivacySettings
from people.models import Project


def known_of(project: Project) -> PrivacySettings | None:
    """The project's, if it has any, as they were when first asked for of this very object, or selected along."""
    return getattr(project, "privacy", None)


def kinds_of(kept: PrivacySettings | None) -> tuple[str, ...]:
    """What is to be blurred: face, plate, both or neither."""
    if kept is None:
        return ()
    return (FACE,) * kept.blurs_faces + (PLATE,) * kept.blurs_plates
