"""The associate's page where there is no network: it opens, goes on, and everything that was said arrives once."""

import json
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from playwright.sync_api import expect

from labeling.enums import Verdict
from labeling.models import Answer
from labeling.services.answers import Said, record_answer
from tests.e2e.alerts_page import KEPT, PHONE, keeps, raise_alert, shown, standing
from tests.e2e.conftest import check_accessible, eventually
from tests.factories.people import member


@pytest.fixture
def phone(shop, new_page):
    """`phone(user=associate)`: the page, opened."""

    def opened(user=None):
        page = new_page(user or shop.associate, size=PHONE, touch=True, worker=True)
        page.goto(f"/p/{shop.project.slug}/alerts/")
        return page

    return opened


def answer_each(page, camera, count):
    for _ in range(count):
        shown(page, camera.name)
        page.get_by_role("button", name="Yes").tap()


def test_it_opens_without_a_network_with_the_alerts_it_had(shop, phone):
    raise_alert(shop, 1)
    raise_alert(shop, 2)
    page = phone()
    shown(page, shop.camera.name)
    keeps(page, 2)
    page.context.set_offline(True)
    page.reload()
    shown(page, shop.camera.name)
    assert page.evaluate("document.querySelector('[data-photo] img').naturalWidth") == 480
    expect(page.get_by_text("No connection. 1 alert is on this phone: go on.")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="Can’t tell").tap()
    shown(page, shop.camera.name)
    page.get_by_role("button", name="Undo").tap()
    page.get_by_role("button", name="Yes").tap()
    page.context.set_offline(False)
    # The other alert is on the screen: nothing is claimed that would tell.
    expect(page.locator("[data-banner]")).to_be_hidden()
    first, second = standing(page, 2)
    assert (first.verdict, second.verdict, second.supersedes) == ("cant_tell", "accept", first)


def test_the_network_may_go_in_the_middle_of_a_submit(shop, phone):
    """The server has the answer and the phone does not know: it sends it again, and it is recorded once."""
    raise_alert(shop, 1)
    page = phone()
    shown(page, shop.camera.name)
    sent = []

    def cut(route):
        sent.append(json.loads(route.request.post_data)["client_id"])
        if len(sent) > 1:
            route.continue_()
            return
        assert route.fetch().status == 201
        route.abort("connectionreset")

    page.route("**/answers/", cut)
    page.get_by_role("button", name="Yes").tap()
    expect(page.get_by_text("1 answer is kept here and sent by itself.")).to_be_visible()
    expect(page.get_by_text("1 answer is kept here")).to_be_hidden()
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert Answer.objects.get().state == "counted"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(500, "The server is busy."), (503, "The server is busy."), (None, "No connection.")],
)
def test_a_server_in_trouble_loses_nothing_and_stops_nobody(shop, phone, trouble, words):
    for number in range(3):
        raise_alert(shop, number)
    page = phone()
    shown(page, shop.camera.name)
    keeps(page, 3)
    page.route("**/api/**", lambda route: route.fulfill(status=trouble) if trouble else route.abort())
    answer_each(page, shop.camera, 3)
    expect(page.get_by_text(f"{words} 3 answers are kept here")).to_be_visible()
    assert Answer.objects.count() == 0
    page.unroute("**/api/**")
    assert {answer.state for answer in standing(page, 3)} == {"counted"}
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()


def test_an_answer_to_what_was_settled_meanwhile_is_kept_as_late_and_said_so(shop, phone):
    mine, theirs = raise_alert(shop, 1), raise_alert(shop, 2)
    page = phone()
    shown(page, shop.camera.name)
    keeps(page, 2)
    page.context.set_offline(True)
    answer_each(page, shop.camera, 2)
    expect(page.get_by_text("2 answers are kept here")).to_be_visible()
    colleague = member(shop.project, "associate", shop.north)
    said = Said(client_id="0190b0c0-0000-7000-8000-000000000001", verdict=Verdict.ACCEPT)
    record_answer(user=colleague, task=theirs, lease=None, said=said)
    page.context.set_offline(False)
    expect(page.get_by_text("settled before your answer came. It is kept as a late answer")).to_be_visible()
    assert {(answer.task, answer.state) for answer in Answer.objects.filter(user=shop.associate)} == {
        (mine, "counted"),
        (theirs, "late"),
    }


def test_whoever_leaves_takes_what_the_phone_kept_of_theirs(shop, phone):
    raise_alert(shop, 1)
    page = phone()
    shown(page, shop.camera.name)
    keeps(page, 1)
    page.locator("[data-menu] summary").tap()
    page.get_by_role("button", name="Log out").tap()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    eventually(page, lambda: page.evaluate(KEPT) == [0, 0, 0], "all that was kept gone")


def test_the_next_person_finds_nothing_of_the_last_ones(shop, phone, client):
    raise_alert(shop, 1)
    page = phone()
    shown(page, shop.camera.name)
    keeps(page, 1)
    client.force_login(shop.other_associate)
    origin = page.evaluate("location.origin")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": origin}]
    )
    page.goto(f"/p/{shop.project.slug}/alerts/")
    expect(page.get_by_text(f"No alert waits at {shop.south.name}")).to_be_visible()
    keeps(page, 0)
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.get_by_text(shop.north.name)).to_have_count(0)


def test_a_phone_may_put_it_on_its_home_screen(shop, client):
    client.force_login(shop.associate)
    page = reverse("alerts", args=[shop.project.slug])
    found = client.get(reverse("alerts-manifest", args=[shop.project.slug])).json()
    assert (found["start_url"], found["scope"], found["display"]) == (page, page, "standalone")
    for icon in found["icons"]:
        file = finders.find(icon["src"].removeprefix("/static/"))
        assert Path(file).read_bytes().startswith(b"\x89PNG")
    client.logout()
    worker = client.get(reverse("alerts-worker", args=[shop.project.slug]))
    assert (worker.status_code, worker["Content-Type"]) == (200, "text/javascript")
    assert client.get(reverse("alerts-manifest", args=[shop.project.slug])).status_code == 302
