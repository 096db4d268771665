"""The agent as a device runs it: in a process without Django, killed in the middle, and started again."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.factories.inference import coloured
from tests.inference.fake_centre import TOKEN, FakeCentre

ROOT = Path(__file__).parents[2]
SECONDS = 60
WITHOUT = """
import runpy, sys
for name in ("asgiref", "cryptography", "django", "onnx", "pgvector", "procrastinate", "psycopg", "rest_framework",
             "torch", "uuid_utils"):
    sys.modules[name] = None
sys.argv[0] = "edge"
runpy.run_module("inference.edge", run_name="__main__")
"""


@pytest.fixture
def centre():
    made = FakeCentre()
    server = made.server()
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()


def agent(centre, folder, *more):
    words = ["--url", centre.url, "--project", "shop", "--spool", str(folder / "spool"), "--device", "till"]
    words += ["--watch", f"camera={folder / 'in'}", "--settle", "0", *more]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "VOUCH_EDGE_TOKEN": TOKEN}
    command = [sys.executable, "-c", WITHOUT, *words]
    return subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True)


def test_killed_while_it_sends_it_goes_on_and_everything_is_there_once(centre, tmp_path):
    incoming = tmp_path / "in"
    incoming.mkdir()
    pictures = {coloured("red", seed) for seed in range(12)}
    for number, data in enumerate(pictures):
        (incoming / f"{number}.jpg").write_bytes(data)
    taken, go_on = threading.Event(), threading.Event()

    def hang(key):
        """The fourth capture is taken, and its answer never comes."""
        if len(centre.captures) == 4 and not taken.is_set():
            taken.set()
            go_on.wait(SECONDS)

    centre.before_answer = hang
    first = agent(centre, tmp_path)
    try:
        assert taken.wait(SECONDS), first.stderr.read()
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait(SECONDS)
        first.stderr.close()
        go_on.set()
    again = agent(centre, tmp_path, "--once")
    _, said = again.communicate(timeout=SECONDS)
    assert again.returncode == 0, said
    assert list(incoming.iterdir()) == []
    assert {parts["image"] for parts in centre.captures.values()} == pictures
    assert len(centre.captures) == 12
    # What was in flight was asked for again, by the name it had.
    assert len(centre.tried) == 13


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--project", "No Slug"], "is not a slug"),
        (["--watch", "nothing"], "is not KEY=VALUE"),
        (["--spool-mb", "1"], "64 MB"),
        (["--token-file", "/nowhere"], "No such file"),
    ],
)
def test_a_mistake_is_told_before_anything_is_done(capsys, tmp_path, words, said):
    from inference.edge.command import main

    given = ["--url", "https://x", "--project", "shop", "--spool", str(tmp_path / "spool"), "--watch", "a=b"]
    with pytest.raises(SystemExit) as ended:
        main([*given, *words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "spool").exists()
