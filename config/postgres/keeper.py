"""The parent of one embedded PostgreSQL: runs it until its last user is gone, however that user went.

Started as a program in a session of its own, so that a Ctrl-C in a terminal reaches the users first. Each
user holds a shared lock on USERS, which the kernel drops even after kill -9: who can lock it alone knows that
nobody needs the server any more.

usage: keeper.py USERS UID GID SERVER_LOCK_FD DISCARD POSTGRES [ARGUMENT ...]
"""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import Any

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
QUICK_DEATH_SECONDS = 10
QUICK_DEATHS = 4
FAST_STOP_SECONDS = 60


class Keeper:
    """Runs `argv` as uid and gid (-1: as ourselves) while anybody else holds the lock on `users`."""

    def __init__(self, users: str, uid: int, gid: int, server_lock: int, argv: list[str]) -> None:
        self.users = open(users)
        self.account: dict[str, Any] = {"user": uid, "group": gid, "extra_groups": []} if uid >= 0 else {}
        self.server_lock = server_lock
        self.argv = argv
        self.unused = threading.Event()
        self.ended = threading.Event()

    def run(self) -> int:
        """Run the server, again after a crash. Returns 0, or the exit code of one that will not start."""
        threading.Thread(target=self._wait_for_last_user, daemon=True).start()
        quick_deaths = 0
        while True:
            started = time.monotonic()
            # It inherits the lock: while any process of it lives, nobody can start another on this data.
            self.server = subprocess.Popen(
                self.argv, pass_fds=[self.server_lock], preexec_fn=_die_with_parent, **self.account
            )
            if self.unused.is_set():
                self.server.send_signal(signal.SIGINT)
            code = self.server.wait()
            if code == 0 or self.unused.is_set():
                self.ended.set()
                return 0
            quick_deaths = quick_deaths + 1 if time.monotonic() - started < QUICK_DEATH_SECONDS else 1
            if quick_deaths == QUICK_DEATHS:
                return code
            time.sleep(0.2 * quick_deaths)

    def _wait_for_last_user(self) -> None:
        """Then a fast shutdown (disconnect, write everything, leave); an immediate one if that hangs."""
        fcntl.flock(self.users, fcntl.LOCK_EX)
        self.unused.set()
        self.server.send_signal(signal.SIGINT)
        if not self.ended.wait(FAST_STOP_SECONDS):
            self.server.send_signal(signal.SIGQUIT)


def _die_with_parent() -> None:
    """In the child before exec: have a fast shutdown asked for should the keeper be killed (Linux only)."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def main() -> int:
    users, uid, gid, server_lock, discard, *argv = sys.argv[1:]
    code = Keeper(users, int(uid), int(gid), int(server_lock), argv).run()
    for folder in filter(None, discard.split(os.pathsep)):
        shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
