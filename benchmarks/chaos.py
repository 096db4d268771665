"""What is lost when everything that can fail does, one after the other, under load: nothing may be.

usage: chaos.py [--faults web,inference,...] [--calm 3] [--cameras 3] [--people 3] [--media FOLDER] [--up PID]
                [--model FILE]

An installation of its own, every process real. Cameras upload, people claim and answer over HTTP, a page listens by
websocket; whoever gets no answer sends the same again under the same key. Meanwhile each process is killed with
SIGKILL, PostgreSQL is stopped, crashed and killed, the disk that media are on is filled, and the websocket is cut;
after each fault a new capture must be predicted and heard of by the page, and a new answer recorded, before the next.
At the end each upload must have been kept once and each capture predicted and routed once, each acknowledged answer
must be there once, and no place be answered twice. Media lie on a file system of 64 MB: one in memory (only root may
make it), or `--media`, a folder on a small one; without either the disk is not filled. With `--up` it is done to an
installation that runs and is there to be broken, named by the process of its `manage.py up`; its disk is left alone.
Prints one JSON line last: captures, lost, duplicated, answers, answers_lost, answers_duplicated, unexpected,
recovery_seconds (of each fault) and more. Exit code 1 where anything is wrong.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from chaos_load import Load
from chaos_reckoning import drain, reckoned
from installation import ROOT, Installation, running
from serving import django_of, say

MEDIA_BYTES = 64 * 2**20
FULL_SECONDS = 3
LONGEST_RECOVERY_SECONDS = 120
START_SECONDS = 600
PROCESSES = {
    "web": ["uvicorn"],
    "inference": ["manage.py", "inference"],
    "worker": ["worker", "-q", "default"],
    "training": ["worker", "-q", "training"],
    "keeper": ["keeper.py"],
}
"""What the command line of each process has in it, next to each other in the last word's case."""


class Chaos:
    """The installation, what is done to it, and how long it takes to be itself again."""

    def __init__(self, installation: Installation, load: Load, media: Path | None) -> None:
        self.installation, self.load, self.media = installation, load, media
        self.recovery: dict[str, float] = {}
        self.faults: dict[str, Callable[[], None]] = {
            **{name: lambda name=name: self._kill(name) for name in PROCESSES},
            "stopped": lambda: self._postmaster().send_signal(signal.SIGINT),
            "crashed": lambda: self._backend().kill(),
            "killed": lambda: self._postmaster().kill(),
            "disk": self._fill,
            "websocket": load.page.cut,
        }
        if media is None:
            del self.faults["disk"]

    def do(self, names: list[str], calm: float) -> None:
        for name in names:
            time.sleep(calm)
            say(f"{name} …")
            begun = time.monotonic()
            self.faults[name]()
            self._recover(name, begun)

    def _recover(self, name: str, begun: float) -> None:
        """Until what was sent after the fault has gone all the way."""
        awaited = {"web": 2}.get(name, 1)
        while True:
            took = time.monotonic() - begun
            is_whole = name not in PROCESSES or len(self._processes(name)) == awaited
            if is_whole and self.load.works_since(begun):
                break
            if took > LONGEST_RECOVERY_SECONDS:
                raise SystemExit(f"{name}: nothing works {took:.0f} s later: {self.load.state()}")
            time.sleep(0.02)
        self.recovery[name] = round(took, 2)
        say(f"{name}: all works again after {took:.1f} s")

    def _processes(self, name: str) -> list[psutil.Process]:
        found = []
        for process in psutil.Process(self.installation.pid).children():
            with contextlib.suppress(psutil.Error):
                words = " ".join(Path(word).name if "/" in word else word for word in process.cmdline())
                if f"{' '.join(PROCESSES[name])} " in f"{words} ":
                    found.append(process)
        return found

    def _kill(self, name: str) -> None:
        """With SIGKILL, one after the other where there are several; a fault is over when all are back."""
        for process in self._processes(name):
            process.kill()

    def _postmaster(self) -> psutil.Process:
        (keeper,) = self._processes("keeper")
        (server,) = keeper.children()
        return server

    def _backend(self) -> psutil.Process:
        return next(
            each for each in self._postmaster().children() if "vouch vouch" in " ".join(each.cmdline())
        )

    def _fill(self) -> None:
        assert self.media is not None
        full = self.media / "full"
        with full.open("wb", buffering=0) as out, contextlib.suppress(OSError):
            while True:
                out.write(bytes(2**16))
        before, begun = self.load.sent.statuses[503], time.monotonic()
        while self.load.sent.statuses[503] == before:
            if time.monotonic() - begun > LONGEST_RECOVERY_SECONDS:
                raise SystemExit(f"the disk is full and no upload is refused: {self.load.state()}")
            time.sleep(0.1)
        time.sleep(FULL_SECONDS)
        full.unlink()


@contextlib.contextmanager
def small_disk(given: str | None) -> Iterator[Path | None]:
    """An empty folder on a file system of 64 MB; None where there can be none."""
    if given:
        with tempfile.TemporaryDirectory(dir=given) as folder:
            yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="vouch-media-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={MEDIA_BYTES},mode=755", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True).returncode:
            say("no file system can be made here: the disk is not filled")
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def running_already(pid: int) -> Installation:
    """The installation of that `manage.py up`, as its environment says."""
    pairs = Path(f"/proc/{pid}/environ").read_text().rstrip("\0").split("\0")
    environment = dict(pair.split("=", 1) for pair in pairs)
    return Installation(f"http://127.0.0.1:{environment['PORT']}", environment, pid)


@contextlib.contextmanager
def to_be_broken(given: argparse.Namespace) -> Iterator[tuple[Installation, Path | None]]:
    """An installation, and where its media are if their disk may be filled."""
    if given.up:
        yield running_already(given.up), None
        return
    with small_disk(given.media) as media:

        def prepare(var: Path) -> None:
            if media is not None:
                os.symlink(media, var / "media")

        with running(START_SECONDS, prepare) as installation:
            yield installation, media


def model_file(folder: Path) -> Path:
    made = folder / "small.onnx"
    words = [sys.executable, str(ROOT / "benchmarks" / "serving_model.py"), str(made), "32", "small"]
    subprocess.run(words, check=True, stdout=sys.stderr)
    return made


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faults", help="some of them, by name and in this order")
    parser.add_argument("--calm", type=float, default=3, help="seconds of load before each fault (3)")
    parser.add_argument("--cameras", type=int, default=3)
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--media", help="a folder on a small file system")
    parser.add_argument("--up", type=int, metavar="PID", help="an installation that runs already")
    parser.add_argument("--model", type=Path, help="a file that serves (a small untrained network)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, to_be_broken(given) as (installation, media):
        sys.path.append(str(ROOT))
        django_of(installation)
        model = given.model or model_file(Path(folder))
        load = Load(installation, model, given.cameras, given.people)
        chaos = Chaos(installation, load, media)
        names = given.faults.split(",") if given.faults else list(chaos.faults)
        if unknown := set(names) - set(chaos.faults):
            raise SystemExit(f"no such fault here: {', '.join(sorted(unknown))}")
        begun = time.monotonic()
        with load:
            chaos.do(names, given.calm)
            time.sleep(given.calm)
        drain(load)
        figures = reckoned(load) | {"recovery_seconds": chaos.recovery}
        figures["seconds"] = round(time.monotonic() - begun, 1)
    wrong = ("lost", "duplicated", "answers_lost", "answers_duplicated", "unexpected", "told_twice")
    print(json.dumps(figures))
    return int(any(figures[name] for name in wrong))


if __name__ == "__main__":
    sys.exit(main())
