"""Where the database is: the server DATABASE_URL names, else the embedded one under the data folder."""

import os
from pathlib import Path
from typing import Any

import dj_database_url

from config import postgres

# The queue's frontier relies on no transaction lasting five minutes. PGOPTIONS comes later, so that it overrules.
LIMITS = "-c transaction_timeout=5min -c idle_in_transaction_session_timeout=60s"
ASKED_FOR_ONLY = 2**31
"""No statement is run so often that psycopg would prepare it by itself."""
POOL = {"min_size": 1, "max_size": 16, "timeout": 20}


def configuration(url: str | None, var: Path) -> dict[str, Any]:
    """Django's DATABASES entry. Connections come from a pool of at most 16 in each process."""
    given: dict[str, Any]
    if url:
        given = {**dj_database_url.parse(url, conn_max_age=0)}
    else:
        given = {"ENGINE": "django.db.backends.postgresql", **postgres.connection(var)}
    options = f"{LIMITS} {os.environ.get('PGOPTIONS', '')}".strip()
    # What asks for it may have its statement kept by the server: see people.queries.prepared.run.
    ours = {"options": options, "prepare_threshold": ASKED_FOR_ONLY}
    given["OPTIONS"] = {**ours, **given.get("OPTIONS", {}), "pool": POOL}
    return given
