"""What the gate is told: two models' figures on one frozen test set, and what they and the project's budget say."""

from dataclasses import dataclass, field, replace

from feedback.domain.gate import Case, Contender, Figures, Rule, Terms, judge
from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.queries.comparing import compared, measured
from inference.domain.metrics import score
from inference.domain.serving_budget import Budget
from inference.models import Evaluation, ModelVersion
from inference.queries.budgets import budget, costs
from inference.queries.gate_terms import gate_terms
from people.enums import TaskType

MOST_TEST_SETS = 50


@dataclass(frozen=True)
class Meeting:
    """Both sides at the gate, the dataset on whose test split they met, or should be measured to meet, and what is
    known of them beside."""

    challenger: Contender
    champion: Contender | None
    dataset: DatasetVersion | None
    budget: Budget = field(default_factory=Budget)
    case: Case = field(default_factory=Case)

    def judged(self) -> list[Rule]:
        """Every rule, in order."""
        return judge(self.challenger, self.champion, self.budget, self.case)


def meeting(challenger: ModelVersion, champion: ModelVersion | None) -> Meeting:
    """Both sides with what they cost, and their figures on the newest frozen test set where both were measured;
    without one, no figures. Where both were measured image by image there, how they compare.

    Then `dataset` is the challenger's own, or the newest with a test split: None where nothing was ever held out.
    """
    met = _met(challenger, champion)
    finds_boxes = challenger.project.task_type == TaskType.DETECTION
    return replace(
        met,
        challenger=replace(met.challenger, costs=costs(challenger), finds_boxes=finds_boxes),
        champion=replace(met.champion, costs=costs(champion)) if champion else None,
        budget=budget(challenger.project),
        case=_case(met, challenger, champion),
    )


def _case(met: Meeting, challenger: ModelVersion, champion: ModelVersion | None) -> Case:
    asked = gate_terms(challenger.project)
    terms = Terms(asked.margin, asked.least_images, asked.most_ece, asked.must_be_proven)
    contenders = [challenger, champion] if champion else [challenger]
    both = met.challenger.figures and (met.champion is None or met.champion.figures)
    if not both or not measured(contenders, met.dataset.test_hash):
        return Case(terms, is_measured=False)
    if champion is None:
        return Case(terms)
    return Case(terms, compared(challenger, champion, met.dataset.test_hash))


def _met(challenger: ModelVersion, champion: ModelVersion | None) -> Meeting:
    frozen = DatasetVersion.objects.filter(
        project=challenger.project_id, state=DatasetState.FROZEN.value
    ).exclude(test_hash="")
    newest = list(frozen.order_by("-number")[:MOST_TEST_SETS])
    own = next((dataset for dataset in newest if dataset.pk == challenger.dataset_id), None)
    if own is None and challenger.dataset_id is not None:
        own = frozen.filter(pk=challenger.dataset_id).first()
    candidates = [*newest, own] if own is not None else newest
    hashes = [dataset.test_hash for dataset in candidates]
    contenders = [challenger, champion] if champion else [challenger]
    known = {
        (evaluation.model_id, evaluation.test_hash): evaluation
        for evaluation in Evaluation.objects.filter(model__in=contenders, test_hash__in=hashes)
    }
    for dataset in candidates:
        if all((model.pk, dataset.test_hash) in known for model in contenders):
            met = [
                Contender(model.labels, _figures(known[model.pk, dataset.test_hash])) for model in contenders
            ]
            return Meeting(met[0], met[1] if champion else None, dataset)
    wanted = own or (newest[0] if newest else None)
    unmet = [
        Contender(
            model.labels,
            _figures(known.get((model.pk, wanted.test_hash))) if wanted else None,
        )
        for model in contenders
    ]
    return Meeting(unmet[0], unmet[1] if champion else None, wanted)


def _figures(evaluation: Evaluation | None) -> Figures | None:
    if evaluation is None:
        return None
    return Figures(
        test_hash=evaluation.test_hash,
        images=evaluation.images,
        accuracy=score(evaluation.metrics),
        majority_accuracy=evaluation.metrics.get("majority_accuracy", 0.0),
        ece=evaluation.metrics.get("ece"),
        ece_floor=evaluation.metrics.get("ece_floor"),
    )
