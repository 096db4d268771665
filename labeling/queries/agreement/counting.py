"""Votes counted under filters, and the report over exactly those; from nothing, or with some images anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from labeling.domain.agreement.estimates import estimates
from labeling.domain.agreement.filters import Filters
from labeling.domain.agreement.matrices import Large
from labeling.domain.agreement.overview import overview
from labeling.domain.agreement.tally import Tally, combined, loaded, tally
from labeling.domain.agreement.votes import REGIONS, Votes
from labeling.models import AgreementStatistics
from labeling.queries.agreement import things
from labeling.queries.agreement.basis import MOST_SETTINGS, Basis, attributes, declared, names
from labeling.queries.agreement.beside_model import beside_model
from labeling.queries.agreement.hashing import data_hash
from labeling.queries.agreement.measured import in_force, with_ranges
from labeling.queries.agreement.votes import read
from people.enums import TaskType
from people.models import Project

BOOTSTRAP = 1_000


@dataclass(frozen=True)
class Counted:
    """The votes of some filters up to one of them, counted, and what their numbers stand for.

    large: what only some readers ask for; empty where what was kept is brought up to date.
    """

    tally: Tally
    basis: Basis
    estimates: dict[str, Any]
    up_to: int
    large: Large = field(default_factory=Large, repr=False)


def count(project: Project, filters: Filters, up_to: int) -> Counted:
    """From the votes themselves, with the labels, names and ranges of now, and the model beside people."""
    votes, basis = _basis(project, filters, up_to)
    counted = _counted(project, votes, basis, up_to)
    if project.task_type == TaskType.CLASSIFICATION:
        counted.estimates["model"] = beside_model(votes, list(basis.labels), bootstrap=BOOTSTRAP)
    return counted


def frozen(
    project: Project, filters: Filters, up_to: int, basis: Basis | None = None
) -> tuple[Counted, str, int]:
    """Counted for good: with the sha256 of the votes, and how many they are; under a basis kept earlier, if given.

    Left out is what does not follow from votes alone: the model beside people.
    """
    if basis is None:
        votes, basis = _basis(project, filters, up_to)
    else:
        votes = with_ranges(
            read(project, list(basis.labels.values()), filters, up_to=up_to), project, basis.edges
        )
    values = {}
    if project.task_type == TaskType.DETECTION:
        values = things.values_of(votes.only(votes.label == REGIONS), project)
    return _counted(project, votes, basis, up_to), data_hash(votes, basis, values), len(votes)


def stored(known: AgreementStatistics) -> Counted:
    """What `known` keeps."""
    basis = Basis.from_json(known.estimates["basis"])
    return Counted(loaded(bytes(known.tally)), basis, known.estimates, known.up_to)


def with_images(
    counted: Counted, project: Project, filters: Filters, images: list[UUID], up_to: int
) -> Counted:
    """The same with all that was said of these images up to a later vote, in the place of what had been said."""
    ids, edges = list(counted.basis.labels.values()), counted.basis.edges
    before, now = (
        with_ranges(read(project, ids, filters, up_to=vote, images=images), project, edges)
        for vote in (counted.up_to, up_to)
    )
    total = combined((counted.tally, 1), (tally(before, len(ids)), -1), (tally(now, len(ids)), 1))
    return replace(counted, tally=total, basis=counted.basis.extended(now, project), up_to=up_to)


def figures_of(counted: Counted, filters: Filters, as_of: datetime) -> dict[str, Any]:
    """The report over exactly what was counted; see `services.agreement.report`."""
    at = as_of.isoformat()
    known = counted.estimates
    figures = overview(
        counted.tally,
        known.get("labels") or list(counted.basis.labels),
        counted.basis.names,
        counted.basis.attributes,
        known,
        bootstrap=BOOTSTRAP,
    )
    if known.get("boxes"):
        figures["boxes"] = known["boxes"]
        # Drawn by image: what is in one picture stands or falls together.
        figures["coefficients"]["krippendorff_alpha"] = known["boxes"]["alpha"]
    shown: Mapping[str, Any] = {"model": known["model"]} if known.get("model") else {}
    return {
        "filters": filters.as_query(),
        "up_to": counted.up_to,
        "as_of": at,
        "intervals_as_of": at,
        **figures,
        **shown,
    }


def _counted(project: Project, votes: Votes, basis: Basis, up_to: int) -> Counted:
    labels = list(basis.labels)
    if project.task_type == TaskType.DETECTION:
        drawn = things.drawn(votes, project, labels, basis.names)
        table, judged = drawn.tally(), drawn.estimates(basis.names, bootstrap=BOOTSTRAP)
    else:
        table = tally(votes, len(labels))
        judged = estimates(votes, labels, basis.names, bootstrap=BOOTSTRAP)
    matrices = judged["dawid_skene"].pop("annotators") if judged["dawid_skene"] else {}
    return Counted(table, basis, judged, up_to, Large(matrices, judged.pop("posteriors")))


def _basis(project: Project, filters: Filters, up_to: int) -> tuple[Votes, Basis]:
    """The votes, and what their numbers stand for by now."""
    votes, labels = _votes(project, filters, up_to)
    edges = in_force(project)
    ranged = with_ranges(votes, project, edges)
    while len(np.unique(ranged.setting)) > MOST_SETTINGS and edges:
        # So many kinds of images could not be told from each other: rather fewer numbers than fewer images.
        edges.popitem()
        ranged = with_ranges(votes, project, edges)
    people = names(np.unique(votes.person).tolist())
    known = attributes(ranged, np.unique(ranged.setting).tolist(), project, edges)
    return ranged, Basis(labels, people, known, edges)


def _votes(project: Project, filters: Filters, up_to: int) -> tuple[Votes, dict[str, int]]:
    """The votes, and the labels that count: those in use, and those retired that somebody gave before they were."""
    every = declared(project)
    votes = read(project, [number for number, _ in every.values()], filters, up_to=up_to)
    given = np.isin(np.arange(len(every)), votes.label)
    if project.task_type == TaskType.DETECTION:
        given = np.array([not in_use and things.is_drawn(project, key) for key, (_, in_use) in every.items()])
    kept = np.array(
        [used or in_use for used, (_, in_use) in zip(given, every.values(), strict=True)], dtype=bool
    )
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    labels = {key: number for (key, (number, _)), keep in zip(every.items(), kept, strict=True) if keep}
    if kept.all():
        return votes, labels
    return replace(votes, label=np.where(votes.label >= 0, place[votes.label], votes.label)), labels
