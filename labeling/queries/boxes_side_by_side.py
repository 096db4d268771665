"""The images behind a cell of confusion between boxes: one person drew a thing as this, another as that, or not."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

from labeling.domain.agreement.boxes import NOTHING, images, matched
from labeling.domain.agreement.filters import Filters
from labeling.domain.agreement.votes import Votes
from labeling.queries.agreement.things import IOU, MATCHER, boxes_of, latest, values_of
from labeling.queries.agreement.votes import read
from labeling.queries.side_by_side import A_PAGE, Beside, side_by_side
from people.models import Project

About = frozenset[tuple[int, str]]

BLOCK = 200
"""Images whose boxes are looked at together."""


def behind_boxes(
    project: Project, filters: Filters, a: str, b: str, *, before: UUID | None = None
) -> tuple[list[Beside], UUID | None]:
    """A page of the images with a thing that one person called `a` and another `b`, the newest first.

    a, b: keys of labels, or NOTHING for whoever was shown the image and drew nothing there. The things are those of
    the report under the filters: of the same images, matched in the same way. `about` names the regions of them.
    With it where the next page begins, to be given as `before`; None on the last.
    """
    found: dict[UUID, About] = {}
    for image, regions in _meeting(project, filters, a, b, before):
        found[image] = regions
        if len(found) > A_PAGE:
            break
    shown = list(found)[:A_PAGE]
    page = [replace(one, about=found[one.image.pk]) for one in side_by_side(project, shown)]
    return page, shown[-1] if len(found) > A_PAGE else None


def _meeting(
    project: Project, filters: Filters, a: str, b: str, before: UUID | None
) -> Iterator[tuple[UUID, About]]:
    labels = dict(project.labels.order_by("position", "key").values_list("key", "pk"))
    votes = latest(read(project, list(labels.values()), filters))
    of_image = np.searchsorted(votes.item, np.arange(len(votes.images) + 1))
    end = len(votes.images)
    while end > 0:
        start = max(0, end - BLOCK)
        inside = np.zeros(len(votes), dtype=bool)
        inside[of_image[start] : of_image[end]] = True
        yield from _of_block(votes.only(inside), project, list(labels), a, b, before)
        end = start


def _of_block(
    votes: Votes, project: Project, labels: list[str], a: str, b: str, before: UUID | None
) -> Iterator[tuple[UUID, About]]:
    ids = [UUID(bytes=image.tobytes()) for image in votes.images]
    values = values_of(votes, project)
    worth = np.array([before is None or pk < before for pk in ids], dtype=bool)
    for label in {a, b} - {NOTHING}:
        worth &= _with(votes, values, label)
    kept = votes.of_images(worth)
    people, annotator = np.unique(kept.person, return_inverse=True)
    boxes, regions = boxes_of(kept, annotator, values, labels, [str(person) for person in people])
    places = {key: place for place, key in enumerate([*labels, NOTHING])}
    for drawn in reversed(images(boxes)):
        rows = matched(drawn, matcher=MATCHER, least=IOU).meeting(places[a], places[b], len(labels))
        if rows is not None:
            about = frozenset((int(people[boxes.annotator[row]]), regions[row]) for row in rows.tolist())
            yield UUID(bytes=kept.images[drawn.item].tobytes()), about


def _with(votes: Votes, values: Mapping[int, Mapping[str, Any]], label: str) -> Any:
    """Which images, mask of shape (images,), somebody drew a box of the label in."""
    holds = np.array(
        [
            any(region["label"] == label for region in values[number]["regions"])
            for number in votes.number.tolist()
        ],
        dtype=bool,
    )
    found = np.zeros(len(votes.images), dtype=bool)
    found[votes.item[holds]] = True
    return found
