"""`manage.py` as a user runs it: what it refuses is one line on stderr and exit code 2."""

import socket
from collections.abc import Iterator

import pytest

from config.postgres import Server
from tests.config.processes import manage


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://vouch:s3cr3t@127.0.0.1:1/vouch", ["127.0.0.1, database vouch", "refused"]),
        ("postgresql://vouch:s3cr3t@nowhere.invalid/vouch", ["nowhere.invalid"]),
        ("mysql://vouch:s3cr3t@127.0.0.1/vouch", ["begins with mysql", "Write postgresql://USER:"]),
        ("postgresql://vouch:s3cr3t@127.0.0.1:5432", ["names no database"]),
        ("postgresql://vouch:s3cr3t@127.0.0.1:port/vouch", ["host or port cannot be read"]),
        ("postgresql://vouch:p@s3cr3t@127.0.0.1/vouch", ["left out", "%40"]),
        ("nonsense", ["no scheme"]),
    ],
)
def test_a_wrong_database_url_is_refused_in_one_line(
    separate_environment: dict[str, str], url: str, words: list[str]
) -> None:
    done = manage("migrate", environment=separate_environment | {"DATABASE_URL": url})
    assert done.returncode == 2
    assert done.stderr.startswith("vouch: ")
    assert done.stderr.count("\n") == 1
    assert all(word in done.stderr for word in words)
    assert "s3cr3t" not in done.stderr + done.stdout


def test_a_given_server_is_used_and_not_looked_after(
    separate_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = Server(tmp_path_factory.mktemp("given"), throwaway=True)
    server.ensure()
    try:
        done = manage(
            "showmigrations", "people", environment=separate_environment | {"DATABASE_URL": server.url}
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "people" in done.stdout
    finally:
        server.release()


@pytest.mark.parametrize("words", [["up"], ["demo"]])
def test_a_port_in_use_is_refused_before_anything_starts(
    separate_environment: dict[str, str], taken_port: int, words: list[str], tmp_path
) -> None:
    done = manage(*words, environment=separate_environment | {"PORT": str(taken_port)})
    assert done.returncode == 2
    assert done.stderr == (
        f"vouch: Port {taken_port} on 127.0.0.1 is in use: "
        f"stop what uses it, or choose another with PORT={taken_port + 1}.\n"
    )
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"PORT": "http"}, "PORT=http is not a port number"),
        ({"PORT": "70000"}, "PORT=70000 is not a port number"),
        ({"HOST": "192.0.2.1"}, "HOST=192.0.2.1 is not an address of this machine"),
    ],
)
def test_a_wrong_address_is_refused_in_one_line(
    separate_environment: dict[str, str], variables: dict[str, str], words: str
) -> None:
    done = manage("up", environment=separate_environment | variables)
    assert done.returncode == 2
    assert done.stderr.startswith(f"vouch: {words}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["help"], ["version"], ["migrate", "--help"]])
def test_a_command_that_needs_no_database_starts_none(
    separate_environment: dict[str, str], tmp_path, words: list[str]
) -> None:
    assert manage(*words, environment=separate_environment).returncode == 0
    assert not (tmp_path / "var" / "postgres").exists()
