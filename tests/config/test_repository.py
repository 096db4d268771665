"""What is committed agrees with the code: migrations and schema.yml."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

SCHEMA = Path(__file__).resolve().parent.parent.parent / "schema.yml"


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_schema_yml_is_current() -> None:
    drawn = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=drawn)
    assert SCHEMA.read_text() == drawn.getvalue().rstrip("\n") + "\n", (
        "run: .venv/bin/python manage.py spectacular --file schema.yml"
    )
