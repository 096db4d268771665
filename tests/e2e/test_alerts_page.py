"""The store associate's page, on a phone, by thumb."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from labeling.models import Answer, Slot
from tests.e2e.alerts_page import PHONE, raise_alert, shown, standing
from tests.e2e.conftest import check_accessible, eventually
from tests.factories.labeling import GuidelineFactory
from tests.factories.people import member


@pytest.fixture
def alert(shop):
    """`alert(camera=None, proposal=…)`: an alert with a photograph of its own; see raise_alert."""
    numbers = count(1)
    return lambda *given, **named: raise_alert(shop, next(numbers), *given, **named)


@pytest.fixture
def phone(shop, new_page):
    """`phone(user=associate, scheme="light")`: the page, opened."""

    def opened(user=None, scheme="light"):
        page = new_page(user or shop.associate, size=PHONE, scheme=scheme, touch=True)
        page.goto(f"/p/{shop.project.slug}/alerts/")
        return page

    return opened


def test_an_alert_is_one_sentence_and_yes_is_one_tap(shop, alert, phone):
    alert()
    page = phone()
    shown(page, shop.camera.name)
    said = page.get_by_role("region", name="The alert").inner_text().replace("\n", " ")
    assert f"{shop.camera.name}: looks out of stock" in said
    assert "71% sure · 4 min ago" in said
    expect(page.get_by_text("Synthetic photograph")).to_be_visible()
    page.get_by_role("button", name="Yes").tap()
    (answer,) = standing(page, 1)
    assert (answer.verdict, answer.value, answer.user) == (
        "accept",
        {"label": "out_of_stock"},
        shop.associate,
    )
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()


def test_no_leads_to_the_likeliest_others_and_one_more_tap_decides(shop, alert, phone):
    alert()
    page = phone()
    shown(page, shop.camera.name)
    page.get_by_role("button", name="No", exact=True).tap()
    choices = page.locator("[data-choices] button:visible")
    assert [one.strip() for one in choices.all_inner_texts()] == ["Low stock", "In stock", "Blocked"]
    choices.first.tap()
    (answer,) = standing(page, 1)
    assert (answer.verdict, answer.value) == ("correct", {"label": "low_stock"})


def test_a_double_tap_does_not_decide_the_next_alert(shop, alert, new_page):
    alert()
    alert()
    page = new_page(shop.associate, size=PHONE, touch=True)
    page.clock.install()
    page.goto(f"/p/{shop.project.slug}/alerts/")
    shown(page, shop.camera.name)
    # However long this machine takes for two taps, a fifth of a second goes by on the phone between them.
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    yes = page.get_by_role("button", name="Yes")
    yes.click()
    expect(yes).to_have_attribute("aria-disabled", "true")
    standing(page, 1)
    page.clock.run_for(200)
    yes.click(force=True)
    page.clock.resume()
    shown(page, shop.camera.name)
    assert Answer.objects.count() == 1


def test_the_next_alert_comes_by_itself_and_undo_brings_back_the_last(shop, alert, phone):
    first, second = alert(), alert()
    page = phone()
    shown(page, shop.camera.name)
    page.get_by_role("button", name="Can’t tell").tap()
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("button", name="Keep it")).to_be_visible()
    page.get_by_role("button", name="Yes").tap()
    expect(page.get_by_text("You said: Out of stock")).to_be_visible()
    unsure, sure = standing(page, 2)
    assert (unsure.verdict, sure.verdict, sure.supersedes, sure.task) == (
        "cant_tell",
        "accept",
        unsure,
        first,
    )
    page.get_by_role("button", name="Yes").tap()
    assert standing(page, 3)[-1].task == second


def test_an_undone_answer_can_be_kept_after_all(shop, alert, phone):
    alert()
    page = phone()
    shown(page, shop.camera.name)
    page.get_by_role("button", name="Yes").tap()
    undo = page.get_by_role("button", name="Undo")
    offered = undo.bounding_box()
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    assert undo.bounding_box() == offered
    undo.tap()
    page.get_by_role("button", name="Keep it").tap()
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    assert len(standing(page, 1)) == 1


def test_only_alerts_of_ones_own_site(shop, alert, phone):
    alert(camera=shop.other_camera)
    page = phone()
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    page = phone(shop.other_associate)
    shown(page, shop.other_camera.name)


def test_two_in_one_store_never_have_the_same_alert(shop, alert, phone):
    alert()
    first = phone()
    shown(first, shop.camera.name)
    second = phone(member(shop.project, "associate", shop.north))
    expect(second.get_by_role("heading", name="All quiet")).to_be_visible()
    expect(second.get_by_text("Your colleagues are looking at what waits.")).to_be_visible()


def test_an_alert_somebody_else_has_taken_leaves(shop, alert, phone):
    queue = shop.queue("alerts")
    queue.lease_seconds = 3
    queue.save()
    task = alert()
    page = phone()
    shown(page, shop.camera.name)
    colleague = member(shop.project, "associate", shop.north)
    theirs = timezone.now() + timedelta(minutes=5)
    Slot.objects.filter(task=task).update(user=colleague, secret="theirs", expires_at=theirs)
    expect(page.get_by_text("Somebody else has taken that alert.")).to_be_visible()
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()


def test_a_settled_alert_leaves(shop, alert, phone):
    task = alert()
    page = phone()
    shown(page, shop.camera.name)
    page.evaluate(
        "ids => document.dispatchEvent(new CustomEvent('vouch:tasks.closed', { detail: { topic: 't', ids } }))",
        [str(task.pk)],
    )
    expect(page.get_by_text("That alert has been settled.")).to_be_visible()


def test_without_a_proposal_it_asks_what_one_sees(shop, alert, phone):
    alert(proposal=None)
    page = phone()
    shown(page, shop.camera.name)
    expect(page.get_by_role("button", name="Yes")).to_be_hidden()
    page.get_by_role("button", name="Blocked").tap()
    assert standing(page, 1)[0].verdict == "label"


def test_a_guideline_is_acknowledged_in_one_tap(shop, alert, phone):
    GuidelineFactory(project=shop.project, number=1)
    alert()
    page = phone()
    page.get_by_role("button", name="I have read it").tap()
    shown(page, shop.camera.name)
    page.get_by_role("button", name="Yes").tap()
    assert standing(page, 1)[0].guideline.number == 1


def test_buttons_are_as_large_as_a_thumb_and_within_its_reach(shop, alert, phone):
    alert()
    page = phone()
    shown(page, shop.camera.name)
    for name in ("Yes", "No", "Can’t tell"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box["height"] >= 48
        assert box["width"] >= 48
        assert box["y"] > PHONE[1] / 2
        assert box["y"] + box["height"] <= PHONE[1]
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(shop, alert, phone, scheme):
    alert()
    page = phone(scheme=scheme)
    shown(page, shop.camera.name)
    check_accessible(page)
    page.get_by_role("button", name="No", exact=True).tap()
    check_accessible(page)
    page.get_by_role("button", name="Low stock").tap()
    expect(page.get_by_role("heading", name="All quiet")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    check_accessible(page)


def test_two_fingers_bring_the_photograph_closer_and_a_button_brings_all_of_it_back(shop, alert, phone):
    alert()
    page = phone()
    shown(page, shop.camera.name)
    photo = page.locator("[data-photo] img")
    before = photo.bounding_box()
    touch = page.context.new_cdp_session(page)
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2

    def fingers(kind, *places):
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", (x - 40, y), (x + 40, y))
    for far in (60, 90, 120):
        fingers("touchMove", (x - far, y), (x + far, y))
    fingers("touchEnd")
    three_times = pytest.approx(3 * before["width"], rel=0.1)
    eventually(page, lambda: photo.bounding_box()["width"] == three_times, "three times the size")
    page.get_by_role("button", name="Whole photograph").tap()
    eventually(page, lambda: photo.bounding_box() == before, "the whole photograph")
    page.get_by_role("button", name="Yes").tap()
    assert standing(page, 1)[0].verdict == "accept"


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_large_text_is_cut_off_nowhere(shop, alert, phone, direction):
    alert()
    page = phone()
    shown(page, shop.camera.name)
    page.evaluate(
        "(direction) => Object.assign(document.documentElement, { dir: direction }).style.fontSize = '200%'",
        direction,
    )
    for name in ("Yes", "No", "Can’t tell"):
        button = page.get_by_role("button", name=name, exact=True)
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= PHONE[0]
        assert button.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    assert page.locator(".alert-sentence").evaluate("(one) => one.scrollWidth <= one.clientWidth")
    check_accessible(page)


def test_it_speaks_the_readers_language(shop, alert, phone):
    alert()
    page = phone()
    shown(page, shop.camera.name)
    page.locator("[data-menu] summary").tap()
    page.get_by_role("button", name="Svenska").tap()
    shown(page, shop.camera.name)
    said = page.get_by_role("region", name="Larmet").inner_text().replace("\n", " ")
    assert f"{shop.camera.name}: ser ut som out of stock" in said
    assert "71 % säker · för 4 min sen" in said
    page.get_by_role("button", name="Ja").tap()
    expect(page.get_by_text("Du sa: Out of stock")).to_be_visible()
    expect(page.get_by_role("heading", name="Allt lugnt")).to_be_visible()
    check_accessible(page)
