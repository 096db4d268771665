"""The files of one embedded database: made whole or not at all, opened by the PostgreSQL that made them."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from config.postgres.errors import PostgresError
from config.postgres.place import Place

ROLE = DATABASE = "vouch"
NEEDED_MB = 200
# A new database is a copy of template1. Single-user mode reads one statement a line.
FIRST_STATEMENTS = {
    "template1": "CREATE EXTENSION vector\n",
    "postgres": f"CREATE ROLE {ROLE} LOGIN CREATEDB\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n",
}


def prepare(place: Place, *, throwaway: bool) -> Path:
    """The folder of the database's files, made if absent. The caller knows that no server runs on them."""
    free_mb = shutil.disk_usage(place.folder).free // 2**20
    if free_mb < NEEDED_MB:
        raise PostgresError(
            f"The disk of {place.folder} has {free_mb} MB left and PostgreSQL needs {NEEDED_MB}: "
            "free some space, or set VOUCH_VAR to a folder on another disk."
        )
    data = place.folder / "data"
    if not data.exists():
        _make(place, data, throwaway)
    made_by, installed = (data / "PG_VERSION").read_text().strip(), place.binaries.name[len("pginstall") :]
    if made_by != installed:
        raise PostgresError(
            f"{data} was made by PostgreSQL {made_by}, and {installed} is installed: go back to the "
            "release that made it, dump it there, and load the dump under a new VOUCH_VAR."
        )
    return data


def forget_old_server(data: Path, sockets: Path) -> None:
    """Remove what a killed server left. The caller knows that it is gone; the number it left may be another's."""
    for file in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
        file.unlink(missing_ok=True)


def _make(place: Place, data: Path, throwaway: bool) -> None:
    """Make the cluster beside its place and move it there complete: one killed half-way is made anew."""
    draft = data.with_name("data.new")
    if draft.exists():
        shutil.rmtree(draft)
    initdb = [
        "initdb",
        "-D",
        str(draft),
        "-U",
        "postgres",
        "--auth=trust",
        "--no-instructions",
        "--encoding=UTF8",
    ]
    initdb += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run(place, [*initdb, "--no-sync"] if throwaway else initdb)
    for database, statements in FIRST_STATEMENTS.items():
        _run(place, ["postgres", "--single", "-D", str(draft), database], statements)
    draft.rename(data)


def _run(place: Place, command: list[str], statements: str = "") -> None:
    account: dict[str, Any] = {}
    if place.account:
        account = {"user": place.account[0], "group": place.account[1], "extra_groups": []}
    program = place.binaries / "bin" / command[0]
    done = subprocess.run(
        [str(program), *command[1:]],
        input=statements,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=plain_environment(),
        start_new_session=True,
        **account,
    )
    if done.returncode or "ERROR:" in done.stdout:
        raise PostgresError(
            f"{program} could not make a database in {place.folder}: {last_words(done.stdout)}"
        )


def plain_environment() -> dict[str, str]:
    """PostgreSQL reads PG* and the locale; whoever happens to start it must not decide these for all."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def last_words(output: str) -> str:
    """The line that says why: the last that tells of an error, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["it said nothing"]
    marks = ("FATAL:", "ERROR:", "PANIC:", "error:", "error while")
    # "The database system is starting up" is what it tells those who ask too early.
    telling = [
        line for line in lines if any(mark in line for mark in marks) and "database system is" not in line
    ]
    return (telling or lines)[-1]
