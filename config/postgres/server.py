"""One embedded PostgreSQL server for one data folder: make it, start it, share it, leave it."""

import atexit
import contextlib
import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from config.postgres import cluster, place
from config.postgres.cluster import DATABASE, ROLE
from config.postgres.errors import PostgresError

RECOVERY_SECONDS = 600
PATIENCE_SECONDS = 3
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    # A table that a file has made a thousand times larger is counted soon: plans kept for the small one go with it.
    "autovacuum_naptime": "15s",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# What is thrown away need not outlive a power cut.
# Tests mostly roll back: what autovacuum counts while one writes are empty tables, and plans for those take minutes.
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
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
            with contextlib.ExitStack() as kept:
                # Waits here while the keeper is stopping the server after the last user of before.
                users = kept.enter_context(_locked(self.place.folder / "users.lock", fcntl.LOCK_SH))
                with _locked(self.place.folder / "start.lock", fcntl.LOCK_EX):
                    self._start_and_wait()
                kept.pop_all()
        except OSError as error:
            raise PostgresError(
                f"Cannot keep a database in {self.var}: {error.filename or self.var}: {error.strerror}. "
                "Free some space, or set VOUCH_VAR to a folder that can be written."
            ) from None
        self._users, self._pid = users, os.getpid()
        atexit.register(self.release)

    def mend(self) -> bool:
        """Start it again where it has ended although this process holds it, as when its keeper was killed.

        Returns whether that was so. Raises PostgresError where it will not start.
        """
        if self._users is None or self._running():
            return False
        with _locked(self.place.folder / "start.lock", fcntl.LOCK_EX):
            if self._running():
                return False
            if self._keeper is not None:
                self._keeper.wait()
            self._start_and_wait()
        return True

    def release(self) -> None:
        """Leave the server. After the last to leave its keeper stops it; that one returns when it has."""
        # A forked child shares its parent's lock: it must not give it up.
        if self._users is None or self._pid != os.getpid():
            return
        atexit.unregister(self.release)
        self._users.close()
        self._users = None
        while self._running():
            if self._used_by_others():
                return
            time.sleep(0.02)
        if self._keeper is not None:
            self._keeper.wait()

    def _used_by_others(self) -> bool:
        """Then the users' lock can be had shared, which it cannot while the keeper is stopping the server."""
        users = self.place.folder / "users.lock"
        return not _lockable(users, fcntl.LOCK_EX) and _lockable(users, fcntl.LOCK_SH)

    def _running(self) -> bool:
        """Whether a process of the server or its keeper lives: all inherit this lock; a PID can be reused."""
        return not _lockable(self.place.folder / "server.lock", fcntl.LOCK_EX)

    def _start_and_wait(self) -> None:
        begun = time.monotonic()
        told = False
        self._keeper = None
        while (refusal := self._refusal()) is not None:
            if self._keeper is not None and self._keeper.poll() is not None:
                raise PostgresError(f"PostgreSQL in {self.place.folder} did not start: {self._last_words()}")
            if self._keeper is None and not self._running():
                self._keeper = self._start()
            waited = time.monotonic() - begun
            if waited > RECOVERY_SECONDS:
                raise PostgresError(
                    f"PostgreSQL in {self.place.folder} gave no answer in {RECOVERY_SECONDS} s: {refusal}. "
                    f"Its log is {self.place.folder / 'log'}."
                )
            if waited > PATIENCE_SECONDS and not told:
                told = True
                print(
                    "vouch: waiting for PostgreSQL to be ready (after a crash it first repairs its data)",
                    file=sys.stderr,
                )
            time.sleep(0.02)

    def _refusal(self) -> str | None:
        """Why the server does not answer a query, or None if it does."""
        import psycopg

        # As its superuser, for whom connections are reserved when all others are taken.
        host = str(place.socket_folder(self.var))
        try:
            with psycopg.connect(
                host=host, user="postgres", dbname="postgres", connect_timeout=5
            ) as connected:
                connected.execute("SELECT 1")
        except psycopg.Error as error:
            return " ".join(str(error).split())
        return None

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the keeper, which starts the server. The caller holds start.lock and knows that none runs."""
        folder = self.place.folder
        data = cluster.prepare(self.place, throwaway=self.throwaway)
        sockets = place.socket_folder(self.var)
        if sockets != folder:
            place.make_socket_folder(sockets)
        cluster.forget_old_server(data, sockets)
        settings = SETTINGS | {"unix_socket_directories": str(sockets)}
        settings |= THROWAWAY_SETTINGS if self.throwaway else {}
        server = [str(self.place.binaries / "bin" / "postgres"), "-D", str(data)]
        server += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        discard = os.pathsep.join([str(folder), str(self.var)]) if self.throwaway else ""
        uid, gid = self.place.account or (-1, -1)
        with _locked(folder / "server.lock", fcntl.LOCK_EX) as lock, open(folder / "log", "ab") as log:
            keeper = [sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py"))]
            keeper += [str(folder / "users.lock"), str(uid), str(gid), str(lock.fileno()), discard]
            return subprocess.Popen(
                [*keeper, *server],
                cwd="/",
                env=cluster.plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )

    def _last_words(self) -> str:
        with open(self.place.folder / "log", "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 4000))
            return cluster.last_words(log.read().decode(errors="replace"))


def _locked(path: Path, how: int) -> IO[str]:
    """The file, opened and locked with flock; closing it unlocks. Raises BlockingIOError with LOCK_NB."""
    file = open(path, "a")
    try:
        fcntl.flock(file, how)
    except BaseException:
        file.close()
        raise
    return file


def _lockable(path: Path, how: int) -> bool:
    """Whether nobody holds a lock that excludes this one; True of a file that its keeper threw away."""
    try:
        with open(path) as file:
            fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True
