"""A detection project's answers as votes about things: every thing that anybody drew is one, or was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np

from labeling.domain.agreement.answers import Indices
from labeling.domain.agreement.box_agreement import box_report
from labeling.domain.agreement.boxes import NOTHING, Boxes, as_answers, images, matched
from labeling.domain.agreement.estimates import estimates
from labeling.domain.agreement.tally import Tally, tally
from labeling.domain.agreement.votes import REGIONS, Votes
from labeling.models import Answer, Vote
from people.models import Project

MATCHER, IOU = "greedy", 0.5
MOST_IMAGES = 2_000
"""The latest of them: bringing boxes together takes about a millisecond an image."""


@dataclass(frozen=True)
class Things:
    """votes: one for each thing and each person who was shown its image; `label` may be the last, "nothing here".

    of: the images there were, of which the latest were brought together.
    """

    boxes: Boxes
    answers: Votes
    votes: Votes
    labels: Sequence[str]
    of: int

    def tally(self) -> Tally:
        """Of the things; the pace is that of answers."""
        of_things = tally(self.votes, len(self.labels))
        paced = tally(replace(self.answers, label=np.zeros(len(self.answers), dtype=np.int64)), 1)
        same = np.searchsorted(of_things.people, paced.people)
        pace = paced.cells["pace"]
        pace = replace(pace, at=np.column_stack((same[pace.column(0)], pace.column(1))))
        return replace(of_things, cells={**of_things.cells, "pace": pace})

    def estimates(self, names: Mapping[int, str], *, bootstrap: int) -> dict[str, Any]:
        """As of other votes; and `boxes`, see `box_report`, `of` so many images; `labels`, those of the things."""
        boxes = box_report(self.boxes, matcher=MATCHER, least=IOU, bootstrap=bootstrap)
        found = estimates(self.votes, self.labels, names, bootstrap=bootstrap)
        return found | {"boxes": boxes | {"of": self.of}, "labels": list(self.labels)}


def latest(votes: Votes) -> Votes:
    """The votes with regions, on the latest images that are brought together."""
    votes = votes.only(votes.label == REGIONS)
    kept = np.zeros(len(votes.images), dtype=bool)
    kept[-MOST_IMAGES:] = True
    return votes.of_images(kept)


def drawn(votes: Votes, project: Project, labels: Sequence[str], names: Mapping[int, str]) -> Things:
    """What was drawn by those votes, brought together by image; of the latest images alone."""
    of = len(np.unique(votes.item[votes.label == REGIONS]))
    votes = latest(votes)
    people = np.unique(votes.person)
    order = sorted(people.tolist(), key=lambda person: names[person])
    place = {person: number for number, person in enumerate(order)}
    annotator = np.array([place[person] for person in votes.person.tolist()], dtype=np.int64)
    boxes, _ = boxes_of(
        votes, annotator, values_of(votes, project), labels, [names[person] for person in order]
    )
    found = [matched(image, matcher=MATCHER, least=IOU) for image in images(boxes)]
    said = as_answers(boxes, found)
    image = np.array([each.drawn.item for each in found for _ in each.box], dtype=np.int64)
    # Which answer a vote about a thing comes from.
    row = {
        pair: number for number, pair in enumerate(zip(votes.item.tolist(), annotator.tolist(), strict=True))
    }
    pairs = zip(image[said.item].tolist(), said.annotator.tolist(), strict=True)
    source = np.array([row[pair] for pair in pairs], dtype=np.int64)
    columns = ("person", "guideline", "setting", "tenths", "week", "blind", "number")
    of_things = replace(
        votes,
        images=votes.images[image],
        item=said.item,
        label=said.label,
        **{name: getattr(votes, name)[source] for name in columns},
    )
    return Things(boxes, votes, of_things, [*labels, NOTHING], of)


def boxes_of(
    votes: Votes,
    annotator: Indices,
    values: Mapping[int, Mapping[str, Any]],
    labels: Sequence[str],
    names: Sequence[str],
) -> tuple[Boxes, list[str]]:
    """What those votes with regions drew, and the id of the region that each box was; of these labels alone.

    annotator: of each vote, the place among `names`; values: by the vote's number.
    """
    places = {key: number for number, key in enumerate(labels)}
    rows, corners, regions = [], [], []
    for number, item, who in zip(votes.number.tolist(), votes.item.tolist(), annotator.tolist(), strict=True):
        for region in values[number]["regions"]:
            if region["label"] in places:
                rows.append((item, who, places[region["label"]]))
                corners.append(region["box"])
                regions.append(region["id"])
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    boxes = Boxes(
        [UUID(bytes=image.tobytes()).hex for image in votes.images],
        names,
        list(labels),
        table[:, 0],
        table[:, 1],
        table[:, 2],
        np.array(corners, dtype=np.float64).reshape(-1, 4),
        np.column_stack((votes.item, annotator)),
    )
    return boxes, regions


def is_drawn(project: Project, label: str) -> bool:
    """Whether anybody ever drew a box of that label."""
    return Answer.objects.filter(project=project, value__contains={"regions": [{"label": label}]}).exists()


def values_of(votes: Votes, project: Project) -> dict[int, dict[str, Any]]:
    """The value of the answer behind each vote, by the vote's number."""
    of_vote = dict(
        Vote.objects.filter(project=project, number__in=votes.number.tolist()).values_list(
            "answer_id", "number"
        )
    )
    rows = Answer.objects.filter(pk__in=of_vote).values_list("pk", "value")
    return {of_vote[answer]: value for answer, value in rows}
