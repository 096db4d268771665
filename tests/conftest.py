"""What every test may ask for: the database server, and the environment of a separate installation."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest

from config.postgres import Server
from tests import emptying

ROOT = Path(__file__).resolve().parent.parent

# The same examples every time; HYPOTHESIS_PROFILE=search looks for new ones.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """The tests' own PostgreSQL, started when the first test needs it; its data is not kept."""
    from django.conf import settings

    server = Server(settings.VAR, throwaway=True)
    server.ensure()
    emptying.allow(settings.VAR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.management.commands.flush.sql_flush", emptying.statements)
        patch.setattr(
            "django.core.management.commands.flush.emit_post_migrate_signal", lambda *_, **named: None
        )
        yield
    server.release()


@pytest.fixture(autouse=True)
def no_jobs_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that commits leaves no job to others: Django empties its own tables alone, and the queue's are not."""
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames)
    if not commits and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("db")
    yield
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture
def separate_environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Environment for `manage.py` as a user would run it: an installation of its own under tmp_path/var."""
    ours = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "PGOPTIONS", "VOUCH_TESTS_VAR")
    var = tmp_path / "var"
    yield {name: value for name, value in os.environ.items() if name not in ours} | {"VOUCH_VAR": str(var)}
    # What root keeps elsewhere for that installation.
    if (var / "postgres").is_symlink():
        shutil.rmtree((var / "postgres").resolve(), ignore_errors=True)


@pytest.fixture
async def hub_of_this_test() -> AsyncIterator[None]:
    """Ends with the test what listens for announcements, and the database connection of asgiref's thread."""
    from asgiref.sync import sync_to_async
    from django.db import connection

    from people.services.listening import hub

    yield
    await hub.stop()
    # The thread stays, and its connection would outlive the tests' database.
    await sync_to_async(lambda: connection.close())()


@pytest.fixture
def shop(db) -> SimpleNamespace:
    """A project with labels, two sites with a camera each, and a member of every role (associates by site).

    `.project .north .south` (sites) `.camera .other_camera` (sources) `.associate` (of north)
    `.other_associate` (of south) `.annotator .qa_lead .engineer .stranger` (users)
    `.queue(name)` `.client(user, scopes=None)`
    """
    from tests.factories.labeling import SourceFactory, project_with
    from tests.factories.people import SiteFactory, UserFactory, client_of, member

    project = project_with()
    north, south = SiteFactory(), SiteFactory()
    return SimpleNamespace(
        project=project,
        north=north,
        south=south,
        camera=SourceFactory(project=project, site=north),
        other_camera=SourceFactory(project=project, site=south),
        associate=member(project, "associate", north),
        other_associate=member(project, "associate", south),
        annotator=member(project, "annotator"),
        qa_lead=member(project, "qa_lead"),
        engineer=member(project, "engineer"),
        stranger=UserFactory(),
        queue=lambda name: project.queues.get(name=name),
        client=lambda user, scopes=None: client_of(user, project, scopes),
    )
