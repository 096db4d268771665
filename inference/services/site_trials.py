"""Having a model serve at one site first, and ending that."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from inference import rules
from inference.enums import ModelRuntime, Stage
from inference.models import ModelVersion, SiteTrial
from inference.queries import site_trials
from inference.queries.models import champion
from people.models import Project, Site, User
from people.services import audit
from people.services.announcements import CAPTURES, announce, project_topic

LONGEST_FAILURE = 500


class TrialRefused(ValueError):
    """A model that cannot serve at that site; the message says why."""


@transaction.atomic
def start(
    *, user: User | None, model: ModelVersion, site: Site, tried: list[dict[str, Any]], reason: str = ""
) -> SiteTrial:
    """Have the model serve at the site from now on, in place of another on trial there.

    `tried` is what the gate said, `reason` why it is in spite of that. Raises PermissionDenied and TrialRefused.
    """
    if user is not None:
        rules.check_set_gate(user, model.project)
    Project.objects.select_for_update(no_key=True).get(pk=model.project_id)
    model.refresh_from_db(fields=["stage"])
    if model.runtime != ModelRuntime.ONNX.value:
        raise TrialRefused(f"{model} runs elsewhere: its predictions come with the captures.")
    if model.stage == Stage.CHAMPION:
        raise TrialRefused(f"{model} serves everywhere already.")
    if champion(model.project_id) is None:
        raise TrialRefused("No model serves yet at the other sites: promote it for all of them.")
    if not site_trials.sites(model.project).filter(pk=site.pk).exists():
        raise TrialRefused(f"The project has no camera at {site}.")
    for other in site_trials.in_force(model.project_id).filter(site=site):
        _end(other, user, f"{model} is on trial there since")
    trial = SiteTrial.objects.create(
        project=model.project, site=site, model=model, rules=tried, reason=reason, by=user
    )
    _tell(user, "model.on_trial", trial, {"rules": tried, "reason": reason})
    return trial


@transaction.atomic
def end(*, user: User | None, trial: SiteTrial) -> SiteTrial:
    """Have the champion serve at the site again. One that is over stays as it is. Raises PermissionDenied."""
    if user is not None:
        rules.check_set_gate(user, trial.project)
    held = SiteTrial.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "site", "model", "project"
    )
    trial = held.get(pk=trial.pk)
    if trial.ended_at is None:
        _end(trial, user, "ended by hand")
    return trial


@transaction.atomic
def give_up(*, model: ModelVersion, error: Exception) -> None:
    """The model raised what the champion did not: the champion serves again wherever it was on trial."""
    failure = f"{type(error).__name__}: {(str(error).strip() or 'no message').splitlines()[0]}"[
        :LONGEST_FAILURE
    ]
    going = site_trials.in_force(model.project_id).filter(model=model)
    # Another lane or process may be giving it up too: the later one finds none.
    for trial in going.select_for_update(no_key=True, of=("self",)):
        trial.failure = failure
        _end(trial, None, f"given up: {failure}")


def end_all(*, project: Project, serving: ModelVersion) -> None:
    """`serving` has come to serve everywhere. Hold the project's lock."""
    for trial in site_trials.in_force(project.pk):
        _end(trial, None, f"{serving} serves everywhere since")


def _end(trial: SiteTrial, user: User | None, why: str) -> None:
    trial.ended_at, trial.ended_why = timezone.now(), why
    trial.save(update_fields=["ended_at", "ended_why", "failure"])
    _tell(user, "model.trial_ended", trial, {"why": why})


def _tell(user: User | None, action: str, trial: SiteTrial, detail: dict[str, Any]) -> None:
    audit.record(
        actor=user,
        action=action,
        target=trial.model,
        project_id=trial.project_id,
        detail={"site": trial.site.key, **detail},
    )
    announce(project_topic(trial.project_id), "models.changed", [trial.model_id])
    announce(CAPTURES, "champion.changed", [trial.model_id])
