"""Where pictures lie in their model's feature space, written to the database as the numbers they are."""

import struct
from collections.abc import Sequence
from uuid import UUID

import numpy as np
from django.db import connection

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_END = struct.pack(">h", -1)


def store(vectors: Sequence[tuple[UUID, np.ndarray]]) -> None:
    """Write each prediction's embedding [D], D up to 16,000, in half precision.

    As text, which is all that Django's fields know, making it cost a batch more than everything else that stores it.
    The bytes are those of PostgreSQL's COPY in binary (its manual, "COPY", "Binary Format") and of pgvector's
    `halfvec_send`: the number of dimensions, a zero, then IEEE 754 half floats, all of them big-endian.
    """
    if not vectors:
        return
    rows = [_SIGNATURE]
    for identity, vector in vectors:
        numbers = np.asarray(vector, dtype=">f2").tobytes()
        head = struct.pack(">hi16si", 2, 16, identity.bytes, 4 + len(numbers))
        rows.append(head + struct.pack(">hh", len(numbers) // 2, 0) + numbers)
    rows.append(_END)
    with (
        connection.cursor() as cursor,
        # Of psycopg's own errors nobody here would know that the database was lost, and the captures would be blamed.
        connection.wrap_database_errors,
        cursor.copy("COPY inference_embedding (prediction_id, vector) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(b"".join(rows))
