"""What a device needs to decide as the centre does: the champion, the policy in force, and what it may accept."""

from functools import lru_cache
from hashlib import sha256
from typing import Any

from feedback.models import RoutingPolicy
from feedback.queries import certificates, policies
from inference.domain.edge import FORMAT
from inference.models import Capture, ModelVersion
from inference.queries import calibrations
from inference.queries.captures import sent_by_device
from inference.queries.models import champion, files_of
from inference.services.files import read_bytes
from labeling.queries.privacy import kinds_of, known_of
from people.models import Project


def manifest(project: Project) -> dict[str, Any] | None:
    """Everything by which a device decides, as JSON holds it; None before a model serves the project.

    Files are named by their hashes. The policy's key of the draws is in it: who has it can foresee audits.
    """
    model, policy = champion(project), policies.in_force(project)
    if model is None or policy is None:
        return None
    calibration = calibrations.newest(model.pk)
    made: dict[str, Any] = {
        "format": FORMAT,
        "project": project.slug,
        "task": project.task_type,
        "model": {
            "id": str(model.pk),
            "number": model.number,
            "runtime": model.runtime,
            "labels": model.labels,
            "preprocessing": model.preprocessing,
            "files": [{"sha256": held["sha256"], "bytes": held["bytes"]} for held in files_of(model)],
            "calibration": calibration
            and {"id": str(calibration.pk), "temperature": calibration.temperature},
            "novelty": None,
        },
        "policy": {
            "id": str(policy.pk),
            "version": policy.version,
            "threshold": policy.threshold,
            "audit_share": policy.audit_share,
            "error_budget": policy.error_budget,
            "novelty_limit": policy.novelty_limit,
            "label_rules": policy.label_rules,
            "slice_by": policy.slice_by,
            "draw_key": policy.draw_key,
        },
        "trust": _trust(policy, model),
        "sites": _sites(project) if policy.slice_by == "site" else {},
        "privacy": _privacy(project),
    }
    if policy.novelty_limit is not None and model.novelty:
        known = _known(model)
        made["model"]["novelty"] = {
            "file": {"sha256": known["sha256"], "bytes": known["bytes"]},
            "quantiles": model.novelty["quantiles"],
            "k": model.novelty["k"],
        }
    return made


def file_key(project: Project, digest: str) -> str | None:
    """The storage key of a file that the manifest names by that sha256; None where it names none such."""
    model = champion(project)
    if model is None:
        return None
    held = {each["sha256"]: each["key"] for each in files_of(model)}
    if (detector := _detector(project)) is not None:
        held[detector["sha256"]] = detector["key"]
    if digest not in held and model.novelty:
        known = _known(model)
        held[known["sha256"]] = known["key"]
    return held.get(digest)


def sent_before(project: Project, capture: str) -> Capture | None:
    """The capture that a device called so, where it came before, however long ago."""
    return sent_by_device(project, capture).first()


def _known(model: ModelVersion) -> dict[str, Any]:
    digest, size = _measured(model.novelty["key"])
    return {"key": model.novelty["key"], "sha256": digest, "bytes": size}


@lru_cache(maxsize=64)
def _measured(key: str) -> tuple[str, int]:
    """Hash and length of a file that is never written again."""
    content = read_bytes(key)
    return sha256(content).hexdigest(), len(content)


def _trust(policy: RoutingPolicy, model: ModelVersion) -> dict[str, Any]:
    cells = certificates.in_force(policy, [model.pk]) if policy.error_budget is not None else {}
    return {
        "newest": str(max(cell.pk for cell in cells.values())) if cells else None,
        "cells": [
            {
                "slice": part,
                "label": label,
                "threshold": cell.threshold,
                "bound": cell.bound,
                "proved": certificates.trusted(cell),
            }
            for (_, part, label), cell in sorted(cells.items(), key=lambda item: item[0][1:])
        ],
    }


def _sites(project: Project) -> dict[str, str]:
    return dict(project.sources.exclude(site=None).values_list("key", "site__key"))


def _privacy(project: Project) -> dict[str, Any]:
    """What is filled before a picture leaves a device, and the file that finds faces, if it is not cascades."""
    detector = _detector(project)
    return {
        "blurs": list(kinds_of(known_of(project))),
        "face_detector": detector and {"sha256": detector["sha256"], "bytes": detector["bytes"]},
    }


def _detector(project: Project) -> dict[str, Any] | None:
    kept = known_of(project)
    return kept.face_detector if kept is not None and kept.blurs_faces else None
