"""Whether a model file can serve: tried in a process of its own before this one ever loads it."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inference.domain.declaration import Declaration
from inference.runtimes import RuntimeRefused
from inference.services import apart

SECONDS = 120


@dataclass(frozen=True)
class Checked:
    """A file that keeps the contract, what its card says, how fast one picture is, and what was found out."""

    content: bytes
    labels: list[str]
    preprocessing: dict[str, Any]
    temperature: float
    architecture: str
    task: str
    notes: list[str]
    profile: dict[str, Any]


def check(file: Path, declaration: Declaration | None = None) -> Checked:
    """Try the file; one with a declaration is wrapped to keep the contract first.

    Raises RuntimeRefused with the reason, a crash or a lack of time or memory included.
    """
    try:
        size = file.stat().st_size
    except OSError as error:
        raise RuntimeRefused(f"The model file cannot be read: {error.strerror}: {file}.") from error
    with TemporaryDirectory(prefix="vouch-model-") as folder:
        out = Path(folder) / "wrapped.onnx"
        said = apart.ask(
            "check",
            {
                "path": str(file.resolve()),
                "declaration": declaration.to_json() if declaration else None,
                "out": str(out),
            },
            seconds=SECONDS,
            size=size,
        )
        content = (out if declaration else file).read_bytes()
    return Checked(content=content, **said)
