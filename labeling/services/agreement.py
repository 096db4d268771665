"""A project's agreement report: made once, kept, and brought up to date by the images that were voted on since."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.utils import timezone

from labeling.domain.agreement.estimates import estimates
from labeling.domain.agreement.filters import Filters
from labeling.domain.agreement.overview import overview
from labeling.domain.agreement.tally import FORM, Tally, combined, loaded, tally
from labeling.domain.agreement.votes import Votes
from labeling.models import AgreementStatistics
from labeling.queries.agreement import horizon
from labeling.queries.agreement.basis import Basis, attributes, declared, names
from labeling.queries.agreement.votes import read
from people.models import Project

BOOTSTRAP = 1_000
SMALL = 20_000
"""Votes up to which a report is made anew whenever there is another: it takes no time, and intervals never lag."""
MOST_ADDED = 5_000
"""Votes since the last full count; beyond them counting anew is as quick."""
LONGEST_LAG = timedelta(hours=1)
"""Of intervals and estimates behind the point values."""


@dataclass(frozen=True)
class Counted:
    """The votes of some filters up to one of them, counted, and what their numbers stand for."""

    tally: Tally
    basis: Basis
    estimates: dict[str, Any]
    up_to: int


def report(*, project: Project, filters: Filters, small: int = SMALL) -> dict[str, Any]:
    """Every figure of a classification project under the filters: see `overview`, and `filters`, `up_to`, `as_of`,
    `intervals_as_of`.

    Point values are of all that was said by now. Intervals, Dawid and Skene's model and the ranking of disputed
    images are as of `intervals_as_of` where more than `small` votes count; they lag an hour at most, or 5,000 votes.
    """
    up_to, settled = horizon.last_vote(project.pk)
    key = key_of(project, filters)
    known = AgreementStatistics.objects.filter(project=project, key=key).defer("tally").first()
    if known is not None and known.figures_up_to == up_to and settled:
        return known.figures
    if known is not None and (figures := _renewed(known, project, filters, small, up_to)) is not None:
        if settled:
            AgreementStatistics.objects.filter(pk=known.pk, figures_up_to__lt=up_to).update(
                figures=figures, figures_up_to=up_to
            )
        return figures
    counted = count(project, filters, up_to)
    figures = figures_of(counted, filters)
    if settled:
        _keep(project, key, counted, figures)
    return figures


def key_of(project: Project, filters: Filters) -> str:
    """Under which the statistics of these filters are kept; another whenever labels are added or retired."""
    said = [FORM, BOOTSTRAP, filters.as_query(), list(declared(project).items())]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def count(project: Project, filters: Filters, up_to: int) -> Counted:
    """From the votes themselves."""
    votes, labels = _votes(project, filters, up_to)
    people = names(np.unique(votes.person).tolist())
    settings = np.unique(votes.setting).tolist()
    basis = Basis(labels, people, attributes(votes, settings))
    return Counted(
        tally(votes, len(labels)),
        basis,
        estimates(votes, list(labels), people, bootstrap=BOOTSTRAP),
        up_to,
    )


def figures_of(counted: Counted, filters: Filters) -> dict[str, Any]:
    """The report over exactly what was counted."""
    now = timezone.now().isoformat()
    return {
        "filters": filters.as_query(),
        "up_to": counted.up_to,
        "as_of": now,
        "intervals_as_of": now,
        **overview(
            counted.tally,
            list(counted.basis.labels),
            counted.basis.names,
            counted.basis.attributes,
            counted.estimates,
            bootstrap=BOOTSTRAP,
        ),
    }


def _votes(project: Project, filters: Filters, up_to: int) -> tuple[Votes, dict[str, int]]:
    """The votes, and the labels that count: those in use, and those retired that somebody gave before they were."""
    every = declared(project)
    votes = read(project, [number for number, _ in every.values()], filters, up_to=up_to)
    given = np.isin(np.arange(len(every)), votes.label)
    kept = np.array(
        [used or in_use for used, (_, in_use) in zip(given, every.values(), strict=True)], dtype=bool
    )
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    labels = {key: number for (key, (number, _)), keep in zip(every.items(), kept, strict=True) if keep}
    if kept.all():
        return votes, labels
    return replace(votes, label=np.where(votes.label >= 0, place[votes.label], votes.label)), labels


def _renewed(
    known: AgreementStatistics, project: Project, filters: Filters, small: int, up_to: int
) -> dict[str, Any] | None:
    """The figures with what was said since; None where it is time to count anew."""
    if known.figures["annotations"] <= small or timezone.now() - known.made_at > LONGEST_LAG:
        return None
    images = horizon.images_voted_on_since(project.pk, known.up_to, most=MOST_ADDED)
    if images is None:
        return None
    counted = with_images(stored(known), project, filters, images, up_to)
    return figures_of(counted, filters) | {"intervals_as_of": known.made_at.isoformat()}


def stored(known: AgreementStatistics) -> Counted:
    """What `known` keeps."""
    estimated = known.estimates
    return Counted(loaded(bytes(known.tally)), Basis.from_json(estimated["basis"]), estimated, known.up_to)


def with_images(
    counted: Counted, project: Project, filters: Filters, images: list[UUID], up_to: int
) -> Counted:
    """The same with all that was said of these images up to a later vote, in the place of what had been said."""
    ids = list(counted.basis.labels.values())
    before = read(project, ids, filters, up_to=counted.up_to, images=images)
    now = read(project, ids, filters, up_to=up_to, images=images)
    total = combined((counted.tally, 1), (tally(before, len(ids)), -1), (tally(now, len(ids)), 1))
    return replace(counted, tally=total, basis=counted.basis.extended(now), up_to=up_to)


def _keep(project: Project, key: str, counted: Counted, figures: dict[str, Any]) -> None:
    AgreementStatistics.objects.update_or_create(
        project=project,
        key=key,
        defaults={
            "up_to": counted.up_to,
            "tally": counted.tally.dumped(),
            "estimates": counted.estimates | {"basis": counted.basis.as_json()},
            "figures": figures,
            "figures_up_to": counted.up_to,
            "made_at": timezone.now(),
        },
    )
