"""Emptying the database after a test that commits, quicker than by TRUNCATE.

That writes new files for hundreds of tables and indexes, of which nearly all hold nothing."""

from pathlib import Path
from typing import Any

import psycopg

from config.postgres import place
from config.postgres.server import ROLE

KEPT = ("auth_permission", "django_content_type")
"""What migrating writes, and no test changes."""
MOST_BYTES = 2**20
"""A table of more is written anew: what is deleted takes its place until it is vacuumed."""
EMPTY = """
DO $$
DECLARE one record;
BEGIN
    -- References and guards are of no account where everything goes.
    SET LOCAL session_replication_role = replica;
    FOR one IN
        SELECT oid::regclass AS name, pg_relation_size(oid) > {most} AS large FROM pg_class
        WHERE oid = ANY (ARRAY[{tables}]::regclass[]) AND pg_relation_size(oid) > 0
        ORDER BY large DESC
    LOOP
        EXECUTE format(CASE WHEN one.large THEN 'TRUNCATE %s CASCADE' ELSE 'DELETE FROM %s' END, one.name);
    END LOOP;
END $$
"""


def allow(var: Path) -> None:
    """Let the tests' role pass by references, on the server in that folder."""
    host = str(place.socket_folder(var))
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as superuser:
        superuser.execute(f"GRANT SET ON PARAMETER session_replication_role TO {ROLE}")


def statements(_: Any, connection: Any, **named: Any) -> list[str]:
    """In the place of `django.core.management.sql.sql_flush`: what empties all tables of models but those KEPT."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    emptied = [connection.ops.quote_name(each) for each in tables if each not in KEPT]
    # As TRUNCATE does, it waits for whoever still writes.
    lock = f"LOCK TABLE {', '.join(emptied)} IN ACCESS EXCLUSIVE MODE"
    return [lock, EMPTY.format(most=MOST_BYTES, tables=", ".join(f"'{each}'" for each in emptied))]
