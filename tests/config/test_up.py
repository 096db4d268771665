"""`manage.py up` and the supervisor below it: everything starts, comes back when it ends, and stops together."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.config.processes import ROOT, naming, until
from tests.factories.inference import colour_model

SUPERVISE = """
import json, os, sys
from pathlib import Path
from config.supervisor import Program, Supervisor
programs = [Program(name, argv) for name, argv in json.loads(sys.argv[1]).items()]
Supervisor(programs, folder=Path.cwd(), environment=os.environ, write=lambda line: print(line, flush=True)).run()
"""
SLEEP = ["sleep", "600"]
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
signal.pause()
"""


@pytest.fixture
def supervise() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a supervisor of programs by name; whatever it leaves is killed."""
    started = []

    def start(**programs: list[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE, json.dumps(programs)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def children(process: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_program_and_then_the_supervisor(supervise, number: signal.Signals) -> None:
    process = supervise(one=SLEEP, two=SLEEP)
    until(lambda: len(children(process)) == 2, "both run")
    pids = children(process)
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not any(map(alive, pids))


def test_a_program_that_ends_is_started_again_after_longer_and_longer_pauses(supervise) -> None:
    process = supervise(brief=["sh", "-c", "echo hello; exit 3"], steady=SLEEP)
    lines = [process.stdout.readline().rstrip() for _ in range(5)]
    assert sorted(lines[:4]) == [
        "brief  | hello",
        "brief  | hello",
        "up     | brief ended with exit code 3; starting it again in 0.5 s",
        "up     | brief ended with exit code 3; starting it again in 1 s",
    ]
    assert lines[4] == "brief  | hello"


def test_a_second_signal_ends_what_will_not_end(supervise) -> None:
    process = supervise(stubborn=[sys.executable, "-c", STUBBORN])
    assert process.stdout.readline() == "stubborn | deaf\n"
    (pid,) = children(process)
    # A second signal counts once a second has gone by since the first was heard, which may be late: then the third.
    for patience in (1.2, 3, 3):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    # Less than the grace, after which it would be killed without being asked again.
    assert process.poll() == 0
    assert not alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="no parent-death signal elsewhere")
def test_programs_do_not_outlive_a_killed_supervisor(supervise) -> None:
    process = supervise(one=SLEEP, two=SLEEP)
    until(lambda: len(children(process)) == 2, "both run")
    pids = children(process)
    process.kill()
    until(lambda: not any(map(alive, pids)), "both have ended")


def answers(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def survive_chaos(up: int, folder: Path) -> None:
    """Uploads, answers and a page go on while what serves them is killed; what was acknowledged is there, once."""
    model = folder / "model.onnx"
    model.write_bytes(colour_model(("empty", "full", "low")))
    command = ["benchmarks/chaos.py", "--up", str(up), "--model", str(model), "--calm", "0.3"]
    command += ["--cameras", "1", "--people", "1", "--faults", "inference,keeper,websocket"]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said["captures"] > 0
    assert said["answers"] > 0
    for wrong in ("lost", "duplicated", "answers_lost", "answers_duplicated", "told_twice"):
        assert said[wrong] == 0, (wrong, said)
    assert said["websockets"] >= 2


@pytest.mark.slow
def test_up_serves_heals_and_leaves_nothing(separate_environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    link = f"http://127.0.0.1:{port}"
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "manage.py",
                "up",
                "--also",
                "extra=sleep 600",
                "--greeting",
                "Log in as nobody",
            ],
            cwd=ROOT,
            env=separate_environment | {"PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: answers(f"{link}/readyz") == 200, f"the pages answer; {log.read_text()}", 240)
        until(lambda: "Log in as nobody" in log.read_text(), "it greets")
        assert f"Vouch is at {link}" in log.read_text()

        # Two web processes, inference, two workers, the extra one, and the keeper of the database.
        until(lambda: len(children(process)) == 7, "all run")
        web = [pid for pid in children(process) if "uvicorn" in naming("uvicorn").get(pid, "")]
        assert len(web) == 2
        for pid in web:
            os.kill(pid, signal.SIGKILL)
        # The address outlives them: a request waits for the next process, and is not refused.
        assert answers(f"{link}/healthz") == 200

        assert "Traceback" not in log.read_text()
        survive_chaos(process.pid, tmp_path)

        database = os.path.realpath(tmp_path / "var" / "postgres")
        pids = [*children(process), *naming(database)]
        assert naming(database)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(90) == 0
        until(lambda: not any(map(alive, pids)), "everything has ended")
    finally:
        process.kill()
        process.wait()
