"""Keeps a set of programs running as one: what ends is started again, and all of it stops together."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.2
GRACE_SECONDS = 10
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30
# A program that ran this long had started well: its next end is a new one.
SOUND_SECONDS = 60
# One press of Ctrl-C can arrive more than once, from the terminal and from `make`.
SECOND_SIGNAL_SECONDS = 1
PR_SET_PDEATHSIG = 1

LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Program:
    """A name to show before its output, and the command line."""

    name: str
    argv: Sequence[str]


@dataclass
class _Running:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause_seconds: float = FIRST_PAUSE_SECONDS
    start_at: float = 0.0


class Supervisor:
    """Runs `programs` in `folder` with `environment`, each inheriting the file descriptors `inherit`.

    Each heads a session of its own, so that Ctrl-C reaches the supervisor alone, which then ends them all;
    should the supervisor be killed, they get SIGTERM (Linux). Use it from the main thread.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        folder: Path,
        environment: Mapping[str, str],
        inherit: Sequence[int] = (),
        write: Callable[[str], None],
    ) -> None:
        self.folder = folder
        self.environment = environment
        self.inherit = inherit
        self.write = write
        self.width = max(len(program.name) for program in programs)
        self.running = [_Running(program) for program in programs]
        self.writing = threading.Lock()
        self.asked_to_stop = 0

    def run(self) -> None:
        """Returns when SIGINT, SIGTERM or SIGHUP came and everything has ended."""
        before = {number: signal.signal(number, self._ask_to_stop) for number in STOP_SIGNALS}
        try:
            while not self.asked_to_stop:
                now = time.monotonic()
                for one in self.running:
                    self._tend(one, now)
                time.sleep(POLL_SECONDS)
            self._stop()
        finally:
            for one in self.running:
                _signal_group(one, signal.SIGKILL)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, *_: object) -> None:
        self.asked_to_stop += 1

    def _tend(self, one: _Running, now: float) -> None:
        """Start it if it is due; if it has ended, say so and let it wait twice as long as the last time."""
        if one.process is None:
            if now >= one.start_at:
                self._start(one, now)
        elif (code := one.process.poll()) is not None:
            # What it had started must not hold on to a socket or a lock.
            _signal_group(one, signal.SIGKILL)
            if now - one.started > SOUND_SECONDS:
                one.pause_seconds = FIRST_PAUSE_SECONDS
            self._say(
                "up", f"{one.program.name} {_ending(code)}; starting it again in {one.pause_seconds:g} s"
            )
            one.process = None
            one.start_at = now + one.pause_seconds
            one.pause_seconds = min(one.pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _start(self, one: _Running, now: float) -> None:
        one.started = now
        one.process = subprocess.Popen(
            one.program.argv,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.inherit,
            start_new_session=True,
            preexec_fn=partial(_die_with, os.getpid()),
        )
        reading = (one.program.name, one.process)
        threading.Thread(target=self._pass_on, args=reading, daemon=True).start()

    def _pass_on(self, name: str, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                self._say(name, line.decode(errors="replace").rstrip())

    def _say(self, name: str, text: str) -> None:
        with self.writing:
            self.write(f"{name:<{self.width}} | {text}")

    def _stop(self) -> None:
        """Ask everything to end; what is still there after the grace, or at a second signal, is killed."""
        begun = time.monotonic()
        for one in self.running:
            _signal_group(one, signal.SIGTERM)
        while any(one.process is not None and one.process.poll() is None for one in self.running):
            time.sleep(POLL_SECONDS / 4)
            waited = time.monotonic() - begun
            if waited < SECOND_SIGNAL_SECONDS:
                self.asked_to_stop = 1
            if waited > GRACE_SECONDS or self.asked_to_stop > 1:
                break


def _signal_group(one: _Running, number: int) -> None:
    if one.process is not None:
        try:
            os.killpg(one.process.pid, number)
        except (ProcessLookupError, PermissionError):
            return


def _die_with(parent: int) -> None:
    """In the child before exec: have SIGTERM sent when the supervisor is gone, and leave if it is gone already."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
