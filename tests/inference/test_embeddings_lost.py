"""A database that is lost while embeddings are written is a lost database, and no fault of the captures."""

from uuid import uuid4

import numpy as np
import psycopg
import pytest
from django.db import connection

from inference.services import embeddings
from inference.services.trying import CONNECTION_ERRORS
from people.services.listening import connection_parameters


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_ended_is_told_as_one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    connection.set_autocommit(False)
    try:
        with psycopg.connect(**connection_parameters(), autocommit=True) as other:
            assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend]).fetchone() == (True,)
        with pytest.raises(CONNECTION_ERRORS):
            embeddings.store([(uuid4(), np.ones(4))])
    finally:
        connection.close()
