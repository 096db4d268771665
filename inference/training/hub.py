"""Models of a torch hub: a repository's or a folder's own code makes them, so only a process apart may do it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inference.runtimes import RuntimeRefused
from inference.runtimes.checks import first_line


def loaded(place: str, entry: str, options: Mapping[str, Any]) -> nn.Module:
    """The model that `entry` of a folder's or a GitHub repository's `hubconf.py` makes. Raises RuntimeRefused."""
    is_local = Path(place).is_dir()
    if is_local and not (Path(place) / "hubconf.py").is_file():
        raise RuntimeRefused(f"The folder {place} is no torch hub: there is no hubconf.py in it.")
    if not is_local and place.count("/") != 1:
        raise RuntimeRefused(f"There is no folder {place}, and a repository is named OWNER/REPO.")
    try:
        model = torch.hub.load(
            place,
            entry,
            source="local" if is_local else "github",
            # Whoever asks for it by name trusts it, and there is nobody here to ask.
            trust_repo=True,
            skip_validation=True,
            verbose=False,
            **options,
        )
    except Exception as error:  # their code may raise anything
        raise RuntimeRefused(f"The hub's {entry!r} made no model: {first_line(error)}") from error
    if not isinstance(model, nn.Module):
        raise RuntimeRefused(f"The hub's {entry!r} made {type(model).__name__}, not a torch.nn.Module.")
    return model
