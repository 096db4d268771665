"""Two models at the gate for tests: what each said of real images, with cameras and conditions."""

import numpy as np

from inference.corruptions import variants
from inference.domain.outcomes import gather, tally
from inference.services.measuring import keep
from labeling.models import Image
from tests.factories.feedback import TEST_HASH, EvaluationFactory
from tests.factories.inference import COLOURS, ModelVersionFactory
from tests.factories.labeling import ImageFactory, SourceFactory

NEXT = {"red": "green", "green": "blue", "blue": "red"}


def photographed(project, count):
    """So many images of one colour after the other, from two cameras, the odd ones at night; with their labels."""
    cameras = [SourceFactory(project=project, name=name) for name in ("Aisle 3", "Back room")]
    rows = [
        ImageFactory.build(
            project=project,
            source=cameras[place % 4 // 2],
            context={"lighting": "night" if place % 2 else "day", "temperature": 4.5},
        )
        for place in range(count)
    ]
    return [(image, list(COLOURS)[place % 3]) for place, image in enumerate(Image.objects.bulk_create(rows))]


def contender(project, shown, *, wrong, stage="candidate", frail=False, **fields):
    """A model that was measured on these images: `wrong` are the places of those it takes for another label. One that
    is `frail` takes every blurred picture for another."""
    model = ModelVersionFactory(project=project, stage=stage, **fields)
    accuracy = 1 - len(set(wrong)) / len(shown)
    EvaluationFactory(model=model, accuracy=accuracy, images=len(shown))
    hashes = [image.sha256 for image, _ in shown]

    def said(bad):
        return [
            tally([NEXT[label] if place in bad else label], [place not in bad], [label])
            for place, (_, label) in enumerate(shown)
        ]

    plain = said(set(wrong))
    found = gather(hashes, [plain], np.full(len(shown), 0.9))
    for over, name in (("test", TEST_HASH), ("gold", "g"), ("recent", "r")):
        keep(model=model, over=over, set_hash=name, found=found)
    bad = said(set(range(len(shown)))) if frail else plain
    told = [bad if name.startswith("blur") else plain for name in variants()]
    worn = gather(hashes, told, np.full(len(shown), 0.9), variants())
    keep(model=model, over="corrupted", set_hash=TEST_HASH, found=worn)
    return model
