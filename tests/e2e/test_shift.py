"""A shift without typing: signed in by a code, led to an alert by a notification, the phone handed over."""

import pytest
from playwright.sync_api import expect

from feedback.services.alert_rules import set_rules
from labeling.models import Answer
from people.services import push_keys, sign_in_codes
from tests.e2e.alerts_page import PHONE, raise_alert, shown
from tests.e2e.conftest import check_accessible, eventually

DESK = (1280, 800)


def test_a_phone_is_signed_in_by_a_code_answers_what_it_was_told_of_and_is_handed_over(shop, new_page):
    raise_alert(shop, 1)
    second = raise_alert(shop, 2)
    _, secret = sign_in_codes.make_code(
        user=shop.qa_lead, project=shop.project, site=shop.north, person=shop.associate
    )
    page = new_page(size=PHONE, touch=True)
    page.goto(f"/shift/{secret}/")
    check_accessible(page)
    page.get_by_role("button", name="Start the shift").tap()
    shown(page, shop.camera.name)
    page.goto(f"/p/{shop.project.slug}/alerts/?task={second.pk}")
    shown(page, shop.camera.name)
    page.get_by_role("button", name="Yes").tap()
    eventually(page, lambda: Answer.objects.filter(task=second, user=shop.associate).exists(), "the answer")
    page.locator("[data-menu] summary").tap()
    page.get_by_role("button", name="Hand over this phone").tap()
    expect(page.get_by_role("heading", name="Who is next?")).to_be_visible()
    check_accessible(page)
    page.goto(f"/p/{shop.project.slug}/alerts/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


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
