"""Which stored objects the rows of a database name: what has to be in a backup of it.

Small copies of photographs, pictures of where a model looked and checkpoints of runs under way are made again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg

AT_ONCE = 5000


@dataclass(frozen=True)
class Named:
    """Where in a table keys are; `unless` is a condition that is asked where the table has that column."""

    table: str
    needs: tuple[str, ...]
    key: str
    where: str = "true"
    storage: str = "'default'"
    size: str = "NULL"
    joined: str = ""
    unless: dict[str, str] = field(default_factory=dict)


NAMED = (
    Named(
        "labeling_image",
        ("storage", "key", "bytes"),
        "key",
        storage="storage",
        size="bytes",
        # The row of an image that was erased stays, and has no bytes.
        unless={"erased_at": "erased_at IS NOT NULL"},
    ),
    Named("labeling_privacysettings", ("face_detector",), "face_detector ->> 'key'", "face_detector ? 'key'"),
    Named("inference_modelversion", ("key",), "key", "key <> ''"),
    Named("inference_modelversion", ("checkpoint_key",), "checkpoint_key", "checkpoint_key <> ''"),
    Named(
        "inference_modelversion",
        ("members",),
        "member ->> 'key'",
        joined=", jsonb_array_elements(members) AS member",
    ),
    Named("inference_modelversion", ("novelty",), "novelty ->> 'key'", "novelty ? 'key'"),
    Named("inference_trainingrun", ("manifest_key",), "manifest_key", "manifest_key <> ''"),
    Named("feedback_datasetversion", ("manifest_key",), "manifest_key", "manifest_key <> ''"),
    # Files that were sent and wait for a worker.
    Named(
        "labeling_labelimport",
        ("project_id", "finished_at"),
        "'imports/' || project_id || '/' || id || '/file'",
        "finished_at IS NULL",
    ),
    Named(
        "labeling_labelimport",
        ("project_id", "finished_at", "reference"),
        "'imports/' || project_id || '/' || id || '/reference'",
        "finished_at IS NULL AND reference <> ''",
    ),
    Named(
        "inference_modeljob",
        ("project_id", "finished_at", "kind"),
        "'models/' || project_id || '/sent/' || id || '.onnx'",
        "finished_at IS NULL AND kind = 'register'",
    ),
)


def objects(connection: psycopg.Connection) -> Iterator[tuple[str, str, int | None]]:
    """(storage, key, bytes if a row says) of each object, in the order of the bytes of both names.

    The connection is in a transaction. A table or column that a database of another release lacks names nothing.
    """
    with connection.cursor(name="named") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(
            f"SELECT storage, key, max(bytes) FROM ({_union(connection)}) AS named "  # type: ignore[arg-type]
            'GROUP BY storage, key ORDER BY storage COLLATE "C", key COLLATE "C"'
        )
        yield from cursor


def still_named(connection: psycopg.Connection, keys: list[str]) -> set[tuple[str, str]]:
    """(storage, key) of those that a row names now."""
    found = connection.execute(
        f"SELECT DISTINCT storage, key FROM ({_union(connection)}) AS named WHERE key = ANY(%s)",  # type: ignore[arg-type]
        [keys],
    )
    return {(storage, key) for storage, key in found}


def _union(connection: psycopg.Connection) -> str:
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    ):
        columns.setdefault(table, set()).add(column)
    parts = ["SELECT NULL::text AS storage, NULL::text AS key, NULL::bigint AS bytes WHERE false"]
    for one in NAMED:
        known = columns.get(one.table, set())
        if known.issuperset(one.needs):
            where = [
                one.where,
                *(f"NOT ({asked})" for column, asked in one.unless.items() if column in known),
            ]
            parts.append(
                f"SELECT {one.storage}, {one.key}, {one.size}::bigint FROM {one.table}{one.joined} "
                f"WHERE {' AND '.join(where)}"
            )
    return " UNION ALL ".join(parts)
