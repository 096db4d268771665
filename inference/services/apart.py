"""Asking a module of `inference.foreign` in a process of its own, within bounds of memory and time."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from inference.runtimes import RuntimeRefused

MEMORY = 4 * 1024**3
MEMORY_PER_BYTE = 6
"""How often a model's weights may lie in memory, beyond what everything needs: read, wrapped, loaded, optimised."""
_KEPT = ("PATH", "LANG", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR")


def ask(
    module: str,
    asked: Mapping[str, Any],
    *,
    seconds: int,
    size: int,
    heard: Callable[[dict[str, Any]], None] = lambda line: None,
    beside: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What `python -m inference.foreign.MODULE` says of a model of `size` bytes; `heard` is told its progress.

    The process is given no credentials, and of the environment little but what `beside` adds. Raises RuntimeRefused
    with its reason, or where it took more than `seconds` or died.
    """
    given = {**asked, "memory": MEMORY + MEMORY_PER_BYTE * size, "seconds": seconds}
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", f"inference.foreign.{module}"],
            cwd=settings.ROOT,
            env={**environment, "OPENBLAS_NUM_THREADS": "1", **(beside or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(seconds, end)
        clock.start()
        try:
            said = _conversation(child, given, heard)
        finally:
            clock.cancel()
            child.kill()
            code = child.wait()
        errors.seek(0)
        if late.is_set():
            raise RuntimeRefused(f"The model was given up: after {seconds} seconds it was not through.")
        if said is None:
            raise RuntimeRefused(_ending(code, errors.read()))
    if "refused" in said:
        raise RuntimeRefused(said["refused"])
    return said


def _conversation(
    child: subprocess.Popen[str], given: dict[str, Any], heard: Callable[[dict[str, Any]], None]
) -> dict[str, Any] | None:
    """The last line it says, having passed on those before; None where it ended without one."""
    with child:
        try:
            child.stdin.write(json.dumps(given))
            child.stdin.close()
        except BrokenPipeError:
            pass
        answer = None
        for line in child.stdout:
            answer = json.loads(line)
            if "progress" in answer:
                heard(answer)
                answer = None
        return answer


def _ending(code: int, said: str) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        return f"The model crashed the process that tried it ({name}): it asks for too much memory, or is damaged."
    last = said.strip().splitlines()[-1:] or ["it said nothing"]
    return f"The model could not be tried: {last[0][:300]}"
