"""What a report's numbers stand for: labels, people, and what is known of the images."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import numpy as np

from labeling.domain.agreement.votes import Votes
from labeling.models import Image
from labeling.queries.agreement.measured import Ranges, codes, in_ranges
from people.models import Project, User

MOST_SETTINGS = 20_000
"""Looked up; a project where images differ in more ways than that has no kinds of images to compare."""
MOST_ALIKE = 1000
"""Images of one setting that are looked at for one that was not erased."""
LONGEST_VALUE = 60
"""Of a context, in characters, as in the votes."""


@dataclass(frozen=True)
class Basis:
    """labels: {key: id}, in order; names: usernames by user id; attributes: of each setting, {key: value}; edges: of
    the ranges of a context's numbers, by key.
    """

    labels: Mapping[str, int]
    names: Mapping[int, str]
    attributes: Mapping[int, Mapping[str, str]]
    edges: Ranges = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads; the order of labels is kept, which JSON objects in a database do not do."""
        kept = {
            "labels": [[key, number] for key, number in self.labels.items()],
            "names": {str(number): name for number, name in self.names.items()},
            "attributes": {str(setting): dict(given) for setting, given in self.attributes.items()},
        }
        # Reports frozen before there were ranges have none, and are made again without.
        return kept | (
            {"ranges": [[key, list(edges)] for key, edges in self.edges.items()]} if self.edges else {}
        )

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> "Basis":
        return cls(
            dict(read["labels"]),
            {int(number): name for number, name in read["names"].items()},
            {int(setting): given for setting, given in read["attributes"].items()},
            dict(read.get("ranges", ())),
        )

    def extended(self, votes: Votes, project: Project) -> "Basis":
        """With the people and settings of these votes too."""
        people = set(np.unique(votes.person).tolist()) - set(self.names)
        settings = set(np.unique(votes.setting).tolist()) - set(self.attributes)
        if not people and not settings:
            return self
        known = attributes(votes, settings, project, self.edges)
        return replace(self, names={**self.names, **names(people)}, attributes={**self.attributes, **known})


def declared(project: Project) -> dict[str, tuple[int, bool]]:
    """Every label of the project by key, in order: its id, and whether it is still in use."""
    rows = project.labels.order_by("position", "key").values_list("key", "pk", "retired_at")
    return {key: (number, retired_at is None) for key, number, retired_at in rows}


def names(people: Iterable[int]) -> dict[int, str]:
    """Usernames by id."""
    return dict(User.objects.filter(pk__in=list(people)).values_list("pk", "username"))


def attributes(
    votes: Votes, settings: Iterable[int], project: Project, edges: Ranges
) -> dict[int, dict[str, str]]:
    """What is known of an image of each setting: `source`, `site` (keys) and `context.KEY`: words, truth values, and
    the range that a number is in.
    """
    first = np.searchsorted(votes.item, np.arange(len(votes.images)))
    found, place = np.unique(votes.setting[first], return_index=True)
    wanted = np.isin(found, list(settings))
    found, place = found[wanted][:MOST_SETTINGS], place[wanted][:MOST_SETTINGS]
    of_image = {
        UUID(bytes=votes.images[item].tobytes()): setting
        for setting, item in zip(found.tolist(), place.tolist(), strict=True)
    }
    of_image = _that_still_tell(votes, votes.setting[first], of_image)
    rows = Image.objects.filter(pk__in=of_image).values_list(
        "pk", "source__key", "source__site__key", "context"
    )
    known = {of_image[image]: _known(source, site, context) for image, source, site, context in rows}
    if edges and of_image:
        for image, code in codes(project, list(of_image), edges):
            known[of_image[UUID(bytes=image.tobytes())]] |= in_ranges(int(code), edges)
    return known


def _that_still_tell(votes: Votes, settings: np.ndarray, of_image: Mapping[UUID, Any]) -> dict[UUID, Any]:
    """The same, another image of the setting in place of one that was erased: its own context is empty.

    `settings` [I] are the images'. Where all that are looked at were erased, the setting has no words any more.
    """
    erased = set(Image.objects.filter(pk__in=of_image, erased_at__isnull=False).values_list("pk", flat=True))
    found = dict(of_image)
    for image in erased:
        alike = votes.images[np.flatnonzero(settings == of_image[image])[:MOST_ALIKE]]
        ids = [UUID(bytes=each.tobytes()) for each in alike]
        other = Image.objects.filter(pk__in=ids, erased_at=None).values_list("pk", flat=True).first()
        if other is not None:
            found[other] = found.pop(image)
    return found


def _known(source: str | None, site: str | None, context: Mapping[str, Any]) -> dict[str, str]:
    told = {"source": source, "site": site}
    for key, value in context.items():
        if isinstance(value, bool):
            told[f"context.{key}"] = str(value).lower()
        elif isinstance(value, str) and len(value) <= LONGEST_VALUE:
            told[f"context.{key}"] = value
    return {key: value for key, value in told.items() if value is not None}
