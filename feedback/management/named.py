"""The dataset that a command's arguments name."""

from django.core.management.base import CommandError

from feedback.models import DatasetVersion
from feedback.queries.datasets import newest_frozen
from people.models import Project


def dataset_named(slug: str, number: int | None) -> DatasetVersion:
    """The project's dataset of that number, or without one the newest frozen. Raises CommandError."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"There is no project {slug!r}.")
    found = project.datasets.filter(number=number).first() if number is not None else newest_frozen(project)
    if found is None:
        wanted = "frozen dataset" if number is None else f"dataset {number}"
        raise CommandError(f"{slug} has no {wanted}.")
    return found
