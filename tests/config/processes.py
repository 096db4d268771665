"""Real processes of a separate installation: start them, read what they say, and wait until something is true."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Prints the first row of the last statement and holds the server of the folder until its standard input closes.
USER_OF_SERVER = """
import sys
from pathlib import Path
import psycopg
from config.postgres import PostgresError, Server
server = Server(Path(sys.argv[1]))
try:
    server.ensure()
except PostgresError as error:
    sys.exit(f"refused: {error}")
with psycopg.connect(server.url, autocommit=True) as connected:
    for statement in sys.argv[2:]:
        done = connected.execute(statement)
    print(*done.fetchone(), flush=True)
sys.stdin.read()
"""


def until(true: Callable[[], object], what: str, seconds: float = 90) -> None:
    """Ask until it is true; fail with `what` after `seconds`."""
    never = threading.Event()
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        never.wait(0.02)


def use_server(var: Path, *statements: str) -> tuple[subprocess.Popen[str], str]:
    """A process that holds the server of `var`, and the first row of the last statement."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER_OF_SERVER, str(var), *(statements or ["SELECT 1"])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        _, errors = process.communicate()
        raise AssertionError(errors)
    return process, line


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate()
    assert process.returncode == 0


def manage(
    *words: str, environment: Mapping[str, str], seconds: float = 180
) -> subprocess.CompletedProcess[str]:
    """One `manage.py` command, run to its end."""
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds)


def naming(text: str) -> dict[int, str]:
    """pid: command line, of every living process whose command line has `text` in it."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if text in line:
                found[int(entry.name)] = line
    return found
