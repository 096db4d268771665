"""The description of the API in schema.yml is what the code says today."""

from pathlib import Path

import pytest
from django.core.management import call_command

SCHEMA = Path(__file__).resolve().parent.parent / "schema.yml"


@pytest.mark.django_db
def test_schema_yml_is_current(tmp_path):
    generated = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(generated))
    assert generated.read_text() == SCHEMA.read_text(), (
        "run: python manage.py spectacular --file schema.yml --validate --fail-on-warn"
    )
