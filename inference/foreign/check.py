"""`python -m inference.foreign.check`: whether a file can serve, in a process that may die of it.

Asked `{path, declaration, out, memory, seconds}`; says the model's card, its notes, and a first profile.
A file with our own card in it needs no declaration; any other is wrapped into the file `out`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inference.domain.declaration import Declaration, DeclarationRefused
from inference.foreign.bounds import answer
from inference.foreign.timing import Timing, quick_profile
from inference.runtimes import RuntimeRefused, load

QUICK_SECONDS = 1.0


def check(asked: dict[str, Any]) -> dict[str, Any]:
    """What can be said of the file. Raises RuntimeRefused with the reason that it cannot serve."""
    path, notes = Path(asked["path"]), []
    if asked["declaration"] is not None:
        try:
            from inference.foreign.reading import read
            from inference.foreign.wrapping import wrap
        except ImportError as error:
            raise RuntimeRefused(
                f"Models from elsewhere need a package that is not here ({error.name}): run `make setup`."
            ) from error
        try:
            declared = Declaration.from_json(asked["declaration"])
        except DeclarationRefused as refused:
            raise RuntimeRefused(f"The declaration's {refused}") from refused
        wrapped = wrap(read(path), declared)
        content, notes = wrapped.content, list(wrapped.notes)
        Path(asked["out"]).write_bytes(content)
    else:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RuntimeRefused(f"The model file cannot be read: {error.strerror}: {path.name}.") from error
    runtime = load("onnx", content, threads=1)
    return {
        "labels": list(runtime.labels),
        "preprocessing": runtime.preprocessing.to_json(),
        "temperature": runtime.temperature,
        "architecture": runtime.architecture,
        "task": runtime.task,
        "notes": notes,
        "profile": quick_profile(Timing.of(runtime, batch=1, seconds=QUICK_SECONDS), len(content)),
    }


if __name__ == "__main__":
    answer(check)
