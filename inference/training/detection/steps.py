"""One step of a detector's training after another, and what its validation pictures say in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import nn

from inference.domain.average_precision import Judged, evaluate_boxes, judged
from inference.training.augment import light_and_focus
from inference.training.detection.examples import Pictures
from inference.training.detection.moving import moved
from inference.training.detection.network import STRIDE, Detector, Maps, decoded
from inference.training.detection.targets import loss_of, targets
from inference.training.examples import balanced_batches
from inference.training.loop import Watched
from inference.training.options import TrainingOptions
from inference.training.steps import Averaging

WATCHED = 128
LIT = 0.5
"""The share of the pictures whose light and focus are changed."""
BATCH = 32
LEAST_LOGIT = -4.0
"""Boxes below it, at a score of 0.018, are not looked at: of each picture the graph gives out as many as it can."""
_TIES = 0.01
"""What the loss counts beside the average precision: it tells models apart that find nothing yet, or everything."""


class DetectorSteps(Averaging):
    """A detector under way."""

    def __init__(self, model: Detector, train: Pictures, options: TrainingOptions) -> None:
        super().__init__(model, balanced_batches(train.to_draw(), options.batch_size, options.seed), options)
        self._train = train
        self._flip = options.flip
        self._augment = light_and_focus()

    def _loss(self, indices: torch.Tensor) -> torch.Tensor:
        places = indices.tolist()
        images, boxes, labels = moved(
            self._train.images[indices].float() / 255,
            [self._train.boxes[i] for i in places],
            [self._train.labels[i] for i in places],
            flip=self._flip,
        )
        wanted = targets(boxes, labels, classes=self._model.labels, grid=images.shape[-1] // STRIDE)
        # Half of them as they are: a small budget has no time to learn the shapes through every kind of light.
        lit = torch.where(torch.rand(len(images), 1, 1, 1) < LIT, self._augment(images), images)
        return loss_of(self._model(lit), wanted)


@torch.no_grad()
def looked(model: nn.Module, pictures: Pictures) -> Iterator[tuple[slice, Maps]]:
    """Which of the pictures, BATCH at most, and the maps of them unaugmented; then the next."""
    model.eval()
    for start in range(0, len(pictures), BATCH):
        part = slice(start, start + BATCH)
        yield part, model(pictures.images[part].float() / 255)


def judge(maps: Maps, held: Pictures) -> list[Judged]:
    """What the maps find in their pictures against what is there: `scores` are the logits from LEAST_LOGIT up."""
    made = []
    pairs = zip(*decoded(maps), held.boxes, held.labels, strict=True)
    for boxes, logits, labels, there, kinds in pairs:
        sure = logits >= LEAST_LOGIT
        found = [each[sure].numpy() for each in (boxes.double(), logits.double(), labels)]
        made.append(judged(found[0], found[1], found[2], there.numpy(), kinds.numpy()))
    return made


def watching(val: Pictures, names: Sequence[str]) -> Callable[[nn.Module], Watched]:
    """What `loop.fit` asks of a detector on the first WATCHED of the validation pictures; there may be none."""
    watched = val.first(WATCHED)

    def watch(model: nn.Module) -> Watched:
        if not len(watched):
            return Watched(None)
        total, found = 0.0, []
        for part, maps in looked(model, watched):
            held = watched.part(part)
            wanted = targets(held.boxes, held.labels, classes=len(names), grid=maps.heat.shape[-1])
            total += loss_of(maps, wanted).item() * len(held)
            found += judge(maps, held)
        loss = total / len(watched)
        area = evaluate_boxes(found, names, floor=0.0)["map"]
        return Watched(loss, map=area, cost=(1 - (area or 0)) + _TIES * loss)

    return watch
