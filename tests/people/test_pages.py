"""Log in, home, and what stands at the top of every page."""

import pytest
from django.urls import reverse

from people.enums import Role
from people.views import navigation
from tests.factories.people import PASSWORD, MembershipFactory, ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db


def signed_in(client, user):
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("role", "name"),
    [("associate", "alerts"), ("annotator", "work"), ("qa_lead", "quality"), ("engineer", "overview")],
)
def test_home_leads_each_role_to_its_work(client, shop, role, name):
    response = signed_in(client, getattr(shop, role)).get("/")
    assert response.status_code == 302
    assert response.url == reverse(name, args=[shop.project.slug])


def test_home_lets_who_has_several_projects_choose(client, shop):
    MembershipFactory(user=shop.annotator, project=ProjectFactory(name="Yard"), role="engineer")
    page = signed_in(client, shop.annotator).get("/").content.decode()
    assert "Yard" in page
    assert "an engineer here" in page
    assert "an annotator here" in page


def test_home_says_what_to_do_to_who_has_none(client, shop):
    page = signed_in(client, shop.stranger).get("/").content.decode()
    assert "Ask an engineer to add" in page
    assert shop.stranger.username in page


def test_home_asks_a_stranger_to_log_in(client):
    assert client.get("/").url == "/login/?next=/"


def test_log_in_and_out(client, shop):
    data = {"username": shop.annotator.username, "password": PASSWORD}
    assert client.post("/login/", data).url == "/"
    assert client.get("/login/").url == "/"
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").url == "/login/"
    assert client.get("/").status_code == 302


def test_log_in_goes_on_to_the_page_that_was_asked_for_and_to_no_other_site(client, shop):
    data = {"username": shop.annotator.username, "password": PASSWORD}
    assert client.post("/login/?next=/p/x/", {**data, "next": "/p/x/"}).url == "/p/x/"
    client.logout()
    assert client.post("/login/", {**data, "next": "https://elsewhere.example/"}).url == "/"


def test_a_wrong_password_keeps_the_name(client, shop):
    page = client.post("/login/", {"username": shop.annotator.username, "password": "wrong"})
    assert page.status_code == 200
    assert f'value="{shop.annotator.username}"' in page.content.decode()
    assert "do not belong together" in page.content.decode()


def test_a_page_carries_a_strict_policy_and_nothing_it_forbids(client, shop):
    response = signed_in(client, shop.annotator).get(f"/p/{shop.project.slug}/work/review/")
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "style=" not in response.content.decode()
    assert " onclick=" not in response.content.decode()


def test_nothing_here_and_not_for_your_role_are_pages_too(client, shop):
    client = signed_in(client, shop.associate)
    nothing = client.get("/nowhere/")
    assert nothing.status_code == 404
    assert "There is nothing here for you" in nothing.content.decode()
    refused = client.get(f"/p/{shop.project.slug}/work/")
    assert refused.status_code == 403
    assert "for annotators, QA leads and engineers" in refused.content.decode()
    refused = client.get(f"/p/{shop.project.slug}/privacy/")
    assert "Only engineers or QA leads may" in refused.content.decode()


def test_a_page_of_another_role_is_not_in_the_navigation(shop):
    titles = [link.title for link in navigation.links(Role.ANNOTATOR, shop.project)]
    assert titles == ["Label"]


def test_a_page_without_an_address_is_left_out(shop, monkeypatch):
    absent = navigation.Page("no-such-page", "Missing")
    monkeypatch.setitem(navigation.PAGES, Role.ANNOTATOR, (absent, navigation.WORK))
    links = navigation.links(Role.ANNOTATOR, shop.project, current="work-queue")
    assert [(link.title, link.current) for link in links] == [("Label", True)]


def test_a_lead_finds_two_dozen_pages_under_six_entries(client, shop):
    found = navigation.links(Role.QA_LEAD, shop.project, current="round")
    entries = navigation.entries(found)
    assert [entry.title for entry in entries] == [
        "Quality",
        "Production",
        "Models",
        "Project",
        "Label",
        "Stores",
    ]
    assert [entry.current for entry in entries] == [True, False, False, False, False, False]
    page = signed_in(client, shop.qa_lead).get(f"/p/{shop.project.slug}/rounds/").content.decode()
    _, first, within = page.split('<nav class="pages')[:3]
    assert first.count("<a ") == 6
    within = within.partition("</nav>")[0]
    assert within.count("<a ") == 6
    assert within.count('aria-current="page"') == 1


def test_a_role_with_one_group_has_its_pages_in_the_first_row(shop):
    entries = navigation.entries(navigation.links(Role.ASSOCIATE, shop.project))
    assert [entry.title for entry in entries] == ["Alerts", "On a screen", "Camera health"]


def test_a_user_without_a_full_name_has_a_menu(client, shop):
    user = UserFactory(first_name="", last_name="")
    page = signed_in(client, user).get("/").content.decode()
    assert f"Signed in as {user.username}" in page
