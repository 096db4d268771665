"""A model of a torch hub or of the transformers library as an ONNX file and what is to be declared of it.

Only a command on an engineer's own machine comes here, never the web: a hub's own code runs in the process apart.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from inference.domain.declaration import LEFT_OUT, MOST_LETTERS, Declaration
from inference.domain.origins import Origin, matched
from inference.runtimes import RuntimeRefused
from inference.services import apart
from people.models import Project

SECONDS = 1800
MOST_BYTES = 2**30
"""Of its weights."""
SHOWN = 10
_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE")


@contextmanager
def fetched(
    *, origin: Origin, project: Project, labels: tuple[str, ...] | None, given: Mapping[str, Any]
) -> Iterator[tuple[Path, Declaration]]:
    """The model's graph in a file that goes when the block ends, and its declaration.

    What is `given` overrules what the model says of itself. Where `labels` are None they are those of the model's own
    that the project has too. Raises runtimes.RuntimeRefused, and DeclarationRefused.
    """
    with TemporaryDirectory(prefix="vouch-fetched-") as folder:
        file = Path(folder) / "fetched.onnx"
        asked = {
            "kind": origin.kind,
            "place": _place(origin),
            "entry": origin.entry,
            "options": origin.options,
            "size": given.get("size"),
            "out": str(file),
        }
        said = apart.ask("fetching", asked, seconds=SECONDS, size=MOST_BYTES, beside=_caches())
        declared = {
            name: tuple(each) if isinstance(each, list) else each for name, each in said["declared"].items()
        }
        whole = {"architecture": str(origin)[:MOST_LETTERS], "size": said["size"], **declared, **given}
        yield file, Declaration(labels=labels or _labels(project, said["labels"]), **whole)


def _place(origin: Origin) -> str:
    """A folder by its whole path: the process apart stands elsewhere."""
    return str(Path(origin.place).resolve()) if Path(origin.place).is_dir() else origin.place


def _labels(project: Project, names: list[str] | None) -> tuple[str, ...]:
    if names is None:
        raise RuntimeRefused("The model does not say what its columns are: name its labels.")
    found = matched(names, list(project.labels.filter(retired_at=None).values_list("key", flat=True)))
    if all(each == LEFT_OUT for each in found):
        shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        raise RuntimeRefused(
            f"None of the model's own labels is one of the project's ({shown}): name its labels."
        )
    return found


def _caches() -> dict[str, str]:
    """Where what is downloaded is kept, and how to reach it."""
    known = {name: os.environ[name] for name in _NETWORK if name in os.environ}
    folder = settings.VAR / "hub"
    for name, inside in (("TORCH_HOME", "torch"), ("HF_HOME", "transformers")):
        known[name] = os.environ.get(name, str(folder / inside))
    return {**known, "HOME": str(folder)}
