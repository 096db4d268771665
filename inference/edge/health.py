"""What the agent says of its own device: heat, disk, the model that decides, what waits to be sent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from inference.edge.champion import Champion
from inference.edge.spool import Spool

SENSORS = Path("/sys/class/thermal")
"""Where Linux has a folder `thermal_zoneN` for each sensor, its `temp` in thousandths of a degree."""


def health(*, device: str, folder: Path, spool: Spool, champion: Champion | None) -> dict[str, Any]:
    """As the centre takes it; what cannot be told is null. `folder` lies on the disk that is asked about."""
    disk = shutil.disk_usage(folder)
    return {
        "device": device,
        "temperature": temperature(),
        "disk_free": disk.free,
        "disk_total": disk.total,
        "model": champion.model if champion else None,
        "model_sha256": _file_of(champion) if champion else "",
        "spool_captures": spool.waiting(),
        "spool_bytes": spool.bytes(),
        "refused": spool.refused(),
    }


def temperature(sensors: Path = SENSORS) -> float | None:
    """Of the hottest sensor, in °C; None where there is none that can be read."""
    found = []
    for file in sensors.glob("thermal_zone*/temp"):
        try:
            found.append(int(file.read_text()) / 1000)
        except (OSError, ValueError):
            continue
    # Some boards have sensors that are not wired, and read far out of this world.
    real = [degrees for degrees in found if -40 <= degrees <= 150]
    return max(real, default=None)


def _file_of(champion: Champion) -> str:
    """The SHA-256 of the first file of its model."""
    files = json.loads(champion.text)["model"]["files"]
    return str(files[0]["sha256"]) if files else ""
