"""The most that a process for one foreign file may take, and how it says what came of it."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from typing import Any

from inference.runtimes import RuntimeRefused


def answer(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Read what is asked from standard input, keep to its `memory` and `seconds`, and print what `work` makes of it.

    A line of JSON: what it returned, or `{"refused": reason}`. What the runtimes print goes to standard error.
    """
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory"], asked["memory"]))
    # The parent ends it by the clock; this ends it where the parent was killed.
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"] * 4, asked["seconds"] * 4))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Native code that prints to standard output would be taken for the answer.
    global _said
    _said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        say(work(asked))
    except RuntimeRefused as refused:
        say({"refused": refused.reason})
    except MemoryError:
        say({"refused": f"The model needs more than {asked['memory'] >> 20} MB of memory."})


def say(line: dict[str, Any]) -> None:
    """Print one line of JSON for the parent to read at once."""
    print(json.dumps(line), file=_said, flush=True)


_said = sys.stdout
