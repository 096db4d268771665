"""One embedded PostgreSQL server for one data folder: make it, start it, share it, leave it."""

import atexit
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

from config.postgres import place
from config.postgres.errors import PostgresError

ROLE = DATABASE = "vouch"
NEEDED_MB = 200
RECOVERY_SECONDS = 600
PATIENCE_SECONDS = 3
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# What is thrown away need not outlive a power cut.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# Single-user mode reads one statement a line.
FIRST_STATEMENTS = {
    "template1": "CREATE EXTENSION vector",
    "postgres": f"CREATE ROLE {ROLE} LOGIN CREATEDB\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n",
}


def connection(var: Path) -> dict[str, str]:
    """Django's NAME, USER and HOST (the socket's folder) of the server of `var`, whether it runs or not."""
    return {"NAME": DATABASE, "USER": ROLE, "HOST": str(place.socket_folder(var))}


class Server:
    """The server of the data folder `var`. Every method may be called by several processes at once.

    A `throwaway` server is for tests: it may lose data in a power cut, and its data is deleted when it stops.
    """

    def __init__(self, var: Path, *, throwaway: bool = False) -> None:
        self.var = var.expanduser().resolve()
        self.throwaway = throwaway
        self._users: IO[str] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What DATABASE_URL would be to name this server; for a process that shall not look after it."""
        host = str(place.socket_folder(self.var)).replace("%", "%25").replace("/", "%2F")
        return f"postgresql://{ROLE}@{host}/{DATABASE}"

    def ensure(self) -> None:
        """Have a server that answers, and hold it until `release` or the end of this process.

        Makes the database if there is none, starts the server if it is not running, waits out a recovery.
        Raises PostgresError, in one line, if that cannot be.
        """
        if self._users is not None:
            return
        try:
            self.place = place.prepare(self.var)
            # Waits here while the last user of before is stopping the server.
            users = _locked(self.place.folder / "users.lock", fcntl.LOCK_SH)
            with _locked(self.place.folder / "start.lock", fcntl.LOCK_EX):
                self._start_and_wait()
        except OSError as error:
            where = error.filename or self.var
            raise PostgresError(
                f"Cannot keep a database in {self.var}: {where}: {error.strerror}. "
                "Free some space or set VOUCH_VAR to a folder that can be written."
            ) from None
        self._users, self._pid = users, os.getpid()
        atexit.register(self.release)

    def release(self) -> None:
        """Leave the server; the last to leave stops it and comes back when it has stopped."""
        # A forked child shares its parent's lock: it must not give it up.
        if self._users is None or self._pid != os.getpid():
            return
        atexit.unregister(self.release)
        users, self._users = self._users, None
        with users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Others use it, and this comes through at once; or its keeper is stopping it, and this waits for that.
                fcntl.flock(users, fcntl.LOCK_SH)
            else:
                self._stop()
                if self._keeper is not None:
                    self._keeper.wait()

    def _stop(self) -> None:
        if (pid := self._postmaster()) is not None:
            try:
                os.kill(pid, signal.SIGINT)
            except ProcessLookupError:
                return
            deadline = time.monotonic() + PATIENCE_SECONDS * 10
            while self._running() and time.monotonic() < deadline:
                time.sleep(0.02)

    def _postmaster(self) -> int | None:
        if not self._running():
            return None
        try:
            return int((self.place.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def _running(self) -> bool:
        """Whether any process of the server or its keeper lives: they inherit this lock, so no number can deceive."""
        try:
            # Opened for reading: the keeper of a throwaway server may be deleting the folder right now.
            with open(self.place.folder / "server.lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def _start_and_wait(self) -> None:
        begun = time.monotonic()
        told = False
        while (refusal := self._refusal()) is not None:
            if self._keeper is not None and self._keeper.poll() is not None:
                raise PostgresError(f"PostgreSQL in {self.place.folder} did not start: {self._last_words()}")
            if self._keeper is None and not self._running():
                self._keeper = self._start()
            waited = time.monotonic() - begun
            if waited > RECOVERY_SECONDS:
                raise PostgresError(
                    f"PostgreSQL in {self.place.folder} does not answer after {RECOVERY_SECONDS} s: {refusal}. "
                    f"Its log is {self.place.folder / 'log'}."
                )
            if waited > PATIENCE_SECONDS and not told:
                told = True
                print(
                    "vouch: waiting for PostgreSQL (after a crash it first repairs its data) …",
                    file=sys.stderr,
                )
            time.sleep(0.02)

    def _refusal(self) -> str | None:
        """Why the server does not answer a query, or None if it does."""
        import psycopg

        host = str(place.socket_folder(self.var))
        try:
            with psycopg.connect(host=host, user=ROLE, dbname=DATABASE, connect_timeout=5) as connected:
                connected.execute("SELECT 1")
        except psycopg.Error as error:
            return " ".join(str(error).split())
        return None

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the keeper, which starts the server. The caller holds start.lock, and knows that no server runs."""
        folder, data = self.place.folder, self.place.folder / "data"
        self._check_room()
        if not data.exists():
            self._make(data)
        self._check_version(data)
        # No process of an old server lives, whatever process now has the number that it left behind.
        (data / "postmaster.pid").unlink(missing_ok=True)
        sockets = place.socket_folder(self.var)
        if sockets != folder:
            place.make_socket_folder(sockets)
        settings = (
            SETTINGS
            | (THROWAWAY_SETTINGS if self.throwaway else {})
            | {"unix_socket_directories": str(sockets)}
        )
        server = [str(self.place.binaries / "bin" / "postgres"), "-D", str(data)]
        server += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        discard = os.pathsep.join([str(folder), str(self.var)]) if self.throwaway else ""
        uid, gid = self.place.account or (-1, -1)
        with (
            _locked(folder / "server.lock", fcntl.LOCK_EX) as lock,
            open(folder / "log", "ab") as log,
        ):
            keeper = [sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py"))]
            keeper += [str(folder / "users.lock"), str(uid), str(gid), str(lock.fileno()), discard]
            return subprocess.Popen(
                [*keeper, *server],
                cwd="/",
                env=_plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )

    def _check_room(self) -> None:
        free_mb = shutil.disk_usage(self.place.folder).free // 2**20
        if free_mb < NEEDED_MB:
            raise PostgresError(
                f"The disk of {self.place.folder} has {free_mb} MB left and PostgreSQL needs {NEEDED_MB}: "
                "free some space, or set VOUCH_VAR to a folder on another disk."
            )

    def _check_version(self, data: Path) -> None:
        made_by = (data / "PG_VERSION").read_text().strip()
        if not self.place.binaries.name.endswith(made_by):
            raise PostgresError(
                f"{data} was made by PostgreSQL {made_by} and {self.place.binaries.name.removeprefix('pginstall')} is installed: "
                "install the constraints this data was made with, dump it and load it into a new VOUCH_VAR."
            )

    def _make(self, data: Path) -> None:
        """Make the cluster beside its place and move it there whole: one killed half-way is made anew."""
        draft = data.with_name("data.new")
        shutil.rmtree(draft, ignore_errors=True)
        initdb = [
            "initdb",
            "-D",
            str(draft),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]
        initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        self._run([*initdb, "--no-sync"] if self.throwaway else initdb)
        for database, statements in FIRST_STATEMENTS.items():
            self._run(["postgres", "--single", "-D", str(draft), database], statements)
        draft.rename(data)

    def _run(self, command: list[str], statements: str = "") -> None:
        program = str(self.place.binaries / "bin" / command[0])
        account: dict[str, Any] = {}
        if self.place.account:
            uid, gid = self.place.account
            account = {"user": uid, "group": gid, "extra_groups": []}
        done = subprocess.run(
            [program, *command[1:]],
            input=statements,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_plain_environment(),
            start_new_session=True,
            **account,
        )
        if done.returncode or "ERROR:" in done.stdout:
            raise PostgresError(
                f"{program} could not make a database in {self.place.folder}: {_last_line(done.stdout)}"
            )

    def _last_words(self) -> str:
        with open(self.place.folder / "log", "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 4000))
            return _last_line(log.read().decode(errors="replace"))


def _locked(path: Path, how: int) -> IO[str]:
    """The file, opened and locked with flock; closing it unlocks. Raises BlockingIOError with LOCK_NB."""
    file = open(path, "a")
    try:
        fcntl.flock(file, how)
    except BaseException:
        file.close()
        raise
    return file


def _plain_environment() -> dict[str, str]:
    """PostgreSQL reads PG* variables and the locale; whoever starts it first must not decide these for all."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _last_line(text: str) -> str:
    """The line that says why: the last that tells of an error, else the last."""
    lines = [line for line in text.strip().splitlines() if line.strip()] or ["it said nothing"]
    errors = [
        line for line in lines if any(word in line for word in ("FATAL:", "ERROR:", "error:", "PANIC:"))
    ]
    return (errors or lines)[-1].strip()
