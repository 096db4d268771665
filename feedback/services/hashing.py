"""Looking at the images of examples before a freeze: their difference hashes, computed once and kept."""

from collections.abc import Callable
from uuid import UUID

from feedback.queries import datasets
from labeling.differencehash import AT_LEAST, difference_hash
from labeling.imagefile import ImageRefused, open_upright
from labeling.models import Image
from labeling.services import images
from people.models import Project

PAGE = 100


def hash_images(project: Project, on_progress: Callable[[int], None] = lambda done: None) -> dict[UUID, str]:
    """Store the difference hash of every image that has an example and no hash yet, a page at a time.

    Returns those whose bytes cannot be read, by id, with the reason: nobody could train on them either.
    """
    unreadable = {}
    done = 0
    for page in datasets.pages(datasets.unhashed(project), PAGE):
        looked_at = []
        for image in (example.image for example in page):
            try:
                image.difference_hash = difference_hash(open_upright(images.read(image), at_least=AT_LEAST))
            except (OSError, ImageRefused) as error:
                unreadable[image.pk] = f"{image} ({image.sha256[:12]}): {error}"
            else:
                looked_at.append(image)
        Image.objects.bulk_update(looked_at, ["difference_hash"])
        done += len(page)
        on_progress(done)
    return unreadable
