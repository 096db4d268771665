"""Whole models of the transformers library, head and all, and what they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from inference.runtimes import RuntimeRefused
from inference.runtimes.checks import first_line
from inference.training.pretrained import processor_of

_AUTOS = {
    "ForImageClassification": "AutoModelForImageClassification",
    "ForObjectDetection": "AutoModelForObjectDetection",
}
_INTERPOLATIONS = {1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""As Pillow numbers them."""


@dataclass(frozen=True, slots=True)
class WholeModel:
    """A model, the side of its picture, its labels in the order of its columns, and how a picture is prepared."""

    model: nn.Module
    size: int
    labels: tuple[str, ...]
    declared: dict[str, Any]


def loaded(name: str, size: int | None) -> WholeModel:
    """The classifier or detector of that name or folder; its own code never runs. Raises RuntimeRefused."""
    try:
        import transformers
    except ImportError as error:
        raise RuntimeRefused(
            "Models named transformers:… need the extra of that: pip install --editable '.[pretrained]'."
        ) from error
    here = Path(name).is_dir()
    try:
        config = transformers.AutoConfig.from_pretrained(name, local_files_only=here)
        said = processor_of(name, transformers)
        kind = _kind(name, config)
        model = getattr(transformers, _AUTOS[kind]).from_pretrained(name, local_files_only=here)
    except (ImportError, OSError, ValueError) as error:
        raise RuntimeRefused(f"The model {name!r} cannot be loaded: {first_line(error)}") from error
    side = size or _side(said) or getattr(config, "image_size", None)
    if not isinstance(side, int):
        raise RuntimeRefused(f"The model {name!r} does not say what size of pictures it takes: declare size.")
    labels = tuple(str(config.id2label[place]) for place in sorted(config.id2label))
    return WholeModel(model, side, labels, _declared(said))


def _kind(name: str, config: Any) -> str:
    for architecture in config.architectures or ():
        for kind in _AUTOS:
            if architecture.endswith(kind):
                return kind
    found = ", ".join(config.architectures or ("no architecture",))
    raise RuntimeRefused(
        f"The model {name!r} is {found}: it takes one for image classification or object detection. A backbone "
        "without a head is something to train from: `train --option architecture=transformers:…`."
    )


def _side(said: dict[str, Any]) -> int | None:
    """The side of the square that its processor makes."""
    wanted = said.get("crop_size") if said.get("do_center_crop") else said.get("size")
    if isinstance(wanted, int):
        return wanted
    sides = wanted or {}
    found = sides.get("height") or sides.get("shortest_edge")
    return found if isinstance(found, int) else None


def _declared(said: dict[str, Any]) -> dict[str, Any]:
    """The processor's words in a declaration's."""
    declared: dict[str, Any] = {"interpolation": _INTERPOLATIONS.get(said.get("resample", 2), "bilinear")}
    size = said.get("size")
    if said.get("do_center_crop") or (isinstance(size, dict) and set(size) == {"shortest_edge"}):
        declared["resize"] = "crop"
    if said.get("do_rescale") is False:
        declared["scale"] = 1.0
    elif "rescale_factor" in said:
        declared["scale"] = float(said["rescale_factor"])
    if said.get("do_normalize", True):
        for ours, theirs in (("mean", "image_mean"), ("std", "image_std")):
            if said.get(theirs):
                declared[ours] = tuple(float(each) for each in said[theirs])
    return declared
