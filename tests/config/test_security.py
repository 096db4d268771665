"""What guards every answer: the deployment checks of Django, and headers."""

import subprocess
import sys

import pytest
from django.conf import settings

from config import api_description, trust
from tests.factories.people import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def test_the_deployment_checks_have_nothing_to_say(separate_environment, tmp_path):
    (tmp_path / "var").mkdir()
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.ROOT,
        env={**separate_environment, "VOUCH_HTTPS": "1", "VOUCH_ALLOWED_HOSTS": "vouch.example"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize(
    "path", ["/login/", "/admin/", "/api/v1/docs/", "/nowhere/", "/api/v1/nowhere/", "/healthz"]
)
def test_every_answer_says_which_scripts_may_run(client, path):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    response = client.get(path)
    policy = dict(
        part.split(" ", 1) for part in response["Content-Security-Policy"].split("; ") if " " in part
    )
    assert "unsafe" not in policy.get("script-src", policy["default-src"])
    assert policy["frame-ancestors"] == "'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert "<script>" not in response.content.decode()


def test_cookies_and_hsts_over_https(client, settings):
    # As VOUCH_HTTPS=1 sets them; that it does, the deployment checks say.
    settings.SECURE_HSTS_SECONDS = 31_536_000
    response = client.get("/login/", secure=True)
    assert response["Strict-Transport-Security"].startswith("max-age=31536000")
    client.post("/login/", {"username": UserFactory().username, "password": PASSWORD}, secure=True)
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


def test_a_name_that_is_not_ours_is_not_answered(client):
    assert client.get("/login/", headers={"host": "elsewhere.example"}).status_code == 400


def test_the_description_of_the_api_is_made_once(client, monkeypatch):
    first = client.get("/api/v1/schema/")
    monkeypatch.setattr(api_description, "SchemaGenerator", None)
    assert client.get("/api/v1/schema/").content == first.content
    assert b"openapi: 3" in first.content


@pytest.mark.parametrize(("words", "found"), [("", set()), ("qa_lead, engineer", {"qa_lead", "engineer"})])
def test_roles_that_need_a_second_factor_are_read(words, found):
    assert trust.roles(words) == found


@pytest.mark.parametrize(
    ("read", "words"), [(trust.roles, "enginer"), (trust.rate, "-1"), (trust.rate, "many"), (trust.rate, "")]
)
def test_what_is_no_setting_is_said_at_once(read, words):
    with pytest.raises(ValueError, match="VOUCH_"):
        read(words)
