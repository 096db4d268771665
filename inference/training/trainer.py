"""One training run from rows to a model file: decode, fit, calibrate, measure, export."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from inference.domain.calibration import fit_temperature, softmax
from inference.domain.metrics import evaluate
from inference.runtimes.contract import ModelCard
from inference.training import state
from inference.training.architectures import build
from inference.training.examples import decode, split_rows
from inference.training.export import check_parity, to_onnx
from inference.training.loop import fit, logits_of
from inference.training.options import (
    Progress,
    TrainedModel,
    TrainingOptions,
    TrainingRefused,
    TrainingRow,
)

MODEL_FILE = "model.onnx"
STATE_FILE = "state.pt"

PARITY_IMAGES = 16


def train(
    *,
    rows: Sequence[TrainingRow],
    labels: Sequence[str],
    options: TrainingOptions,
    read: Callable[[str], bytes],
    out: Path,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> TrainedModel:
    """Train on the rows and write `model.onnx` and `state.pt` into the folder `out`, made where absent.

    `labels` are the model's keys in the order of its outputs; `read` gives the bytes of a sha256;
    `on_progress` is called after each of about 40 evaluations. The same rows, options and number of
    threads on the same machine give the same model file. Raises TrainingRefused with a reason, and
    TrainingCancelled soon after `should_stop` returns True; then nothing is written.
    """
    started = time.monotonic()
    if len(set(labels)) != len(labels) or len(labels) < 2:
        raise TrainingRefused("A model needs two or more different labels.")
    splits = split_rows(rows, labels)
    with _seeded(options.seed, options.threads):
        examples = {
            name: decode(each, labels, options.preprocessing, read, should_stop)
            for name, each in splits.items()
        }
        model = build(options.architecture, labels=len(labels), size=options.size)
        if options.base is not None:
            state.start_from(options.base, model, options.architecture, labels)
        fitted = fit(model, examples["train"], examples["val"], options, on_progress, should_stop)

        logits = {name: logits_of(fitted.model, examples[name]).double().numpy() for name in ("val", "test")}
        truth = {name: examples[name].labels.numpy() for name in ("val", "test")}
        # Without a single validation image there is nothing to calibrate by: the raw confidence stands.
        temperature = fit_temperature(logits["val"], truth["val"]) if len(truth["val"]) else 1.0
        card = ModelCard(tuple(labels), options.preprocessing, temperature, options.architecture)
        content = to_onnx(fitted.model, card)
        check_parity(fitted.model, content, examples["train"].images[:PARITY_IMAGES])

    out.mkdir(parents=True, exist_ok=True)
    state.save(out / STATE_FILE, fitted.model, options.architecture, labels)
    (out / MODEL_FILE).write_bytes(content)
    return TrainedModel(
        model_path=out / MODEL_FILE,
        state_path=out / STATE_FILE,
        sha256=hashlib.sha256(content).hexdigest(),
        labels=card.labels,
        preprocessing=card.preprocessing,
        architecture=card.architecture,
        temperature=temperature,
        metrics={
            name: evaluate(softmax(logits[name], temperature), truth[name], labels)
            for name in ("val", "test")
            if len(truth[name])
        },
        curve=tuple(fitted.curve),
        seconds=time.monotonic() - started,
        ended=fitted.ended,
    )


@contextmanager
def _seeded(seed: int, threads: int) -> Iterator[None]:
    """Draw from `seed` and compute with `threads` inside; leave torch as it was outside."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)
