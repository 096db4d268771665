"""What an annotator said and the server has not yet: kept in the browser, and sent once, whatever comes between."""

import json
import uuid

from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from labeling.models import Answer, Slot
from tests.e2e.conftest import eventually
from tests.e2e.work_page import opened, press, seen, standing
from tests.factories.people import member

UNSENT = "[data-sending]"


def cut_off(*pages):
    """Take the network away from these tabs, once the next photographs are in each."""
    for page in pages:
        expect(page.locator("[data-cant-tell]")).to_be_enabled()
        page.wait_for_load_state("networkidle")
    pages[0].context.set_offline(True)


def sent_to(context):
    """The client_ids of all answers that are sent from now on."""
    sent = []
    context.on(
        "request",
        lambda request: (
            sent.append(json.loads(request.post_data)["client_id"])
            if request.method == "POST" and request.url.endswith("/answers/")
            else None
        ),
    )
    return sent


def test_what_was_said_without_a_network_is_sent_on_coming_back_once(shop, photographs, new_page):
    tasks = photographs(4)
    page = opened(new_page(shop.annotator), shop)
    cut_off(page)
    press(page, "1")
    press(page, "2")
    expect(page.locator(UNSENT)).to_contain_text("2 answers not sent yet. No connection")
    # Before the page goes: the browser's pretence of having no network ends with it, and a last try may get through.
    assert Answer.objects.count() == 0
    page.goto("about:blank")
    page.context.set_offline(False)
    opened(page, shop)
    answers = standing(page, 2)
    assert [(answer.task, answer.value["label"], answer.state) for answer in answers] == [
        (tasks[0], "in_stock", "counted"),
        (tasks[1], "low_stock", "counted"),
    ]
    expect(page.locator(UNSENT)).to_be_hidden()


def test_it_goes_on_without_a_network_as_far_as_it_can_and_says_so(shop, photographs, new_page):
    photographs(3)
    page = opened(new_page(shop.annotator), shop)
    cut_off(page)
    for _ in range(3):
        press(page, "1")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.locator(UNSENT)).to_contain_text("3 answers not sent yet")
    page.context.set_offline(False)
    standing(page, 3)
    expect(page.get_by_role("heading", name="Nothing waits in review")).to_be_visible()


def test_two_tabs_send_each_answer_once_and_either_sends_for_a_closed_one(shop, photographs, new_page):
    photographs(14)
    page = opened(new_page(shop.annotator), shop)
    other = page.context.new_page()
    opened(other, shop)
    cut_off(page, other)
    for tab, key in ((page, "1"), (other, "2"), (page, "3")):
        press(tab, key)
    for tab in (page, other):
        expect(tab.locator(UNSENT)).to_contain_text("3 answers not sent yet")
    other.close()
    sent = sent_to(page.context)
    page.context.set_offline(False)
    labels = [answer.value["label"] for answer in standing(page, 3)]
    assert labels == ["in_stock", "low_stock", "out_of_stock"]
    expect(page.locator(UNSENT)).to_be_hidden()
    assert len(sent) == len(set(sent)) == 3


def test_an_answer_kept_past_its_lease_counts_where_the_photograph_is_free(shop, photographs, new_page):
    queue = shop.queue("review")
    queue.lease_seconds = 2
    queue.save()
    (task,) = photographs(1)
    page = opened(new_page(shop.annotator), shop)
    cut_off(page)
    press(page, "1")
    expect(page.locator(UNSENT)).to_contain_text("1 answer not sent yet")
    eventually(page, lambda: Slot.objects.get(task=task).expires_at < timezone.now(), "the lease run out")
    page.context.set_offline(False)
    assert standing(page, 1)[0].state == "counted"


def test_what_an_older_page_kept_is_sent(shop, photographs, new_page):
    (task,) = photographs(1)
    page = new_page(shop.annotator)
    page.goto("/")
    client_id = str(uuid.uuid4())
    body = {"lease": None, "client_id": client_id, "verdict": "cant_tell", "value": None, "seconds": 1}
    kept = {"client_id": client_id, "task": str(task.pk), "body": body, "after": None, "at": 1}
    page.evaluate(
        "([key, entry]) => localStorage.setItem(key, JSON.stringify(entry))",
        [f"vouch:outbox:{shop.annotator.pk}:{client_id}", kept],
    )
    opened(page, shop)
    assert str(standing(page, 1)[0].client_id) == client_id
    assert (
        page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('vouch:outbox')).length") == 0
    )


def test_where_nothing_can_be_kept_it_says_so_and_works(shop, photographs, new_page):
    photographs(1)
    page = new_page(shop.annotator)
    page.add_init_script(
        "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    opened(page, shop)
    expect(page.get_by_text("This browser keeps nothing for this site")).to_be_visible()
    press(page, "1")
    standing(page, 1)


def test_answers_survive_a_server_in_trouble_and_a_reload(shop, photographs, new_page):
    photographs(2)
    page = opened(new_page(shop.annotator), shop)
    page.route("**/answers/", lambda route: route.fulfill(status=503))
    press(page, "1")
    expect(page.locator(UNSENT)).to_contain_text("1 answer not sent yet. The server is busy")
    page.reload()
    expect(page.locator(UNSENT)).to_contain_text("1 answer not sent yet")
    assert Answer.objects.count() == 0
    page.unroute("**/answers/")
    assert standing(page, 1)[0].value == {"label": "in_stock"}
    expect(page.locator(UNSENT)).to_be_hidden()


def signed_in_as(page, user):
    """Another tab of this browser signs in as somebody."""
    client = Client()
    client.force_login(user)
    session, (site, _) = client.cookies["sessionid"].value, page.url.split("/p/")
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])


def test_nothing_is_sent_as_somebody_else_who_signed_in_meanwhile(shop, photographs, new_page):
    photographs(2)
    page = opened(new_page(shop.annotator), shop)
    cut_off(page)
    press(page, "1")
    signed_in_as(page, member(shop.project, "annotator"))
    page.context.set_offline(False)
    expect(page.locator(UNSENT)).to_contain_text("1 answer not sent yet. Somebody else is signed in")
    press(page, "2")
    expect(page.get_by_role("heading", name="Somebody else is signed in")).to_be_visible()
    seen(page)
    assert Answer.objects.count() == 0
    signed_in_as(page, shop.annotator)
    assert {answer.user for answer in standing(page, 2)} == {shop.annotator}
