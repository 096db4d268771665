"""From an earlier release to this one: its database with rows in it, migrated as somebody would who upgrades."""

import json
import lzma
import re
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.urls import reverse

from config.backup.database import Database
from feedback.enums import TrustState
from feedback.models import Ledger
from feedback.queries.trust import trust
from feedback.services import certifying
from labeling.models import AgreementReport
from labeling.services import agreement
from people.models import Alarm, Project, User
from people.services import audit, sealing
from people.services.tokens import find_token
from tests.config.processes import manage
from tests.config.test_backup import environment_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

DUMP = Path(__file__).with_name("release.sql.xz")
RELEASE = {
    "feedback": "0011_alerts",
    "inference": "0008_any_model",
    "labeling": "0016_numbers_in_ranges",
    "people": "0006_push",
}
"""The newest migrations of the release that DUMP is of; `fill_release.py` made it."""
EMPTY = {
    "feedback_alert",
    "feedback_alertrules",
    "feedback_alertstep",
    "inference_calibration",
    "inference_servingbudget",
    "labeling_agreementstatistics",
    "labeling_contextranges",
    "labeling_pendingconsensus",
    "people_idempotencykey",
    "people_pushsent",
    "people_pushsubscription",
    "people_user_groups",
    "people_user_user_permissions",
}
PAGES = {
    "qa_lead": ["agreement", "alarms", "rounds", "gold"],
    "engineer": ["overview", "routing", "datasets", "drift", "pipeline", "camera-health"],
}
SMALL = {"inference_modelversion", "people_alarm"}
"""Tables that never have more rows than are read in a moment, whatever is locked."""
# What `migrate` itself keeps.
OURS_TO_CHANGE = {"django_migrations", "django_content_type", "auth_permission"}
TABLE = re.compile(r'(?:\bON|ALTER TABLE) "(?P<name>\w+)"')
SLOW = re.compile(
    r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)"
    r"|ADD CONSTRAINT (?!.*(NOT VALID|USING INDEX))"
    r"|ALTER COLUMN \S+ (TYPE|SET NOT NULL)"
    # A default that is another for each row has to be written into each.
    r"|ADD COLUMN .*DEFAULT \(?(gen_random_uuid|random|clock_timestamp|nextval)",
    re.DOTALL,
)
"""What reads or writes every row while it keeps others from writing."""
FILES = (
    "SELECT relname, relfilenode FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
)
"""Where each table's rows lie: PostgreSQL writes another file where a command writes every row anew."""


@dataclass(frozen=True)
class Upgraded:
    """Every row by table, and the file of each table, before `manage.py migrate` and after it."""

    before: dict
    after: dict
    files_before: dict
    files_after: dict


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        server = Database.of_django(connection.settings_dict)
    plain = tmp_path_factory.mktemp("release") / "release.sql"
    plain.write_bytes(lzma.decompress(DUMP.read_bytes()))
    media = tmp_path_factory.mktemp("upgraded") / "media"
    database = Database({**server.parameters, "dbname": "upgraded"})
    with closing(psycopg.connect(autocommit=True, **server.parameters)) as admin:
        admin.execute("CREATE DATABASE upgraded")
        database.run("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={plain}")
        with database.connected() as connected:
            before, files = rows(connected), dict(connected.execute(FILES).fetchall())
        done = manage("migrate", "-v0", environment=environment_of(database, media), seconds=500)
        assert (done.returncode, done.stderr) == (0, "")
        with database.connected() as connected:
            yield Upgraded(before, rows(connected), files, dict(connected.execute(FILES).fetchall()))
        admin.execute("DROP DATABASE upgraded WITH (FORCE)")


def rows(connected):
    """Every row of every table, as JSON, by the table's name."""
    names = connected.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    ).fetchall()
    return {
        name: [row for (row,) in connected.execute(f'SELECT to_jsonb(t) FROM "{name}" AS t')]
        for (name,) in names
    }


@pytest.fixture
def release(upgraded, transactional_db):
    """This process works in the upgraded database for one test."""
    ours = connection.settings_dict["NAME"]
    _turn_to("upgraded")
    yield upgraded
    _turn_to(ours)


def _turn_to(name):
    connection.close()
    if connection.pool:
        connection.close_pool()
    connection.settings_dict["NAME"] = name


def said(row, columns):
    return json.dumps({name: row[name] for name in columns}, sort_keys=True)


def test_the_dump_is_of_the_release_that_is_named(upgraded):
    applied = defaultdict(list)
    for row in upgraded.before["django_migrations"]:
        applied[row["app"]].append(row["name"])
    assert {app: max(name for name in applied[app] if "squashed" not in name) for app in RELEASE} == RELEASE


def test_every_row_is_there_after_it_and_says_the_same(upgraded):
    """In every column, none of which is gone; what may differ is named here, with its reason."""
    # What is proved is proved anew from what was counted: the migration says so.
    anew = {("feedback_ledger", "state")}
    assert sum(map(len, upgraded.before.values())) > 500
    for table, old in upgraded.before.items():
        if not old or table in OURS_TO_CHANGE:
            continue
        columns = {name for name in old[0] if (table, name) not in anew}
        assert columns <= set(upgraded.after[table][0]), table
        wanted, found = (
            Counter(said(row, columns) for row in found) for found in (old, upgraded.after[table])
        )
        assert not wanted - found, table


