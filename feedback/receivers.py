"""Connects the signals of the apps below to what feedback does about them."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from feedback.queries import cameras
from feedback.services import alerting, erasing, examples, policies, promotion, routing, telling
from inference.models import Prediction, TrainingRun
from inference.services import forgetting
from inference.signals import captures_predicted, model_trained
from labeling.models import Answer, Erasure, Image, Resolution
from labeling.signals import (
    answers_recorded,
    images_erased,
    images_redacted,
    images_resolved,
    project_created,
)
from people.models import Project


@receiver(project_created)
def set_first_policy(project: Project, **_: Any) -> None:
    policies.in_force(project=project)


@receiver(captures_predicted)
def route_predictions(predictions: Sequence[Prediction], **_: Any) -> None:
    blind = cameras.blind({prediction.capture.source_id for prediction in predictions})
    routing.route(predictions=predictions, blind=blind)
    # No store is called for what a camera that sees nothing seems to show.
    alerting.alert(predictions=[each for each in predictions if each.capture.source_id not in blind])


@receiver(answers_recorded)
def keep_frozen_answers(answers: Sequence[Answer], **_: Any) -> None:
    examples.refuse_undo(answers=answers)


@receiver(images_resolved)
def learn_from_resolutions(
    resolutions: Sequence[Resolution], replaced: Sequence[Resolution], **_: Any
) -> None:
    examples.learn(resolutions=resolutions, replaced=replaced)
    telling.tell_of(resolutions=resolutions)


@receiver(images_erased)
def remove_erased(erasures: Sequence[Erasure], **_: Any) -> None:
    erasing.note(erasures=erasures)


@receiver(images_redacted)
def forget_decoded(images: Sequence[Image], **_: Any) -> None:
    for image in images:
        forgetting.forget_decoded(image)


@receiver(model_trained)
def promote_if_asked(run: TrainingRun, **_: Any) -> None:
    promotion.promote_trained(run=run)
