"""Shadows for tests: a candidate beside the champion, and captures that the champion has predicted."""

from concurrent.futures import ThreadPoolExecutor

from inference.queries.models import champion
from inference.services import shadows
from inference.services.loaded import LoadedModels
from inference.services.predicting import predict
from inference.services.shadowing import Shadower
from tests.factories.inference import COLOURS, ModelVersionFactory, capture_of, colour_model, coloured


def candidate(project, labels=tuple(COLOURS), **fields):
    """A model that says the colours by these names: in another order it is wrong."""
    content = colour_model(tuple(labels), 3.0)
    return ModelVersionFactory(**{"project": project, "labels": list(labels), "content": content, **fields})


def in_shadow(project, labels=tuple(COLOURS), share=1.0):
    """The Shadow of such a candidate beside the project's champion."""
    return shadows.start(user=None, model=candidate(project, labels), share=share)


def predicted(project, count=3, first=0):
    """The ids of so many captures, of one colour after the other, that the champion has predicted."""
    colours = list(COLOURS)
    for seed in range(first, first + count):
        capture_of(project, coloured(colours[seed % 3], seed))
    served = LoadedModels(threads=1).get(champion(project))
    with ThreadPoolExecutor(1) as workers:
        return list(predict(project_id=project.pk, served=served, workers=workers).by_model)


def look_at(project, captures):
    """Put these captures to the project's shadow as its thread would; the Shadower."""
    shadower = Shadower()
    shadower.offer(project.pk, captures)
    shadower.work_off()
    return shadower
