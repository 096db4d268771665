"""A model measured beyond the frozen test set: on known answers, and on what people verified in production lately."""

from collections.abc import Callable
from functools import partial
from typing import Any

from inference import runtimes
from inference.domain.outcomes import gather, set_hash
from inference.enums import ModelRuntime, Over
from inference.models import MeasuredSet, ModelVersion
from inference.queries import known_answers
from inference.services.baseline import learnt_from
from inference.services.files import of_model
from inference.services.measuring import Asked, ask, keep, outcomes
from labeling.models import Image
from labeling.services import images

SETS = {Over.GOLD: known_answers.gold, Over.RECENT: known_answers.recent}


def measure_beyond(*, model: ModelVersion, alive: Callable[[], None] = lambda: None) -> None:
    """Keep what the model says of images that it did not learn from, in place of what it said of them before.

    Nothing is asked anew of a set that is the same as before; an empty set is kept as one, so that it is known to have
    been looked at. Images that cannot be read are left out. `alive` is called between batches and may raise to stop.
    Raises runtimes.RuntimeRefused.
    """
    if model.runtime != ModelRuntime.ONNX.value:
        return
    learnt = learnt_from(model)
    runtime = None
    for over, find in SETS.items():
        found = find(model.project_id, unlike=learnt)
        name = set_hash([(image.sha256, value) for image, value in found])
        if MeasuredSet.objects.filter(model=model, over=over.value, set_hash=name).exists():
            continue
        if not found:
            made = gather([], [[]], [])
        else:
            runtime = runtime or runtimes.ensemble(model.runtime, of_model(model))
            answered = list(ask(runtime, _asked(found), alive, lenient=True))
            made = outcomes(runtime, answered)
        keep(model=model, over=over.value, set_hash=name, found=made)
        MeasuredSet.objects.filter(model=model, over=over.value).exclude(set_hash=name).delete()


def _asked(found: list[tuple[Image, dict[str, Any]]]) -> list[Asked]:
    return [
        Asked(image.sha256, value, image.width, image.height, partial(images.read, image))
        for image, value in found
    ]
