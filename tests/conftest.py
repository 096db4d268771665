"""What every test may ask for: the database server, and the environment of a separate installation."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.postgres import Server

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """The tests' own PostgreSQL, started when the first test needs it; its data is not kept."""
    from django.conf import settings

    server = Server(settings.VAR, throwaway=True)
    server.ensure()
    yield
    server.release()


@pytest.fixture(scope="session", autouse=True)
def _data_folder_of_tests() -> Iterator[None]:
    from django.conf import settings

    yield
    shutil.rmtree(settings.VAR, ignore_errors=True)


@pytest.fixture
def separate_environment(tmp_path: Path) -> dict[str, str]:
    """Environment for `manage.py` as a user would run it: an installation of its own under tmp_path/var."""
    ours = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "PGOPTIONS")
    return {name: value for name, value in os.environ.items() if name not in ours} | {
        "VOUCH_VAR": str(tmp_path / "var")
    }
