"""A query that every request asks: written as a QuerySet, turned into SQL once, then only filled in."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=Model)


class Prepared(Generic[Row]):
    """The rows of `build(**values)`, with whatever it selects along and annotates.

    Making SQL of a QuerySet costs Django several times what running it costs PostgreSQL, which keeps its plan too: see
    `run`. `samples` has for each name a value that nothing else in the query equals, by which its places are found; it
    must be of the type of those to come.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]], **samples: Any) -> None:
        self.build = build
        self.samples = samples
        self.made: _Made | None = None

    def all(self, **values: Any) -> list[Row]:
        """Every row there is for these values."""
        made = self.made
        if made is None:
            made = self.made = _Made(self.build(**self.samples), self.samples)
        return list(made.rows(run(made.sql, [values[name] for name in made.wanted])))

    def first(self, **values: Any) -> Row | None:
        """The first row in the order the query names, or None."""
        rows = self.all(**values)
        return rows[0] if rows else None


def run(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What the statement returns, in this thread's connection and transaction: parsed and planned once a connection.

    For the few statements that each image or answer costs. Django's own cursors write the values into the SQL, so that
    PostgreSQL parses and plans them anew each time: for a join that is more work than running it.
    """
    # Looked up once: Django's `connection` looks itself up at each of its uses.
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    database.validate_no_broken_transaction()
    if database.queries_logged:
        database.queries_log.append({"sql": sql, "time": ""})
    with database.wrap_database_errors, psycopg.Cursor(database.connection) as cursor:
        return cursor.execute(sql, parameters, prepare=True).fetchall()


class _Made:
    """What Django's own ModelIterable works out anew each time."""

    def __init__(self, query: QuerySet[Any], samples: dict[str, Any]) -> None:
        compiler = query.query.get_compiler(using=DEFAULT_DB_ALIAS)
        written, parameters = compiler.as_sql()
        named = [_name_of(given, samples) for given in parameters]
        if missing := set(samples) - set(named):
            raise ValueError(f"The query has no place for {', '.join(sorted(missing))}.")
        self.wanted = [name for name in named if name]
        self.sql = _with_constants(written, named, parameters)
        self.compiler = compiler
        self.converters = compiler.get_converters([column for column, _, _ in compiler.select])
        self.model = compiler.klass_info["model"]
        fields = compiler.klass_info["select_fields"]
        self.first, self.end = fields[0], fields[-1] + 1
        self.names = [column[0].target.attname for column in compiler.select[self.first : self.end]]
        # The stubs are those of a later Django.
        self.related = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def rows(self, found: list[tuple[Any, ...]]) -> Iterator[Any]:
        rows = self.compiler.apply_converters(found, self.converters) if self.converters else found
        for row in rows:
            made = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.first : self.end])
            for populator in self.related:
                populator.populate(row, made)
            for name, column in (self.compiler.annotation_col_map or {}).items():
                setattr(made, name, row[column])
            yield made


def _with_constants(written: str, named: Sequence[str | None], parameters: Sequence[Any]) -> str:
    """The SQL with what no value is given for written into it: a kept plan may then use an index for `state = 'open'`
    alone."""
    pieces = written.split("%s")
    if len(pieces) != len(parameters) + 1:
        raise ValueError(f"The query has {len(parameters)} parameters in {len(pieces) - 1} places.")
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    made = pieces[0]
    for name, given, piece in zip(named, parameters, pieces[1:], strict=True):
        constant = "" if name else psycopg.sql.Literal(given).as_string(database.connection)
        made += ("%s" if name else constant.replace("%", "%%")) + piece
    return made


def _name_of(given: Any, samples: dict[str, Any]) -> str | None:
    plain = getattr(given, "obj", given)
    return next(
        (name for name, sample in samples.items() if type(plain) is type(sample) and plain == sample), None
    )
