"""Who manages a store is said by who leads the project, of an associate who can log in, on a page and over the API."""

import pytest
from django.urls import reverse

from people.models import AuditEvent, Membership
from people.services import managers, sign_in_codes
from tests.factories.people import member

pytestmark = pytest.mark.django_db

SWEDISH = {"HTTP_ACCEPT_LANGUAGE": "sv"}


@pytest.fixture
def held(shop):
    """The northern store's associate in the project, who has a password."""
    shop.associate.set_password("a long one indeed")
    shop.associate.save()
    return Membership.objects.get(user=shop.associate)


def change(shop, user, manages=True, person=None):
    path = f"/api/v1/projects/{shop.project.slug}/associates/{(person or shop.associate).username}/"
    return shop.client(user).patch(path, {"manages": manages}, format="json")


@pytest.mark.parametrize(
    ("who", "status"),
    [("qa_lead", 200), ("engineer", 200), ("annotator", 403), ("other_associate", 403), ("stranger", 404)],
)
def test_who_leads_the_project_says_who_manages(shop, held, who, status):
    assert change(shop, getattr(shop, who)).status_code == status
    held.refresh_from_db()
    assert held.manages == (status == 200)
    assert AuditEvent.objects.filter(action="membership.manages").exists() == (status == 200)


def test_a_manager_makes_no_other(shop, held):
    managers.set_manages(user=shop.qa_lead, membership=held, manages=True)
    colleague = member(shop.project, "associate", shop.north)
    assert change(shop, shop.associate, person=colleague).status_code == 403
    path = reverse("store-managers", args=[shop.project.slug])
    client = shop.client(shop.associate)
    client.force_login(shop.associate)
    assert client.post(path, {"person": colleague.username, "manages": "1"}).status_code == 404
    assert "Who manages a store" not in client.get(f"/p/{shop.project.slug}/phones/").content.decode()


def test_the_list_says_who_works_where(shop, held):
    response = shop.client(shop.qa_lead).get(f"/api/v1/projects/{shop.project.slug}/associates/")
    found = {row["username"]: row for row in response.json()["results"]}
    assert found.keys() == {shop.associate.username, shop.other_associate.username}
    assert found[shop.associate.username]["sites"] == [shop.north.key]
    assert shop.client(shop.associate).get(response.wsgi_request.path).status_code == 403


def test_who_has_no_password_or_no_store_cannot_manage(shop, held):
    shop.associate.set_unusable_password()
    shop.associate.save()
    refused = change(shop, shop.qa_lead)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["manages"])
    unplaced = member(shop.project, "associate")
    assert "no store" in str(change(shop, shop.qa_lead, person=unplaced).json()["errors"])


def test_a_manager_works_on_no_phone_signed_in_by_a_code(shop, held, client):
    _, secret = sign_in_codes.make_code(
        user=shop.qa_lead, project=shop.project, site=shop.north, person=shop.associate
    )
    client.post(f"/shift/{secret}/")
    assert client.get("/api/v1/queues/").status_code == 200
    managers.set_manages(user=shop.qa_lead, membership=held, manages=True)
    assert client.get("/api/v1/queues/").status_code == 401


def test_the_page_lets_manage_and_takes_it_back_in_the_readers_language(shop, held, client):
    client.force_login(shop.qa_lead)
    path = reverse("store-managers", args=[shop.project.slug])
    sent = {"person": shop.associate.username, "manages": "1"}
    page = client.post(path, sent, follow=True, **SWEDISH).content.decode()
    assert f"{shop.associate} ansvarar för sina butiker från och med nu." in page
    held.refresh_from_db()
    assert held.manages
    page = client.post(path, {"person": shop.associate.username}, follow=True).content.decode()
    assert f"{shop.associate} manages no store any more." in page
    shop.other_associate.set_unusable_password()
    shop.other_associate.save()
    page = client.post(path, sent | {"person": shop.other_associate.username}, follow=True).content.decode()
    assert "has no password yet" in page
