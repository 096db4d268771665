"""Where the database is: the server DATABASE_URL names, else the embedded one under the data folder."""

from pathlib import Path
from typing import Any

import dj_database_url

from config import postgres

POOL = {"min_size": 1, "max_size": 16, "timeout": 20}


def configuration(url: str | None, var: Path) -> dict[str, Any]:
    """Django's DATABASES entry. Connections come from a pool of at most 16 in each process."""
    if url:
        given = dj_database_url.parse(url, conn_max_age=0)
    else:
        given = {"ENGINE": "django.db.backends.postgresql", **postgres.connection(var)}
    given["OPTIONS"] = {**given.get("OPTIONS", {}), "pool": POOL}
    return given
