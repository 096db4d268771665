"""`python -m inference.foreign.fetching`: a model that is no ONNX file yet, made one in a process apart.

Asked `{kind, place, entry, options, size, out, memory, seconds}`: an `inference.domain.origins.Origin`, the side of its
picture or null, and where to write the graph. Says `{size, labels, declared}`: the model's own labels, null where it
has none, and how a picture is prepared for it as far as that is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inference.domain.origins import TORCH_HUB
from inference.foreign.bounds import answer
from inference.runtimes import RuntimeRefused


def fetch(asked: dict[str, Any]) -> dict[str, Any]:
    """Load and export the model. Raises RuntimeRefused with the reason that it cannot be."""
    try:
        from inference.training import hub, whole_models
        from inference.training.tracing import traced
    except ImportError as error:
        raise RuntimeRefused(
            f"Models that are no ONNX files need a package that is not here ({error.name}): run `make setup`."
        ) from error
    size, labels, declared = asked["size"], None, {}
    if asked["kind"] == TORCH_HUB:
        if size is None:
            raise RuntimeRefused("A hub does not say what size of pictures its model takes: declare size.")
        model = hub.loaded(asked["place"], asked["entry"], asked["options"])
    else:
        whole = whole_models.loaded(asked["place"], size)
        model, size, labels, declared = whole.model, whole.size, list(whole.labels), whole.declared
    Path(asked["out"]).write_bytes(traced(model, size))
    return {"size": size, "labels": labels, "declared": declared}


if __name__ == "__main__":
    answer(fetch)
