#!/usr/bin/env python3
"""Vouch's commands. Those that need a database have one: DATABASE_URL's, else the embedded server, started here."""

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
    "version",
}
# An index on a large table may take longer than any request may; waiting for a lock holds up everybody behind it.
MIGRATION_LIMITS = "-c transaction_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=2s"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from config import postgres
    except ModuleNotFoundError as error:
        sys.exit(f"vouch: {error}: run `make setup`, then .venv/bin/python manage.py")
    words = sys.argv[1:] or ["help"]
    if words[0] == "migrate":
        os.environ["PGOPTIONS"] = f"{os.environ.get('PGOPTIONS', '')} {MIGRATION_LIMITS}"
    try:
        postgres.prepare(
            os.environ.get("DATABASE_URL"),
            Path(os.environ.get("VOUCH_VAR") or ROOT / "var"),
            needed=words[0] not in WITHOUT_DATABASE and not {"-h", "--help", "--version"} & set(words),
        )
    except postgres.PostgresError as error:
        print(f"vouch: {error}", file=sys.stderr)
        sys.exit(2)

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
