"""`manage.py profile_model`: how fast a model is on this machine, in floats and in int8."""

import json
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import numpy as np
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from tqdm import tqdm

from inference.imaging import Preprocessing, to_array
from inference.management import declaring
from inference.models import ModelVersion
from inference.queries.budgets import over_budget
from inference.runtimes import RuntimeRefused
from inference.services import profiling
from inference.services.baseline import NothingToMeasure
from inference.services.checking import Checked, check
from labeling.imagefile import ImageRefused
from people.enums import TaskType

MOST_PICTURES = 500


class Command(BaseCommand):
    help = (
        "Measure an ONNX file or a registered model on this machine: one picture, 8 and 32, on one thread and on all, "
        "in floats and in int8 (calibrated on the project's images, or on --images), what int8 costs in accuracy, and "
        "the size of the files. Of a registered model the figures are kept, and held against the project's budget."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", metavar="FILE.onnx|MODEL", help="a file, or a registered model's id")
        parser.add_argument(
            "--images",
            type=Path,
            metavar="FOLDER",
            help="of a file: photographs to calibrate int8 on, in folders of their labels where it is to be judged",
        )
        parser.add_argument(
            "--seconds", type=float, default=profiling.EACH_SECONDS, help="for each figure (%(default)s)"
        )
        parser.add_argument(
            "--register-int8",
            action="store_true",
            help="of a registered model: keep the int8 one as a candidate where its accuracy holds",
        )
        parser.add_argument(
            "--margin",
            type=float,
            default=profiling.MARGIN,
            help="the share of images that int8 may be right on less, or its F1 be lower (%(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        declaring.add_arguments(parser)

    def handle(self, *args: Any, model: str, **options: Any) -> None:
        registered = self._registered(model)
        if options["register_int8"] and registered is None:
            raise CommandError(
                "--register-int8 is of a registered model: register the file first.", returncode=2
            )
        with tqdm(total=100, desc="Profiling", unit="%", disable=options["json"]) as bar:

            def heard(share: float) -> None:
                bar.update(round(share * 100) - bar.n)

            try:
                if registered is not None:
                    made = profiling.profile_model(model=registered, each=options["seconds"], heard=heard)
                else:
                    made = self._file(Path(model), options, heard)
            except (RuntimeRefused, NothingToMeasure) as refused:
                raise CommandError(str(refused)) from None
            except OSError as error:
                raise CommandError(f"{error.filename}: {error.strerror}.") from None
            heard(1)
        self.stdout.write(json.dumps(made.profile) if options["json"] else table(made.profile))
        if registered is None:
            return
        for line in over_budget(registered):
            self.stderr.write(f"Over budget: {line}")
        if options["register_int8"]:
            try:
                sibling = profiling.register_int8(model=registered, made=made, margin=options["margin"])
            except (profiling.Int8Refused, RuntimeRefused) as refused:
                raise CommandError(str(refused)) from None
            self.stderr.write(f"{sibling}: model {sibling.number}, a candidate, {sibling.pk}.")

    def _registered(self, named: str) -> ModelVersion | None:
        try:
            identity = UUID(named)
        except ValueError:
            return None
        model = ModelVersion.objects.select_related("project").filter(pk=identity).first()
        if model is None:
            raise CommandError(f"There is no model {named}.", returncode=2)
        return model

    def _file(self, file: Path, options: dict[str, Any], heard: Any) -> profiling.Profiled:
        checked = check(file, declaring.declaration(options))
        pictures, labels = _pictures(options["images"], checked) if options["images"] else ([], [])
        order = np.random.default_rng(0).permutation(len(pictures))[:MOST_PICTURES]
        first, rest = (np.array([pictures[place] for place in half]) for half in (order[::2], order[1::2]))
        truth = [labels[place] for place in order[1::2]]
        is_told = checked.task == TaskType.CLASSIFICATION and set(truth) <= set(checked.labels)
        with TemporaryDirectory(prefix="vouch-profile-") as folder:
            kept = Path(folder) / "model.onnx"
            kept.write_bytes(checked.content)
            return profiling.profile_file(
                files=[kept],
                calibration=first,
                judged=rest,
                truth=truth if is_told else None,
                each=options["seconds"],
                heard=heard,
            )


def _pictures(folder: Path, checked: Checked) -> tuple[list[np.ndarray], list[str]]:
    """The photographs in a folder as the model sees them, and the names of the folders they lie in."""
    pictures, labels = [], []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            pictures.append(to_array(path.read_bytes(), Preprocessing.from_json(checked.preprocessing)))
            labels.append(path.parent.name.lower())
        except ImageRefused:
            continue
    if not pictures:
        raise CommandError(f"There is no photograph in {folder}.", returncode=2)
    return pictures, labels


def table(profile: dict[str, Any]) -> str:
    """A profile for people to read in a terminal."""
    on = profile["machine"]
    lines = [
        f"{on['processor']}, {on['cores']} cores, ONNX Runtime {on['onnxruntime']}",
        f"{'':9}{'threads':>8}{'batch':>7}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}{'images/s':>11}",
    ]
    for row in profile["timings"]:
        lines.append(
            f"{row['precision']:9}{row['threads']:>8}{row['batch']:>7}{row['p50_ms']:>10.2f}{row['p95_ms']:>10.2f}"
            f"{row['p99_ms']:>10.2f}{row['images_per_second']:>11.1f}"
        )
    for name, found in profile["precisions"].items():
        parts = [f"{found['bytes'] / 2**20:.2f} MB"]
        if "right" in found:
            parts.append(
                f"right on {found['right']} of {found['labelled']} ({found['right'] / found['labelled']:.1%})"
            )
        if found.get("f1") is not None:
            parts.append(
                f"F1 {found['f1']:.3f}, mAP at 0.5 {found['map'] or 0:.3f} on {found['labelled']} images"
            )
        if found.get("agreement") is not None and name != "fp32":
            parts.append(f"says the same as fp32 on {found['agreement']:.1%}")
        lines.append(f"{name:9}{'; '.join(parts)}")
    return "\n".join([*lines, *profile["notes"]])
