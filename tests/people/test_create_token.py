"""`create_token` prints the token alone, and says the rest where it does not get into a variable."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from people.models import AuditEvent, Membership, Project, Token, User
from people.services.tokens import digest_of
from tests.factories.labeling import project_with
from tests.factories.people import SiteFactory, member

pytestmark = pytest.mark.django_db


def create(*arguments):
    """What the command writes to stdout and stderr."""
    out, err = StringIO(), StringIO()
    call_command("create_token", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_stdout_is_the_token_alone_and_it_works():
    project = project_with()
    out, err = create("bot", "--role", "annotator", "--project", project.slug, "--scope", "answer,read")
    secret = out.removesuffix("\n")
    assert "\n" not in secret
    assert secret not in err
    assert "annotator" in err
    token = Token.objects.get()
    assert bytes(token.digest) == digest_of(secret)
    assert (token.project, token.scopes, token.expires_at) == (project, ["answer", "read"], None)
    user = User.objects.get(username="bot")
    assert user.is_machine
    assert not user.has_usable_password()
    assert Membership.objects.get(user=user).role == "annotator"
    assert AuditEvent.objects.get(action="token.created").detail["scopes"] == ["answer", "read"]
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    assert client.get(f"/api/v1/projects/{project.slug}/").status_code == 200


def test_a_person_who_is_there_stays_who_they_are():
    project = project_with()
    user = member(project, "qa_lead")
    create(
        user.username,
        "--role",
        "qa_lead",
        "--project",
        project.slug,
        "--scope",
        "read",
        "--expires-days",
        "7",
    )
    user.refresh_from_db()
    assert not user.is_machine
    assert user.has_usable_password()
    token = Token.objects.get()
    assert abs(token.expires_at - token.created_at - timedelta(days=7)) < timedelta(minutes=1)


def test_an_associate_belongs_to_the_sites_named():
    project, north, south = project_with(), SiteFactory(), SiteFactory()
    sites = ["--site", north.key, "--site", south.key]
    create("phone", "--role", "associate", "--project", project.slug, *sites, "--scope", "answer")
    assert set(Membership.objects.get().sites.all()) == {north, south}


def test_an_engineers_token_may_come_before_its_project():
    out, err = create(
        "root", "--role", "engineer", "--project", "shelves", "--scope", "ingest,answer,read,admin"
    )
    assert "reserved" in err
    assert "shelves" in err
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {out.strip()}")
    new = {
        "slug": "shelves",
        "name": "Shelves",
        "task_type": "classification",
        "labels": [{"key": "a", "name": "A"}],
    }
    assert client.post("/api/v1/projects/", new, format="json").status_code == 201
    assert Token.objects.get().project == Project.objects.get()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--role", "annotator", "--project", "nowhere", "--scope", "read"], "There is no project 'nowhere'"),
        (["--role", "annotator", "--project", "here", "--scope", "ingest"], "may not have scope ingest"),
        (["--role", "associate", "--project", "here", "--scope", "answer"], "give --site KEY"),
        (
            ["--role", "associate", "--project", "here", "--scope", "answer", "--site", "moon"],
            "There is no site 'moon'",
        ),
        (["--role", "robot", "--project", "here", "--scope", "read"], "invalid choice: 'robot'"),
        (["--role", "engineer", "--project", "here", "--scope", "everything"], "invalid scopes value"),
        (["--role", "engineer", "--project", "Not A Slug", "--scope", "read"], "is not a key"),
        (
            ["--role", "engineer", "--project", "here", "--scope", "read", "--expires-days", "0"],
            "must be 1 to",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_left(arguments, reason):
    project_with(slug="here")
    with pytest.raises(CommandError) as refused:
        create("bot", *arguments)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value).strip()
    assert not Token.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["", "u" * 151, "a\0b", "\udcff", "two words"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(CommandError, match=r"^USER: "):
        create(name, "--role", "engineer", "--project", "new", "--scope", "admin")
    assert not User.objects.exists()


def test_a_person_has_one_role_a_project():
    project = project_with()
    user = member(project, "annotator")
    with pytest.raises(CommandError, match="is annotator in"):
        create(user.username, "--role", "engineer", "--project", project.slug, "--scope", "admin")
