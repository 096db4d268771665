"""Opening projects, sources and queues, and reading what is there."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import Label
from labeling.services.projects import create_project
from people.models import AuditEvent, Membership, Project
from tests.factories.labeling import QueueFactory, SourceFactory, open_task, project_with
from tests.factories.people import MembershipFactory, SiteFactory, TokenFactory, UserFactory, member

pytestmark = pytest.mark.django_db

NEW = {
    "slug": "Shelves",
    "name": "Shelves",
    "task_type": "classification",
    "labels": [
        {"key": "Full", "name": "Full shelf"},
        {"key": "empty", "colour": "#ff0000", "hotkey": "e"},
        {"key": "c"},
    ],
}


def test_a_project_opens_with_labels_queues_and_its_engineer(shop):
    response = shop.client(shop.engineer).post("/api/v1/projects/", NEW, format="json")
    assert response.status_code == 201
    made = response.json()
    assert (made["slug"], made["name"], made["task_type"]) == ("shelves", "Shelves", "classification")
    assert made["labels"] == [
        {"key": "full", "name": "Full shelf", "colour": "#0072b2", "hotkey": "1"},
        {"key": "empty", "name": "empty", "colour": "#ff0000", "hotkey": "e"},
        {"key": "c", "name": "c", "colour": "#009e73", "hotkey": "2"},
    ]
    terms = {q["name"]: (q["audience"], q["by_site"], q["blind"]) for q in made["queues"]}
    assert terms == {
        "review": ("annotator", False, False),
        "alerts": ("associate", True, False),
        "audit": ("annotator", False, True),
        "adjudication": ("qa_lead", False, True),
    }
    project = Project.objects.get(slug="shelves")
    assert Membership.objects.get(project=project).user == shop.engineer
    assert AuditEvent.objects.get(project_id=project.pk, action="project.created").actor == shop.engineer


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"slug": "a b"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"slug": "x" * 65}, "slug"),
        ({"task_type": "segmentation"}, "task_type"),
        ({"labels": []}, "labels"),
        ({"labels": "a"}, "labels"),
        ({"labels": [{"key": "a"}, {"key": "A"}]}, "labels.1.key"),
        ({"labels": [{"key": "a", "hotkey": "x"}, {"key": "b", "hotkey": "x"}]}, "labels.1.hotkey"),
        ({"labels": [{"key": "a", "colour": "red"}]}, "labels.0.colour"),
        ({"labels": [{"key": "a\0"}]}, "labels.0.key"),
        ({"name": None}, "name"),
    ],
)
def test_a_bad_project_names_its_field_and_leaves_nothing(shop, changed, field):
    before = Label.objects.count()
    response = shop.client(shop.engineer).post("/api/v1/projects/", NEW | changed, format="json")
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert not Project.objects.filter(slug="shelves").exists()
    assert Label.objects.count() == before


def test_a_slug_is_taken_once(shop):
    response = shop.client(shop.engineer).post(
        "/api/v1/projects/", NEW | {"slug": shop.project.slug}, format="json"
    )
    assert (response.status_code, list(response.json()["errors"])) == (400, ["slug"])


def test_many_labels_get_colours_of_their_own():
    root = UserFactory(is_superuser=True)
    labels = [{"key": f"label-{n}", "name": f"{n}"} for n in range(40)]
    project = create_project(user=root, slug="many", name="Many", task_type="detection", labels=labels)
    assert project.labels.values("colour").distinct().count() == 40
    assert list(project.labels.order_by("position").values_list("hotkey", flat=True))[8:11] == ["9", "", ""]


def test_a_token_reserved_for_a_slug_creates_that_and_belongs_to_it(client):
    token = TokenFactory(project=None, reserved_slug="shelves", secret="reserved")
    headers = {"Authorization": "Token reserved"}
    post = {"content_type": "application/json", "headers": headers}
    assert client.get("/api/v1/queues/", headers=headers).status_code == 403
    assert client.get("/api/v1/projects/", headers=headers).json()["results"] == []
    assert client.post("/api/v1/projects/", NEW | {"slug": "other"}, **post).status_code == 403
    assert client.post("/api/v1/projects/", NEW, **post).status_code == 201
    assert client.get("/api/v1/projects/shelves/", headers=headers).status_code == 200
    token.refresh_from_db()
    assert (token.project.slug, token.reserved_slug) == ("shelves", "")


def test_sites_and_sources_open(shop):
    client = shop.client(shop.engineer)
    site = {"key": "Kista", "name": "Kista Galleria", "timezone": "Europe/Stockholm"}
    assert client.post("/api/v1/sites/", site, format="json").json() == site | {"key": "kista"}
    again = client.post("/api/v1/sites/", site, format="json")
    assert (again.status_code, list(again.json()["errors"])) == (400, ["key"])
    path = f"/api/v1/projects/{shop.project.slug}/sources/"
    source = {"key": "door", "name": "Door", "site": "kista", "kind": "camera"}
    assert client.post(path, source, format="json").json() == source
    assert client.post(path, source, format="json").status_code == 400
    assert source in client.get(path).json()["results"]


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        ("sites/", {"key": "a", "name": "A", "timezone": "Mars/Base"}, "timezone"),
        ("sites/", {"key": "a/b", "name": "A"}, "key"),
        ("projects/{}/sources/", {"key": "a", "name": "A", "site": "nowhere"}, "site"),
        ("projects/{}/sources/", {"key": "a", "name": "A"}, "site"),
        ("projects/{}/sources/", {"key": "a", "name": "A", "kind": "drone"}, "kind"),
        ("projects/{}/queues/", {"name": "a", "audience": "robots"}, "audience"),
        ("projects/{}/queues/", {"name": "a", "audience": "associate"}, "by_site"),
        ("projects/{}/queues/", {"name": "review", "audience": "annotator"}, "name"),
        (
            "projects/{}/queues/",
            {"name": "a", "audience": "annotator", "answers_required": 0},
            "answers_required",
        ),
        (
            "projects/{}/queues/",
            {"name": "a", "audience": "annotator", "lease_seconds": 1801},
            "lease_seconds",
        ),
        ("projects/{}/queues/", {"name": "a", "audience": "annotator", "gold_share": 1.5}, "gold_share"),
        ("projects/{}/guidelines/", {"body": ""}, "body"),
        ("projects/{}/guidelines/", [1], "body"),
    ],
)
def test_a_bad_field_is_named(shop, path, sent, field):
    client = shop.client(shop.engineer)
    response = client.post("/api/v1/" + path.format(shop.project.slug), sent, format="json")
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_sites_are_seen_by_who_belongs_to_them(shop):
    third = SiteFactory()
    everywhere = {shop.north.key, shop.south.key, third.key}
    expected = {shop.associate: {shop.north.key}, shop.annotator: set(), shop.engineer: everywhere}
    for user, keys in expected.items():
        assert {row["key"] for row in shop.client(user).get("/api/v1/sites/").json()["results"]} == keys


def test_a_guideline_is_drafted_published_and_in_force(shop):
    client = shop.client(shop.qa_lead)
    path = f"/api/v1/projects/{shop.project.slug}/guidelines/"
    assert client.get(path + "current/").status_code == 404
    first = client.post(path, {"body": "# One"}, format="json").json()
    second = client.post(path, {"body": "# Two"}, format="json").json()
    assert first["id"] == second["id"]
    published = client.post(f"/api/v1/guidelines/{first['id']}/publish/")
    assert (published.status_code, published.json()["number"]) == (200, 1)
    assert client.post(f"/api/v1/guidelines/{first['id']}/publish/").status_code == 400
    assert shop.client(shop.annotator).get(path + "current/").json()["body"] == "# Two"


def test_the_queues_of_a_user_say_how_much_waits_for_them(shop):
    alerts = shop.queue("alerts")
    alerts.sla_seconds, alerts.answers_required = 600, 2
    alerts.save()
    first = open_task(alerts, site_id=shop.north.pk)
    open_task(alerts, site_id=shop.north.pk)
    open_task(alerts, site_id=shop.south.pk)
    (row,) = shop.client(shop.associate).get("/api/v1/queues/").json()["results"]
    assert row == {
        "id": str(alerts.pk),
        "project": shop.project.slug,
        "name": "alerts",
        "audience": "associate",
        "by_site": True,
        "blind": False,
        "paused": False,
        "site": shop.north.key,
        "open": 2,
        "due": first.due_at.isoformat().replace("+00:00", "Z"),
    }
    rows = {row["name"]: row for row in shop.client(shop.qa_lead).get("/api/v1/queues/").json()["results"]}
    assert (rows["alerts"]["open"], rows["alerts"]["site"], rows["review"]["open"]) == (3, None, 0)
    assert set(rows) == {"review", "alerts", "audit", "adjudication"}


def test_open_counts_stop_at_a_thousand(shop, monkeypatch):
    monkeypatch.setattr("labeling.queries.queues.COUNT_LIMIT", 3)
    for _ in range(5):
        open_task(shop.queue("review"))
    rows = shop.client(shop.annotator).get("/api/v1/queues/").json()["results"]
    assert {row["name"]: row["open"] for row in rows} == {"review": 3, "audit": 0}


@pytest.mark.parametrize(
    "path", ["queues/", "projects/", "projects/{}/queues/", "projects/{}/sources/", "sites/"]
)
def test_a_list_takes_as_many_queries_however_long(shop, django_assert_num_queries, path):
    client, path = shop.client(shop.engineer), "/api/v1/" + path.format(shop.project.slug)
    with CaptureQueriesContext(connection) as few:
        assert client.get(path).status_code == 200
    for _ in range(5):
        QueueFactory(project=shop.project)
        SourceFactory(project=shop.project)
        open_task(shop.queue("review"))
        MembershipFactory(user=shop.engineer, project=project_with(), role="engineer")
    with django_assert_num_queries(len(few)):
        assert client.get(path).status_code == 200


def test_pages_are_of_the_size_asked_for_and_linked(shop):
    client = shop.client(shop.engineer)
    path = f"/api/v1/projects/{shop.project.slug}/queues/"
    first = client.get(path, {"page_size": 3}).json()
    assert (len(first["results"]), first["previous"]) == (3, None)
    assert first["next"].startswith("http://testserver/")
    second = client.get(first["next"]).json()
    assert len(second["results"]) == 1
    assert second["next"] is None
    broken = client.get(path, {"cursor": "nonsense"})
    assert (broken.status_code, list(broken.json()["errors"])) == (400, ["cursor"])


def test_an_address_that_is_none_is_a_problem_too(client, shop):
    for path in ("nothing/", "projects", "tasks/7/", f"projects/{shop.project.slug}"):
        response = client.post(f"/api/v1/{path}", {}, content_type="application/json")
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    wrong = shop.client(member(shop.project, "engineer")).delete("/api/v1/projects/")
    assert (wrong.status_code, wrong["Content-Type"]) == (405, "application/problem+json")
