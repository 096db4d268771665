"""What the demo's camera really saw, kept beside the data, so that the demo can answer as people would."""

import json
from pathlib import Path


def note(var: Path, *, sha256: str, label: str) -> None:
    """Remember one photograph's true label."""
    with _path(var).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"sha256": sha256, "label": label}) + "\n")


def labels(var: Path) -> dict[str, str]:
    """The true label of every photograph the camera sent, by sha256."""
    path = _path(var)
    if not path.exists():
        return {}
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line)
    return {row["sha256"]: row["label"] for row in rows}


def _path(var: Path) -> Path:
    return var / "demo_truth.ndjson"
