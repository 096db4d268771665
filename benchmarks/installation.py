"""An installation of its own for a benchmark: a data folder that goes away, every process, on loopback."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Installation:
    """Where it answers, and how to run a command of it."""

    address: str
    environment: dict[str, str]
    pid: int = 0
    """Of `manage.py up`."""

    def manage(self, *words: str) -> str:
        """Run one `manage.py` command; its standard output. Raises CalledProcessError where it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.strip()

    def client(self, token: str) -> httpx.Client:
        """An API client that carries the token."""
        return httpx.Client(
            base_url=f"{self.address}/api/v1/",
            headers={"Authorization": f"Token {token}"},
            timeout=60,
            event_hooks={"response": [refuse_errors]},
        )


def refuse_errors(response: httpx.Response) -> None:
    """Stop at the first answer that is an error, showing what it says."""
    if response.is_error:
        response.read()
        raise SystemExit(f"{response.request.method} {response.request.url}: {response.text}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(seconds: float = 120, prepare: Callable[[Path], None] | None = None) -> Iterator[Installation]:
    """Start `manage.py up` on a free port with an empty data folder; stop it and remove the folder after.

    The folder is as `prepare` leaves it.
    """
    with tempfile.TemporaryDirectory(prefix="vouch-benchmark-") as var:
        if prepare is not None:
            prepare(Path(var))
        port = free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "VOUCH_VAR": var,
            "PORT": str(port),
            "HOST": "127.0.0.1",
        }
        up = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment,
            stdout=sys.stderr,
            stderr=sys.stderr,
        )
        installation = Installation(f"http://127.0.0.1:{port}", environment, up.pid)
        try:
            wait_until_ready(installation, up, seconds)
            yield installation
        finally:
            up.terminate()
            up.wait(60)
            # What root keeps elsewhere for that installation.
            database = Path(var) / "postgres"
            if database.is_symlink():
                shutil.rmtree(database.resolve(), ignore_errors=True)


def wait_until_ready(installation: Installation, up: subprocess.Popen, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if up.poll() is not None:
            raise SystemExit(f"manage.py up ended with {up.returncode}")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{installation.address}/readyz", timeout=5).status_code == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"manage.py up was not ready after {seconds:.0f} s")
