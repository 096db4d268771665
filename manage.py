#!/usr/bin/env python3
"""Vouch's commands. Those that need a database get one: DATABASE_URL's, else the embedded server."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent

WITHOUT_DATABASE = {
    "agreement",
    "check",
    "collectstatic",
    "diffsettings",
    "fetch_assets",
    "findstatic",
    "help",
    "spectacular",
    "verify_backup",
    "version",
}
ASKING = {"-h", "--help", "--version"}
MIGRATING = {"migrate", "restore"}
# Whether the port is free is known before anything else begins.
STARTS_WEB = {"demo", "up"}
# An index on a large table takes longer than a request may; one that waits for a lock holds up all others.
MIGRATION_LIMITS = "-c transaction_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=2s"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from config import address, postgres
    except ModuleNotFoundError as error:
        sys.exit(f"vouch: {error}: run `make setup`, then .venv/bin/python manage.py")
    words = sys.argv[1:] or ["help"]
    if words[0] in MIGRATING:
        os.environ["PGOPTIONS"] = f"{os.environ.get('PGOPTIONS', '')} {MIGRATION_LIMITS}"
    try:
        if words[0] in STARTS_WEB and ASKING.isdisjoint(words):
            address.reserve(*address.given())
        postgres.prepare(
            os.environ.get("DATABASE_URL"),
            Path(os.environ.get("VOUCH_VAR") or ROOT / "var"),
            needed=words[0] not in WITHOUT_DATABASE and ASKING.isdisjoint(words),
        )
    except (address.AddressError, postgres.PostgresError) as error:
        print(f"vouch: {error}", file=sys.stderr)
        sys.exit(2)

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
