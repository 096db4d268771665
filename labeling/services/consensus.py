"""Judging tasks by Dawid and Skene's posterior: in a job, with all that everybody said of everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction

from labeling.domain import consensus
from labeling.domain.agreement.answers import Floats
from labeling.domain.agreement.dawid_skene import dawid_skene, entropy_of, posterior_by
from labeling.domain.agreement.estimates import as_answers
from labeling.domain.agreement.filters import Filters
from labeling.enums import Consensus, TaskState
from labeling.models import PendingConsensus, Task
from labeling.queries.agreement.votes import read
from labeling.services.resolving import conclude, standing_answers
from people.models import Project

MOST_FITTED = 20_000


@dataclass(frozen=True)
class _Judged:
    """posterior: (images, labels); `place` is the row of an image's id."""

    labels: Sequence[str]
    place: dict[UUID, int]
    posterior: Floats
    entropy: Floats


def judge_pending() -> int:
    """Judge every task that waits, project by project; returns how many. Run twice it does nothing new."""
    waiting = PendingConsensus.objects.order_by().values_list("task__project", flat=True).distinct()
    return sum(judge(project=project) for project in Project.objects.filter(pk__in=waiting))


def judge(*, project: Project) -> int:
    """Judge the project's waiting tasks, each in a transaction of its own; returns how many.

    One that gets another answer meanwhile waits for the next time.
    """
    waiting = list(
        PendingConsensus.objects.filter(task__project=project)
        .order_by("asked_at")
        .values_list("task", "asked_at")
    )
    if not waiting:
        return 0
    judged = _judged(project)
    return sum(_judge_one(pk, asked_at, judged) for pk, asked_at in waiting)


def _judged(project: Project) -> _Judged:
    """By a model fitted to the images that several people answered, at most 20,000, drawn at random."""
    labels = list(project.labels.order_by("position", "key").values_list("pk", "key"))
    keys = [key for _, key in labels]
    votes = read(project, [pk for pk, _ in labels], Filters())
    answers = as_answers(votes, keys, {pk: str(pk) for pk in np.unique(votes.person).tolist()})
    several = np.flatnonzero(np.bincount(answers.item, minlength=len(votes.images)) > 1)
    if not len(several):
        return _Judged(keys, {}, np.zeros((0, len(keys))), np.zeros(0))
    if len(several) > MOST_FITTED:
        several = np.random.default_rng(0).choice(several, MOST_FITTED, replace=False)
    model = dawid_skene(answers.only(np.isin(answers.item, several)), tolerance=1e-7)
    posterior = posterior_by(answers, model.prevalence, model.confusion)
    place = {UUID(bytes=image.tobytes()): row for row, image in enumerate(votes.images)}
    return _Judged(keys, place, posterior, entropy_of(posterior))


@transaction.atomic
def _judge_one(pk: UUID, asked_at: datetime, judged: _Judged) -> bool:
    task = Task.objects.select_for_update(of=("self",)).select_related("queue", "image").get(pk=pk)
    mine = PendingConsensus.objects.filter(task=task, asked_at=asked_at)
    if not mine.delete()[0]:
        return False
    if task.state != TaskState.RESOLVED:
        # Reopened for one more answer: that answer will ask again.
        return False
    answers = standing_answers(task)
    values = [answer.value for answer in answers]
    rule = Consensus(task.queue.consensus)
    if rule != Consensus.DAWID_SKENE:
        # The rule was changed while this waited: it settles what is settled from then on.
        decision = consensus.decide(values, rule=rule, quorum=task.queue.quorum)
        conclude(task=task, answers=answers, decision=decision, bits=consensus.entropy(values))
        return True
    by_votes = consensus.decide(values)
    row = judged.place.get(task.image_id)
    if row is None or (by_votes.is_settled and by_votes.value is None):
        # "Can't tell" is no label for a model of labels to weigh.
        conclude(task=task, answers=answers, decision=by_votes, bits=consensus.entropy(values))
        return True
    posterior = dict(zip(judged.labels, judged.posterior[row].tolist(), strict=True))
    decision = consensus.by_posterior(posterior, floor=task.queue.posterior_floor)
    conclude(task=task, answers=answers, decision=decision, bits=float(judged.entropy[row]))
    return True
