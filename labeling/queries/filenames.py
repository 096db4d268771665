"""Which images of a project go by a name or a hash."""

from collections import defaultdict
from collections.abc import Collection

from labeling.models import Image
from people.models import Project


def named(
    project: Project, names: Collection[str], hashes: Collection[str] = ()
) -> tuple[dict[str, list[Image]], dict[str, Image]]:
    """The images with each of the file names, and those with each of the sha256, in one query each."""
    images = Image.objects.only("id", "filename", "sha256", "width", "height", "source_id")
    by_name: dict[str, list[Image]] = defaultdict(list)
    for image in images.filter(project=project, filename__in=names).order_by("id") if names else ():
        by_name[image.filename].append(image)
    found = images.filter(project=project, sha256__in=hashes) if hashes else ()
    return by_name, {image.sha256: image for image in found}
