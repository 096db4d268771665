"""How fast a model is on this machine, in floats and in int8: measured in a process of its own, kept with the model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.db import transaction

from inference.domain.boxes import to_input
from inference.enums import ModelRuntime
from inference.imaging import Preprocessing, to_array
from inference.models import ModelVersion
from inference.queries.labelled import Labelled, sample
from inference.services import apart
from inference.services.baseline import NothingToMeasure, learnt_from
from inference.services.checking import check
from inference.services.files import of_model
from inference.services.models import keep
from labeling.imagefile import ImageRefused
from labeling.services import images
from people.models import User
from people.services.announcements import announce, project_topic

SECONDS = 1800
EACH_SECONDS = 3.0
MOST_CALIBRATION, MOST_JUDGED = 200, 300
LEAST_JUDGED = 30
MARGIN = 0.01
"""int8 holds where it is right on no fewer images than the floats, but for this share of them; of a detector, where its
F1 is lower by no more than this."""


class Int8Refused(ValueError):
    """A quantised model that is not to be kept; the message says why."""


@dataclass(frozen=True)
class Profiled:
    """What was measured, and the quantised file; None where it could not be made."""

    profile: dict[str, Any]
    int8: bytes | None


def profile_file(
    *,
    files: Sequence[Path],
    calibration: np.ndarray | None = None,
    judged: np.ndarray | None = None,
    truth: Sequence[Any] | None = None,
    contexts: Sequence[dict[str, Any]] | None = None,
    each: float = EACH_SECONDS,
    heard: Callable[[float], None] = lambda share: None,
) -> Profiled:
    """Profile a file that keeps the contract, or those of an ensemble; `heard` is told how far it is, 0..1.

    The pictures are uint8 [N, 3, S, S]: without `calibration` there is no int8, without `judged` its cost is unknown;
    `truth` are the label keys of those judged, or of a detector `{boxes, labels}` in ratios of its square input, and
    `contexts` theirs, for a model that is told readings.
    Raises runtimes.RuntimeRefused.
    """
    with TemporaryDirectory(prefix="vouch-profile-") as kept_in:
        folder = Path(kept_in)
        asked: dict[str, Any] = {
            "paths": [str(file.resolve()) for file in files],
            "int8": str(folder / "int8.onnx"),
            "each": each,
        }
        for part, pictures in (("calibration", calibration), ("judged", judged)):
            asked[part] = None
            if pictures is not None and len(pictures):
                np.save(folder / f"{part}.npy", pictures, allow_pickle=False)
                asked[part] = str(folder / f"{part}.npy")
        for name, of in (("truth", truth), ("contexts", contexts)):
            asked[name] = list(of) if of is not None and asked["judged"] else None
        size = sum(file.stat().st_size for file in files)
        size += sum(each.nbytes for each in (calibration, judged) if each is not None)
        found = apart.ask(
            "profiling", asked, seconds=SECONDS, size=size, heard=lambda line: heard(line["progress"])
        )
        int8 = folder / "int8.onnx"
        kept = int8.read_bytes() if "int8" in found["precisions"] and int8.exists() else None
    return Profiled(found, kept)


def profile_model(
    *,
    model: ModelVersion,
    each: float = EACH_SECONDS,
    heard: Callable[[float], None] = lambda share: None,
) -> Profiled:
    """Profile a registered model on the project's images, and keep what was measured with it.

    Raises runtimes.RuntimeRefused, OSError, and NothingToMeasure for a model that is not ours to run.
    """
    if model.runtime != ModelRuntime.ONNX.value:
        raise NothingToMeasure(f"{model} runs elsewhere: there is no file to profile.")
    preprocessing = Preprocessing.from_json(model.preprocessing)
    judged = sample(model.project, MOST_JUDGED, unlike=learnt_from(model))
    calibration = sample(model.project, MOST_CALIBRATION, unlike={row.image.sha256 for row in judged})
    if not calibration:
        calibration, judged = judged[::2], judged[1::2]
    _, by = _decoded(calibration, preprocessing)
    rows, on = _decoded(judged, preprocessing)
    with TemporaryDirectory(prefix="vouch-profile-") as folder:
        files = []
        for number, content in enumerate(of_model(model)):
            files.append(Path(folder) / f"{number}.onnx")
            files[-1].write_bytes(content)
        made = profile_file(
            files=files,
            calibration=by,
            judged=on,
            truth=[_truth(row, preprocessing) for row in rows],
            contexts=[row.image.context for row in rows],
            each=each,
            heard=heard,
        )
    with transaction.atomic():
        model.profile = {**model.profile, **made.profile, "notes": model.profile.get("notes", [])}
        model.profile["told"] = made.profile["notes"]
        ModelVersion.objects.filter(pk=model.pk).update(profile=model.profile)
        announce(project_topic(model.project_id), "models.changed", [model.pk])
    return made


def register_int8(
    *, model: ModelVersion, made: Profiled, margin: float = MARGIN, by: User | None = None
) -> ModelVersion:
    """Keep the quantised sibling as a candidate whose parent is the model, where its accuracy holds.

    Raises Int8Refused where it does not, or cannot be told, and runtimes.RuntimeRefused.
    """
    if made.int8 is None:
        raise Int8Refused(" ".join(made.profile["notes"]) or "There is no int8 model.")
    figures = made.profile["precisions"]
    fp32, int8 = figures["fp32"], figures["int8"]
    if int8.get("labelled", 0) < LEAST_JUDGED:
        raise Int8Refused(
            f"Whether int8 holds cannot be told: it takes {LEAST_JUDGED} labelled images that the model did not "
            f"learn from; there are {int8.get('labelled', 0)}."
        )
    lost, words = _lost(fp32, int8)
    if lost > margin:
        raise Int8Refused(f"int8 {words}: that is {lost:.1%} less, and {margin:.1%} is allowed.")
    with TemporaryDirectory(prefix="vouch-int8-") as folder:
        file = Path(folder) / "int8.onnx"
        file.write_bytes(made.int8)
        checked = check(file)
    return keep(
        project=model.project,
        checked=checked,
        by=by,
        name=f"{model}, int8",
        parent=model,
        dataset_id=model.dataset_id,
    )


def _lost(fp32: dict[str, Any], int8: dict[str, Any]) -> tuple[float, str]:
    """By how much int8 is worse, -1..1, in accuracy or in F1, and both figures in words."""
    if "right" in int8:
        lost = (fp32["right"] - int8["right"]) / int8["labelled"]
        return (
            lost,
            f"is right on {int8['right']} of {int8['labelled']} images, the floats on {fp32['right']}",
        )
    before, after = fp32["f1"] or 0.0, int8["f1"] or 0.0
    return before - after, f"has an F1 of {after:.3f} on {int8['labelled']} images, the floats {before:.3f}"


def _truth(row: Labelled, preprocessing: Preprocessing) -> Any:
    """What is true of an image as the process that profiles wants it."""
    if "label" in row.value:
        return row.value["label"]
    regions = row.value["regions"]
    boxes = to_input(
        np.array([region["box"] for region in regions], dtype=np.float64),
        preprocessing.resize,
        row.image.width,
        row.image.height,
    )
    return {"boxes": boxes.tolist(), "labels": [region["label"] for region in regions]}


def _decoded(rows: Sequence[Labelled], preprocessing: Preprocessing) -> tuple[list[Labelled], np.ndarray]:
    """Those of the rows that can be read, and their pictures uint8 [N, 3, S, S]."""
    read, arrays = [], []
    for row in rows:
        try:
            arrays.append(to_array(images.read(row.image), preprocessing))
            read.append(row)
        except (ImageRefused, FileNotFoundError):
            continue
    size = preprocessing.size
    return read, np.stack(arrays) if arrays else np.zeros((0, 3, size, size), dtype=np.uint8)