def test_the_tables_of_the_release_have_rows(upgraded):
    """A table without any would prove nothing; these are changed by none of the migrations."""
    assert {
        name for name, old in upgraded.before.items() if not old and name.split("_")[0] in RELEASE
    } == EMPTY


def test_nothing_is_lacking_after_it(upgraded):
    applied = {(row["app"], row["name"]) for row in upgraded.after["django_migrations"]}
    assert {node for node in MigrationLoader(None).graph.leaf_nodes() if node[0] in RELEASE} <= applied


def test_no_table_that_was_there_is_written_anew(upgraded):
    assert {name: upgraded.files_after[name] for name in upgraded.files_before} == upgraded.files_before


def test_no_migration_locks_a_large_table_for_long(upgraded):
    """Lest an upgrade stand in everybody's way for minutes: an index on a table with rows is built concurrently, a
    constraint is added as not valid and validated by itself, no column becomes another type or is made to be filled."""
    there = set(upgraded.before) - SMALL
    found = [
        statement for statement in newer() if (table := TABLE.search(statement)) and table["name"] in there
    ]
    assert found
    assert [statement for statement in found if SLOW.search(statement)] == []


def newer():
    """Every statement of the migrations since the release, as `sqlmigrate` gives them."""
    loader = MigrationLoader(connection)
    for node in loader.graph.nodes:
        if node[0] in RELEASE and node[1] > RELEASE[node[0]] and "squashed" not in node[1]:
            yield from loader.collect_sql([(loader.graph.nodes[node], False)])


@pytest.mark.parametrize(
    ("statement", "is_slow"),
    [
        ('CREATE INDEX "of" ON "labeling_image" ("erased_at");', True),
        ('CREATE UNIQUE INDEX "of" ON "labeling_image" ("erased_at");', True),
        ('CREATE INDEX CONCURRENTLY "of" ON "labeling_image" ("erased_at");', False),
        ('ALTER TABLE "labeling_image" ADD CONSTRAINT "of" CHECK ("bytes" > 0);', True),
        ('ALTER TABLE "labeling_image" ADD CONSTRAINT "of" CHECK ("bytes" > 0) NOT VALID;', False),
        ('ALTER TABLE "labeling_image" VALIDATE CONSTRAINT "of";', False),
        ('ALTER TABLE "labeling_image" ALTER COLUMN "bytes" TYPE bigint USING "bytes"::bigint;', True),
        ('ALTER TABLE "labeling_image" ALTER COLUMN "erased_at" SET NOT NULL;', True),
        ('ALTER TABLE "labeling_image" ADD COLUMN "erased_at" timestamp with time zone NULL;', False),
        ('ALTER TABLE "labeling_image" ADD COLUMN "token" uuid DEFAULT (gen_random_uuid()) NOT NULL;', True),
    ],
)
def test_what_is_slow_is_known(statement, is_slow):
    assert TABLE.search(statement)["name"] == "labeling_image"
    assert bool(SLOW.search(statement)) is is_slow


def test_the_work_goes_on_where_it_was(release, client):
    project = Project.objects.get(slug="cans")
    report = AgreementReport.objects.get(name="November")
    made = agreement.reproduce(report)
    assert made["data_hash"] == report.figures["data_hash"]
    # Another release may add in another order: the last digits are not what was said.
    assert_alike(made, report.figures)
    token = find_token("kept since")
    assert (token.project, sorted(token.scopes)) == (project, ["label", "read"])

    # The promise rests on what was verified before, and goes on being proved.
    (ledger,) = Ledger.objects.all()
    assert (ledger.taken, sum(ledger.state["evidence"]["risks"])) == (35, pytest.approx(1))
    assert trust(project)["state"] == TrustState.OK
    certifying.recertify(project=project)
    assert trust(project)["state"] == TrustState.OK
    assert Ledger.objects.get().pk == ledger.pk

    (standing,) = Alarm.objects.filter(project=project, settled_at=None)
    assert (standing.subject, standing.severity, standing.count) == ("in_stock", "warning", 1)
    (settled,) = Alarm.objects.filter(project=project).exclude(settled_at=None)
    assert (settled.subject, settled.settled_by) == ("blocked", holder(project, "qa_lead"))

    # Events of before are sealed with the first that come after.
    audit.record(actor=None, action="release.upgraded", target=project, project_id=project.pk)
    sealing.seal()
    call_command("verify_audit", stdout=StringIO())

    for role, pages in PAGES.items():
        client.force_login(holder(project, role))
        for page in pages:
            assert client.get(reverse(page, args=[project.slug])).status_code == 200, page


def assert_alike(one, other, path="figures"):
    """Of JSON: the same but for what rounding does to a number."""
    if isinstance(one, dict) and isinstance(other, dict):
        assert set(one) == set(other), path
        for name in one:
            assert_alike(one[name], other[name], f"{path}.{name}")
    elif isinstance(one, list) and isinstance(other, list):
        assert len(one) == len(other), path
        for place, pair in enumerate(zip(one, other, strict=True)):
            assert_alike(*pair, f"{path}[{place}]")
    elif isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, abs=1e-6), path
    else:
        assert one == other, path


def holder(project, role):
    return User.objects.filter(memberships__project=project, memberships__role=role).earliest("pk")
