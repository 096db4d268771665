"""What a report's numbers stand for: labels, people, and what is known of the images."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from labeling.domain.agreement.votes import Votes
from labeling.models import Image
from people.models import Project, User

MOST_SETTINGS = 20_000
"""Looked up; a project where images differ in more ways than that has no kinds of images to compare."""
LONGEST_VALUE = 60
"""Of a context, in characters, as in the votes."""


@dataclass(frozen=True)
class Basis:
    """labels: {key: id}, in order; names: usernames by user id; attributes: of each setting, {key: value}."""

    labels: Mapping[str, int]
    names: Mapping[int, str]
    attributes: Mapping[int, Mapping[str, str]]

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads; the order of labels is kept, which JSON objects in a database do not do."""
        return {
            "labels": [[key, number] for key, number in self.labels.items()],
            "names": {str(number): name for number, name in self.names.items()},
            "attributes": {str(setting): dict(given) for setting, given in self.attributes.items()},
        }

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> "Basis":
        return cls(
            dict(read["labels"]),
            {int(number): name for number, name in read["names"].items()},
            {int(setting): given for setting, given in read["attributes"].items()},
        )

    def extended(self, votes: Votes) -> "Basis":
        """With the people and settings of these votes too."""
        people = set(np.unique(votes.person).tolist()) - set(self.names)
        settings = set(np.unique(votes.setting).tolist()) - set(self.attributes)
        if not people and not settings:
            return self
        return Basis(
            self.labels, {**self.names, **names(people)}, {**self.attributes, **attributes(votes, settings)}
        )


def declared(project: Project) -> dict[str, tuple[int, bool]]:
    """Every label of the project by key, in order: its id, and whether it is still in use."""
    rows = project.labels.order_by("position", "key").values_list("key", "pk", "retired_at")
    return {key: (number, retired_at is None) for key, number, retired_at in rows}


def names(people: Iterable[int]) -> dict[int, str]:
    """Usernames by id."""
    return dict(User.objects.filter(pk__in=list(people)).values_list("pk", "username"))


def attributes(votes: Votes, settings: Iterable[int]) -> dict[int, dict[str, str]]:
    """What is known of an image of each setting: `source`, `site` (keys) and `context.KEY`, words and truth values."""
    first = np.searchsorted(votes.item, np.arange(len(votes.images)))
    found, place = np.unique(votes.setting[first], return_index=True)
    wanted = np.isin(found, list(settings))
    found, place = found[wanted][:MOST_SETTINGS], place[wanted][:MOST_SETTINGS]
    of_image = {
        UUID(bytes=votes.images[item].tobytes()): setting
        for setting, item in zip(found.tolist(), place.tolist(), strict=True)
    }
    rows = Image.objects.filter(pk__in=of_image).values_list(
        "pk", "source__key", "source__site__key", "context"
    )
    return {of_image[image]: _known(source, site, context) for image, source, site, context in rows}


def _known(source: str | None, site: str | None, context: Mapping[str, Any]) -> dict[str, str]:
    told = {"source": source, "site": site}
    for key, value in context.items():
        if isinstance(value, bool):
            told[f"context.{key}"] = str(value).lower()
        elif isinstance(value, str) and len(value) <= LONGEST_VALUE:
            told[f"context.{key}"] = value
    return {key: value for key, value in told.items() if value is not None}
