"""Which images of a project go by a name or a hash."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import F, Func, Value
from django.db.models.functions import Replace

from labeling.models import Image
from people.models import Project
from people.queries.given import given_texts

FIELDS = ("id", "filename", "sha256", "width", "height", "source_id", "erased_at")


def named(
    project: Project, names: Collection[str], hashes: Collection[str] = ()
) -> tuple[dict[str, list[Image]], dict[str, Image]]:
    """The images with each of the file names, and those with each of the sha256, in one query each."""
    images = Image.objects.only(*FIELDS)
    by_name: dict[str, list[Image]] = defaultdict(list)
    for image in (
        images.filter(project=project, filename__in=given_texts(names)).order_by("id") if names else ()
    ):
        by_name[image.filename].append(image)
    found = images.filter(project=project, sha256__in=given_texts(hashes)) if hashes else ()
    return by_name, {image.sha256: image for image in found}


def tidied(project: Project, names: Collection[str]) -> dict[str, list[Image]]:
    """The images whose names an upload elsewhere would have tidied to one of these: a blank is `_`, and what is
    neither a letter, a digit, `-`, `_` nor `.` goes. Reads all filenames of the project."""
    rows = Image.objects.filter(project=project).annotate(
        tidy=Func(
            Replace(F("filename"), Value(" "), Value("_")),
            Value(r"[^-\w.]"),
            Value(""),
            Value("g"),
            function="regexp_replace",
        )
    )
    found: dict[str, list[Image]] = defaultdict(list)
    for image in rows.only(*FIELDS).filter(tidy__in=given_texts(names)).order_by("id"):
        found[image.tidy].append(image)
    return found
