"""The state file: a run's torch weights, from which a later run starts."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from inference.training.architectures import Classifier, build
from inference.training.options import TrainingRefused


def save(
    path: Path, model: nn.Module, architecture: str, labels: Sequence[str], context: Sequence[str] = ()
) -> None:
    """Write the weights with the names they need to be read again."""
    torch.save(
        {
            "architecture": architecture,
            "labels": list(labels),
            "context": list(context),
            "weights": model.state_dict(),
        },
        path,
    )


def context_of(path: Path) -> tuple[str, ...]:
    """The keys of a picture's context that the model saved at `path` is told. Raises TrainingRefused as below."""
    return _read(path)[2]


def start_from(
    path: Path,
    model: nn.Module,
    architecture: str,
    labels: Sequence[str],
    by_label: Sequence[str],
    context: Sequence[str] = (),
) -> None:
    """Load the weights saved at `path` into `model`, in place.

    The parameters named in `by_label` keep the rows of the labels that both have; a new label's row
    starts afresh. Raises TrainingRefused for a file that is not a state file or was made by another architecture.
    """
    made_by, known, told, weights = _read(path)
    if made_by != architecture:
        raise TrainingRefused(
            f"The base was trained as {made_by}, this run as {architecture}: choose one of them."
        )
    if told != tuple(context):
        raise TrainingRefused(
            f"The base is told the readings {list(told)}, this run's model {list(context)}: name the same ones."
        )
    fresh = model.state_dict()
    for name in by_label:
        # What comes after the labels' rows, as a detector's offset and size, is everybody's.
        rows = torch.cat([fresh[name][: len(labels)], weights[name][len(known) :]])
        for i, label in enumerate(labels):
            if label in known:
                rows[i] = weights[name][known.index(label)]
        weights[name] = rows
    model.load_state_dict(weights)


def restored(path: Path, size: int) -> tuple[Classifier, list[str]]:
    """The classifier saved at `path`, for inputs of `size` pixels, and its labels. Raises TrainingRefused as above."""
    architecture, labels, told, weights = _read(path)
    model = build(architecture, labels=len(labels), size=size, readings=len(told))
    model.load_state_dict(weights)
    return model, labels


def _read(path: Path) -> tuple[str, list[str], tuple[str, ...], dict[str, torch.Tensor]]:
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        return saved["architecture"], saved["labels"], tuple(saved.get("context", ())), saved["weights"]
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise TrainingRefused(f"The base {path.name} is not a state file of an earlier run.") from error
