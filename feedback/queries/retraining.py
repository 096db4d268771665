"""How far a retraining is, and what it would learn from: the figures around the button."""

from dataclasses import dataclass

from feedback.enums import DatasetState
from feedback.models import DatasetVersion, Example, Promotion
from feedback.queries.datasets import newest_frozen
from inference.enums import RunState
from inference.models import Evaluation, TrainingRun
from people.models import Project

UNDER_WAY = (RunState.QUEUED.value, RunState.RUNNING.value)


@dataclass(frozen=True)
class Standing:
    """`building` and `run` are what goes on; `last` is the run that ended last, with its promotion if it won and its
    model's evaluation. `examples` are in force; `fresh` of them came after the newest frozen dataset."""

    building: DatasetVersion | None
    run: TrainingRun | None
    last: TrainingRun | None
    promotion: Promotion | None
    evaluation: Evaluation | None
    failed: DatasetVersion | None
    examples: int
    fresh: int
    newest: DatasetVersion | None

    @property
    def busy(self) -> bool:
        return self.building is not None or self.run is not None


def standing(project: Project) -> Standing:
    """Where the project's next model stands."""
    datasets = DatasetVersion.objects.filter(project=project)
    latest = datasets.order_by("-number").first()
    runs = TrainingRun.objects.filter(project=project).select_related("model")
    last = runs.exclude(state__in=UNDER_WAY).order_by("-finished_at").first()
    trained = last.model if last else None
    newest = newest_frozen(project)
    examples = Example.objects.filter(project=project, replaced_at=None)
    fresh = examples.filter(created_at__gt=newest.frozen_at) if newest else examples
    return Standing(
        building=latest if latest and latest.state == DatasetState.BUILDING else None,
        run=runs.filter(state__in=UNDER_WAY).order_by("-id").first(),
        last=last,
        promotion=Promotion.objects.filter(challenger=trained).order_by("at").first() if trained else None,
        evaluation=trained.evaluations.order_by("-created_at").first() if trained else None,
        failed=latest if latest and latest.state == DatasetState.FAILED else None,
        examples=examples.count(),
        fresh=fresh.count(),
        newest=newest,
    )
