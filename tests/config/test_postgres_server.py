"""The embedded PostgreSQL: shared by processes, gone with the last, back with its data after any kill."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.postgres import PostgresError, Server, place
from config.postgres.place import LONGEST_SOCKET_FOLDER
from tests.config.processes import leave, naming, until, use_server

REMEMBER = ("CREATE TABLE kept AS SELECT 42 AS number", "SELECT number FROM kept")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a database that was used and left."""
    var = tmp_path_factory.mktemp("made")
    user, _ = use_server(var)
    leave(user)
    yield var
    shutil.rmtree(folder_of(var))


@pytest.fixture
def empty_var(tmp_path: Path) -> Iterator[Path]:
    """A data folder yet to be made; what root keeps for it elsewhere goes with it."""
    var = tmp_path / "var"
    yield var
    until(lambda: not naming(str(folder_of(var))), "the server of this test has gone")
    shutil.rmtree(folder_of(var), ignore_errors=True)


@pytest.fixture
def var(empty_var: Path, made: Path) -> Path:
    """A data folder with a database of its own."""
    copy_database(made, empty_var)
    return empty_var


def copy_database(source: Path, var: Path) -> None:
    """Making one waits for the disk; a copy does not."""
    place.prepare(var)
    subprocess.run(["cp", "-a", str(folder_of(source) / "data"), str(folder_of(var))], check=True)


def folder_of(var: Path) -> Path:
    return Path(os.path.realpath(var / "postgres"))


def servers(var: Path) -> dict[int, str]:
    return naming(f"-D {folder_of(var)}/data")


def test_two_processes_share_a_server_and_the_last_one_out_stops_it(var: Path) -> None:
    first, mine = use_server(var, "SELECT pg_postmaster_start_time()")
    second, theirs = use_server(var, "SELECT pg_postmaster_start_time()")
    assert mine == theirs

    leave(first)
    assert servers(var), "the second still uses it"
    leave(second)
    assert not servers(var)


def test_it_has_what_the_schema_needs(var: Path) -> None:
    query = (
        "SELECT current_setting('server_version_num')::int >= 170000, '[1,2]'::vector, current_setting('fsync'), "
        "current_setting('listen_addresses') = '', datlocale, pg_encoding_to_char(encoding), current_user "
        "FROM pg_database WHERE datname = current_database()"
    )
    user, row = use_server(var, query)
    leave(user)
    assert row == "True [1,2] on True C.UTF-8 UTF8 vouch"


def test_it_comes_back_with_its_data_after_everything_was_killed(var: Path) -> None:
    user, _ = use_server(var, *REMEMBER)
    for pid in [user.pid, *servers(var)]:
        os.kill(pid, signal.SIGKILL)
    user.communicate()

    again, row = use_server(var, "SELECT number FROM kept")
    leave(again)
    assert row == "42"


def test_it_stops_by_itself_when_its_only_user_is_killed(var: Path) -> None:
    user, _ = use_server(var)
    user.kill()
    user.communicate()
    until(lambda: not servers(var), "the server has stopped")


def test_it_starts_again_when_only_the_postmaster_is_killed(var: Path) -> None:
    user, _ = use_server(var, *REMEMBER)
    postmaster = int((folder_of(var) / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)

    other, row = use_server(var, "SELECT number FROM kept")
    assert row == "42"
    leave(other)
    leave(user)


def test_who_holds_it_can_start_it_again_when_its_keeper_is_killed(var: Path) -> None:
    server = Server(var)
    server.ensure()
    assert not server.mend()
    (keeper,) = naming(f"{folder_of(var)}/users.lock")
    os.kill(keeper, signal.SIGKILL)
    until(server.mend, "it has ended and runs again")
    assert not server.mend()
    other, row = use_server(var, "SELECT 42")
    assert row == "42"
    leave(other)
    server.release()
    assert not server.mend()


def test_a_pid_file_that_names_a_living_stranger_does_not_keep_it_from_starting(var: Path) -> None:
    user, _ = use_server(var)
    leave(user)
    data = folder_of(var) / "data"
    # This very process: alive, and not a PostgreSQL.
    (data / "postmaster.pid").write_text(
        f"{os.getpid()}\n{data}\n1\n5432\n{folder_of(var)}\n\n  1  1\nready\n"
    )

    again, _ = use_server(var)
    leave(again)


def test_a_database_made_half_is_made_anew(empty_var: Path) -> None:
    # As if killed in the middle of making it: files there, and not yet in their place.
    draft = place.prepare(empty_var).folder / "data.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")

    user, row = use_server(empty_var, "SELECT count(*) FROM pg_extension WHERE extname = 'vector'")
    leave(user)
    assert row == "1"


def test_data_of_another_version_is_refused_in_one_line(var: Path) -> None:
    user, _ = use_server(var)
    leave(user)
    (folder_of(var) / "data" / "PG_VERSION").write_text("11\n")
    with pytest.raises(PostgresError, match=r"was made by PostgreSQL 11, and \d+ is installed: go back"):
        Server(var).ensure()


def test_a_data_folder_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(
        PostgresError, match=r"Cannot keep a database in .*set VOUCH_VAR to a folder"
    ) as caught:
        Server(tmp_path / "file" / "var").ensure()
    assert "\n" not in str(caught.value)


def test_a_deleted_data_folder_means_a_new_database(var: Path) -> None:
    user, _ = use_server(var, *REMEMBER)
    leave(user)
    old = folder_of(var)
    shutil.rmtree(var)
    again, row = use_server(var, "SELECT to_regclass('kept') IS NULL")
    leave(again)
    assert row == "True"
    shutil.rmtree(old, ignore_errors=True)


def test_a_deep_data_folder_has_a_short_socket(tmp_path: Path, made: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    copy_database(made, deep)
    user, row = use_server(deep)
    leave(user)
    assert row == "1"
    host = Server(deep).url.partition("@")[2].partition("/")[0].replace("%2F", "/")
    assert len(host) <= LONGEST_SOCKET_FOLDER
    shutil.rmtree(folder_of(deep))


def test_permissions_of_folders_above_are_left_alone(var: Path) -> None:
    var.chmod(0o700)
    above = [var, *var.parents]
    before = [folder.stat().st_mode for folder in above]
    user, _ = use_server(var)
    leave(user)
    assert [folder.stat().st_mode for folder in above] == before


def test_a_throwaway_server_leaves_nothing(tmp_path: Path) -> None:
    var = tmp_path / "var"
    server = Server(var, throwaway=True)
    server.ensure()
    folder = folder_of(var)
    assert (folder / "data").is_dir()
    server.release()
    assert not folder.exists()
    assert not var.exists()
