"""The page of alarms in a browser: alive, worked by keyboard, and readable by all on a desk and on a phone."""

from django.urls import reverse
from playwright.sync_api import expect

from people.enums import AlarmKind
from people.services.alarms import raise_alarm, settle
from tests.e2e.conftest import check_accessible, check_contrast

LONG = "Pictures of Till 1 look different: darker, " + "a-word-without-an-end" * 9


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_alarm_appears_is_acknowledged_by_key_and_fits_a_phone(shop, new_page):
    past, _ = raise_alarm(project=shop.project, kind=AlarmKind.ERROR_BUDGET, words="People decide again.")
    settle(user=None, alarm=past)
    page = new_page(shop.qa_lead, size=(390, 844), scheme="dark")
    page.goto(reverse("alarms", args=[shop.project.slug]))
    expect(page.get_by_text("Nothing stands.")).to_be_visible()
    raise_alarm(
        project=shop.project, kind=AlarmKind.DRIFT, words=LONG, site=shop.north, detail={"since": LONG}
    )
    # As the websocket has it, which this server does not speak.
    page.evaluate("document.dispatchEvent(new CustomEvent('vouch:alarms.changed'))")
    expect(page.get_by_role("heading", name="Drift")).to_be_visible()
    for figures in page.locator("details:not(.menu)").all():
        figures.evaluate("one => one.open = true")
    check_accessible(page)
    assert fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    check_contrast(page)
    assert fits(page)
    page.get_by_role("button", name="Acknowledge").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("looks at it")).to_be_visible()
    page.get_by_role("link", name="What to do about Drift").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Drift")
    check_accessible(page)
    assert fits(page)
