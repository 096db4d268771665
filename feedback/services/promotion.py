"""Letting a model serve when it has earned it, and bringing the one before back."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from feedback import rules
from feedback.domain.gate import CALIBRATION, LABELS, LATENCY, NOWHERE_WORSE, SIZE, Rule
from feedback.enums import PromotionKind
from feedback.models import Promotion
from feedback.queries.gate import Meeting, meeting
from feedback.queries.promotions import predecessor
from feedback.services import gate_figures, trust_states
from inference.enums import Stage
from inference.models import ModelVersion, SiteTrial, TrainingRun
from inference.queries.models import champion
from inference.services import site_trials
from inference.services.model_jobs import request_profile
from inference.services.models import ModelRefused, set_champion
from people.enums import Event
from people.models import Project, Site
from people.services import audit, outbox
from people.services.announcements import announce, project_topic


class GateFailed(Exception):
    """The model has not earned its place; `rules` are all that were tried, with both figures."""

    def __init__(self, model: ModelVersion, met: Meeting, tried: Sequence[Rule]) -> None:
        self.rules = list(tried)
        self.dataset = met.dataset
        self.measurable = met.dataset is not None and not tried[0].passed
        self.unprofiled = any(rule.name == LATENCY and rule.challenger is None for rule in tried)
        super().__init__(f"{model} has not earned its place: {_why(met, tried)}")


class NothingBefore(Exception):
    """There is no model to go back to, or the one named does not serve."""


def promote(*, user: Any, model: ModelVersion, override_reason: str = "") -> Promotion:
    """Have the model serve from now on if it beats the champion at the gate.

    With an `override_reason` it serves in spite of the gate, and the promotion says why. `user` None stands for
    the console. Raises GateFailed (where figures were missing they are being made), ModelRefused, PermissionDenied.
    """
    try:
        return _promote(user, model, override_reason.strip())
    except GateFailed as failed:
        _make_up_for(user, model, failed)
        raise


def promote_at_site(*, user: Any, model: ModelVersion, site: Site, override_reason: str = "") -> SiteTrial:
    """Have the model serve at one site first if it beats the champion at the gate, or in spite of that with a reason.

    Raises GateFailed as `promote` does, site_trials.TrialRefused, and PermissionDenied.
    """
    try:
        return _promote_at_site(user, model, site, override_reason.strip())
    except GateFailed as failed:
        _make_up_for(user, model, failed)
        raise


@transaction.atomic
def _promote_at_site(user: Any, model: ModelVersion, site: Site, override_reason: str) -> SiteTrial:
    if user is not None:
        rules.check_promote(user, model.project)
    project = Project.objects.select_for_update(no_key=True).get(pk=model.project_id)
    met = meeting(model, champion(project))
    tried = met.judged()
    passed = all(rule.passed for rule in tried)
    if not passed and not override_reason:
        raise GateFailed(model, met, tried)
    said = [rule.as_json() for rule in tried]
    reason = "" if passed else override_reason
    return site_trials.start(user=user, model=model, site=site, tried=said, reason=reason)


@transaction.atomic
def _promote(user: Any, model: ModelVersion, override_reason: str) -> Promotion:
    if user is not None:
        rules.check_promote(user, model.project)
    # The champion that the gate compared with must still be it when this commits.
    project = Project.objects.select_for_update(no_key=True).get(pk=model.project_id)
    model.refresh_from_db(fields=["stage"])
    if model.stage == Stage.CHAMPION:
        raise ModelRefused(f"{model} serves already.")
    met = meeting(model, champion(project))
    tried = met.judged()
    passed = all(rule.passed for rule in tried)
    if not passed and not override_reason:
        raise GateFailed(model, met, tried)
    before = set_champion(project=project, model=model)
    figures = met.challenger.figures
    promotion = Promotion.objects.create(
        project=project,
        challenger=model,
        champion=before,
        kind=PromotionKind.PROMOTED if passed else PromotionKind.OVERRIDDEN,
        test_hash=figures.test_hash if figures else "",
        rules=[rule.as_json() for rule in tried],
        reason="" if passed else override_reason,
        by=user,
    )
    _tell(user, "model.promoted", promotion)
    return promotion


@transaction.atomic
def rollback(*, user: Any, model: ModelVersion) -> ModelVersion:
    """Leave the champion `model` for the one that served before it; returns that one, which serves now.

    `user` None stands for the console. Raises NothingBefore and PermissionDenied.
    """
    if user is not None:
        rules.check_promote(user, model.project)
    project = Project.objects.select_for_update(no_key=True).get(pk=model.project_id)
    model.refresh_from_db(fields=["stage"])
    if model.stage != Stage.CHAMPION:
        serving = champion(project)
        raise NothingBefore(f"{model} does not serve; {serving or 'no model'} does.")
    before = predecessor(model)
    if before is None:
        raise NothingBefore(f"No model served before {model}: promote another one instead.")
    set_champion(project=project, model=before)
    promotion = Promotion.objects.create(
        project=project, challenger=before, champion=model, kind=PromotionKind.ROLLED_BACK, by=user
    )
    _tell(user, "model.rolled_back", promotion)
    return before


def promote_trained(*, run: TrainingRun) -> Promotion | None:
    """Promote what a run has trained on behalf of who asked, where they wished so, may, and it passes the gate."""
    if not run.options.get("promote_if_better") or run.asked_by is None or run.model is None:
        return None
    try:
        return promote(user=run.asked_by, model=run.model)
    except (GateFailed, ModelRefused, PermissionDenied):
        return None


def _make_up_for(user: Any, model: ModelVersion, failed: GateFailed) -> None:
    """Ask for what the gate missed: after the refusal has undone everything else, so that this stays."""
    if failed.measurable:
        serving = champion(model.project_id)
        gate_figures.request(
            dataset=failed.dataset, models=[one for one in (model, serving) if one is not None]
        )
    if failed.unprofiled:
        request_profile(user=user, model=model)


def _why(met: Meeting, tried: Sequence[Rule]) -> str:
    """The first rule that failed, as a sentence."""
    rule = next(rule for rule in tried if not rule.passed)
    if rule is tried[0]:
        if met.dataset is None:
            return "no dataset holds a test split to measure it on; freeze one that does."
        return (
            f"it must be measured on the test split of {met.dataset}; that is under way, try again shortly."
        )
    if rule.name == LABELS:
        missing = sorted(set(met.champion.labels if met.champion else ()) - set(met.challenger.labels))
        return f"it does not know {', '.join(missing)}, which the champion does."
    if rule.name == LATENCY and rule.challenger is None:
        return "the project has a latency budget and its latency was never measured; that is under way."
    if rule.name == LATENCY:
        return f"one picture takes it {rule.challenger:.1f} ms (p95), and {rule.limit:g} are allowed."
    if rule.name == SIZE:
        return f"its files are {rule.challenger / 2**20:.2f} MB, and {rule.limit / 2**20:.2f} are allowed."
    if rule.name == CALIBRATION:
        return f"its confidence is off by {rule.challenger:.4f} on average, and {rule.limit:.4f} are allowed."
    if rule.part or rule.name in NOWHERE_WORSE.values():
        return (
            f"it fails “{rule.name}”{f' ({rule.part})' if rule.part else ''}: {rule.challenger:.4f} where the champion "
            f"has {rule.champion:.4f} on {rule.images} images, {rule.difference:+.4f} ({rule.low:+.4f} to "
            f"{rule.high:+.4f}), and {rule.limit:.4f} is the least."
        )
    if rule.challenger > rule.limit:
        return (
            f"it is better by {rule.difference:.4f} on the test set, but that is not proven: it may be anything from "
            f"{rule.low:+.4f} to {rule.high:+.4f}."
        )
    return f"{rule.name} failed: {rule.challenger:.4f} is not above {rule.limit:.4f}."


def _tell(user: Any, action: str, promotion: Promotion) -> None:
    audit.record(
        actor=user,
        action=action,
        target=promotion.challenger,
        project_id=promotion.project_id,
        detail={
            "promotion": str(promotion.pk),
            "left": str(promotion.champion_id) if promotion.champion_id else None,
            "kind": promotion.kind,
            "rules": promotion.rules,
            "reason": promotion.reason,
        },
    )
    announce(project_topic(promotion.project_id), "promotions.changed", [promotion.pk])
    model, before = promotion.challenger, promotion.champion
    outbox.announce(
        project=promotion.project,
        event=Event.MODEL_PROMOTED,
        data={
            "model": str(model.pk),
            "number": model.number,
            "sha256": model.sha256,
            "before": str(before.pk) if before else None,
            "kind": promotion.kind,
            "by": promotion.by.username if promotion.by else None,
        },
    )
    trust_states.note(project=promotion.project)
