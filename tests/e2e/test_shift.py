"""A whole shift on a phone, against the application as it is served; what leads to an alert; and a manager's pages."""

import contextlib
import json

import pytest
from playwright.sync_api import Error, expect

from feedback.services.alert_rules import set_rules
from labeling.models import Answer, Task
from labeling.services import alert_push
from people.services import push_keys, sign_in_codes
from tests.e2e.alerts_page import PHONE, keeps, raise_alert, shown, standing
from tests.e2e.asgi import serving
from tests.e2e.conftest import check_accessible, eventually

DESK = (1280, 800)
PUSHED = """async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }));
}"""
TAP = """async () => {
  // A browser lets a page come to the front where a finger touched, which none does here.
  WindowClient.prototype.focus = async function () { return this; };
  const [notification] = await registration.getNotifications();
  const tapped = new NotificationEvent("notificationclick", { notification });
  let done;
  tapped.waitUntil = (promise) => { done = promise; };
  dispatchEvent(tapped);
  await done;
}"""


@pytest.fixture
def served(transactional_db):
    with serving() as address:
        yield address


def crash(page):
    """Kill what runs the tab, as a phone short of memory does: nothing in it hears of it. A new tab of the browser."""
    context = page.context
    with page.expect_event("crash"), contextlib.suppress(Error):
        page.goto("chrome://crash")
    again = context.new_page()
    page.close()
    return again


def answered(page, camera, name):
    shown(page, camera.name)
    page.get_by_role("button", name=name, exact=True).tap()


def test_a_whole_shift(shop, served, new_page):
    """Signed in by a code; an alert that comes live, one corrected; no network, five more, the tab killed: each arrives
    once. Then the phone is handed over."""
    _, secret = sign_in_codes.make_code(
        user=shop.qa_lead, project=shop.project, site=shop.north, person=shop.associate
    )
    page = new_page(size=PHONE, touch=True, worker=True, at=served)
    page.goto(f"/shift/{secret}/")
    check_accessible(page)
    page.get_by_role("button", name="Start the shift").tap()
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-connection", "on")
    # While it is connected the page looks for itself only every half minute: sooner, the websocket told it.
    raise_alert(shop, 0, shop.other_camera)
    tasks = [raise_alert(shop, 1)]
    expect(page.locator("[data-where]")).to_have_text(shop.camera.name, timeout=10_000)
    shown(page, shop.camera.name)
    expect(page.locator("[data-waiting]")).to_have_text("1")
    answered(page, shop.camera, "Yes")
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    tasks += [raise_alert(shop, number) for number in range(2, 8)]
    answered(page, shop.camera, "No")
    page.get_by_role("button", name="Low stock").tap()
    standing(page, 2)
    keeps(page, 5)
    page.context.set_offline(True)
    for _ in range(5):
        answered(page, shop.camera, "Yes")
    expect(page.get_by_text("No connection. 5 answers are kept here and sent by themselves.")).to_be_visible()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    check_accessible(page)
    assert Answer.objects.count() == 2
    page = crash(page)
    page.goto(f"{served}/p/{shop.project.slug}/alerts/")
    expect(page.get_by_text("5 answers are kept here")).to_be_visible()
    page.context.set_offline(False)
    answers = standing(page, 7)
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    assert [answer.task for answer in answers[:2]] == tasks[:2]
    assert {answer.task for answer in answers} == set(tasks)
    assert [answer.verdict for answer in answers] == ["accept", "correct", *["accept"] * 5]
    assert {(answer.state, answer.user) for answer in answers} == {("counted", shop.associate)}
    assert {task.state for task in Task.objects.filter(pk__in=[task.pk for task in tasks])} == {"resolved"}
    page.locator("[data-menu] summary").tap()
    page.get_by_role("button", name="Hand over this phone").tap()
    expect(page.get_by_role("heading", name="Who is next?")).to_be_visible()
    check_accessible(page)
    page.goto(f"{served}/p/{shop.project.slug}/alerts/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert Answer.objects.count() == 7


def test_a_notification_says_what_it_is_of_and_a_tap_opens_that_alert(shop, new_page, live_server):
    raise_alert(shop, 1)
    second = raise_alert(shop, 2)
    page = new_page(shop.associate, size=PHONE, touch=True, worker=True)
    page.context.grant_permissions(["notifications"])
    page.goto(f"/p/{shop.project.slug}/alerts/")
    shown(page, shop.camera.name)
    said = alert_push.message(second, alert_push.RAISED)
    registered = []
    devtools = page.context.new_cdp_session(page)
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated", lambda told: registered.extend(told["registrations"])
    )
    devtools.send("ServiceWorker.enable")
    eventually(page, lambda: registered, "the page's worker")
    # A message to a worker that is not at work yet is dropped.
    assert page.evaluate(PUSHED) == []
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": live_server.url,
            "registrationId": registered[-1]["registrationId"],
            "data": json.dumps(said.__dict__),
        },
    )
    shows = {"title": f"New alert at {shop.north.name}", "tag": said.tag}
    shows["body"] = f"{shop.camera.name}: looks Out of stock"
    eventually(page, lambda: page.evaluate(PUSHED) == [shows], "the notification")
    before = page.locator("[data-photo] img").get_attribute("src")
    page.context.service_workers[0].evaluate(TAP)
    shown(page, shop.camera.name)
    expect(page.locator(f"[data-photo] img[src='{before}']")).to_have_count(0)
    page.get_by_role("button", name="Yes").tap()
    eventually(page, lambda: Answer.objects.filter(task=second, user=shop.associate).exists(), "the answer")
    assert page.evaluate(PUSHED) == []


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_pages_of_a_manager_and_an_engineer_hold_together(shop, new_page, size, scheme, settings, tmp_path):
    settings.PUSH_KEY_FILE = str(tmp_path / "push_key")
    push_keys.make()
    rule = {"name": "Empty shelf", "label": "out_of_stock", "confidence": 0.8}
    set_rules(user=shop.engineer, project=shop.project, documents=[rule])
    page = new_page(shop.engineer, size=size, scheme=scheme)
    for path in (
        f"/p/{shop.project.slug}/phones/",
        f"/p/{shop.project.slug}/alert-rules/",
        "/notifications/",
    ):
        page.goto(path)
        check_accessible(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
    page.goto(f"/p/{shop.project.slug}/phones/")
    page.locator(f"#person-{shop.north.key}").select_option("new")
    page.locator(f"#name-{shop.north.key}").fill("Kim Berg")
    page.get_by_role("button", name="Show the code").first.click()
    expect(page.locator(".code-picture svg")).to_be_visible()
    check_accessible(page)
    page.goto(f"/p/{shop.project.slug}/alert-rules/")
    page.get_by_role("button", name="Try on the last 7 days").click()
    expect(page.get_by_role("heading", name="would have raised 0 alerts")).to_be_visible()
