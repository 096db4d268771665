"""The champion as it lies on the device: checked by signature and hash before it is loaded, the last good one kept."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference import runtimes
from inference.domain.edge import FORMAT
from inference.domain.novelty import Known, directions
from inference.domain.terms import Held
from inference.edge.centre import Centre, NotGenuine, Signed

MANIFEST = "champion.json"


@dataclass(frozen=True, slots=True)
class Terms:
    """The routing policy in force; see inference.domain.terms.Terms."""

    id: str
    threshold: float
    audit_share: float
    error_budget: float | None
    novelty_limit: float | None
    label_rules: Mapping[str, Mapping[str, Any]]
    slice_by: str
    draw_key: str


@dataclass(frozen=True, slots=True)
class Champion:
    """A loaded model with all that decides about its predictions. `cells` is what is certified, by slice and label;
    `trust` the newest certificate, None where there is none. `blurs` is what of its pictures may not leave: face,
    plate."""

    text: str
    model: str
    runtime: runtimes.Runtime
    known: Known | None
    calibration: str | None
    temperature: float
    terms: Terms
    trust: str | None
    cells: Mapping[tuple[str, str], Held]
    sites: Mapping[str, str]
    blurs: tuple[str, ...] = ()
    face_detector: bytes | None = None


class Store:
    """The folder where the champion's files and its manifest are kept, for the token that signs them."""

    def __init__(self, folder: Path, *, token: str, threads: int = 1) -> None:
        self._folder, self._token, self._threads = folder, token, threads
        folder.mkdir(parents=True, exist_ok=True)

    def last_good(self) -> tuple[Champion, float] | None:
        """The champion that was loaded last, and how many seconds ago the centre confirmed it; None where none can be
        loaded. The seconds are by the device's clock, and 0 where that was set back."""
        path = self._folder / MANIFEST
        try:
            signed = Signed(**json.loads(path.read_text()))
            champion = self._load(signed)
            age = time.time() - path.stat().st_mtime
        except (OSError, ValueError, KeyError, TypeError, NotGenuine):
            return None
        return champion, max(0.0, age)

    def confirmed(self) -> None:
        """The centre said just now that the champion is still the one."""
        os.utime(self._folder / MANIFEST)

    def take(self, signed: Signed, centre: Centre) -> Champion:
        """Fetch what the manifest names and is not here, load it, and only then let the one before go.

        Raises NotNow, Refused, NotGenuine, and runtimes.RuntimeRefused for a model that cannot run here.
        """
        manifest = signed.check(self._token)
        for file in _files(manifest):
            if not self._path(file).exists():
                centre.fetch(file["sha256"], file["bytes"], self._path(file))
        champion = self._load(signed)
        part = self._folder / f"{MANIFEST}.part"
        with part.open("w") as opened:
            json.dump(asdict(signed), opened)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(self._folder / MANIFEST)
        kept = {self._path(file) for file in _files(manifest)} | {self._folder / MANIFEST}
        for path in self._folder.iterdir():
            if path not in kept:
                path.unlink()
        return champion

    def _path(self, file: Mapping[str, Any]) -> Path:
        digest = str(file["sha256"])
        if len(digest) != 64 or not digest.isalnum():
            raise NotGenuine(f"The manifest names a file {digest[:80]!r}.")
        return self._folder / digest

    def _read(self, file: Mapping[str, Any]) -> bytes:
        path = self._path(file)
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            path.unlink()
            raise NotGenuine(f"The file {path.name[:12]} was changed on the disk; it is fetched again.")
        return content

    def _load(self, signed: Signed) -> Champion:
        manifest = signed.check(self._token)
        if manifest["format"] != FORMAT:
            raise NotGenuine(
                f"The manifest is {manifest['format']!r}; this agent reads {FORMAT!r}: update it."
            )
        model, policy, trust = manifest["model"], manifest["policy"], manifest["trust"]
        contents = [self._read(file) for file in model["files"]]
        calibration = model["calibration"] or {}
        # A centre of an earlier release says nothing of it.
        privacy = manifest.get("privacy", {})
        detector = privacy.get("face_detector")
        return Champion(
            text=signed.manifest,
            model=model["id"],
            runtime=runtimes.ensemble(model["runtime"], contents, threads=self._threads),
            known=self._known(model["novelty"]),
            calibration=calibration.get("id"),
            temperature=calibration.get("temperature", 1.0),
            terms=Terms(**{name: policy[name] for name in Terms.__slots__}),
            trust=trust["newest"],
            cells={
                (cell["slice"], cell["label"]): Held(cell["threshold"], cell["bound"], cell["proved"])
                for cell in trust["cells"]
            },
            sites=manifest["sites"],
            blurs=tuple(privacy.get("blurs", ())),
            face_detector=self._read(detector) if detector else None,
        )

    def _known(self, novelty: Mapping[str, Any] | None) -> Known | None:
        if novelty is None:
            return None
        path = self._path(novelty["file"])
        self._read(novelty["file"])
        vectors = np.load(path, allow_pickle=False)
        return Known(directions(vectors), np.array(novelty["quantiles"]), novelty["k"])


def _files(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    novelty = manifest["model"]["novelty"]
    detector = manifest.get("privacy", {}).get("face_detector")
    return [
        *manifest["model"]["files"],
        *([novelty["file"]] if novelty else []),
        *([detector] if detector else []),
    ]
