"""When to retrain, set in a browser: the forecast read, a rule refused and then kept."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import check_accessible
from tests.feedback.test_when_to_retrain import answered, curve

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_engineer_reads_the_forecast_and_sets_a_rule(shop, new_page):
    curve(shop.project)
    answered(shop, 3, 24)
    page = new_page(shop.engineer)
    page.goto(f"/p/{shop.project.slug}/runs/")
    expect(page.get_by_text("300 more answers ≈")).to_be_visible()
    page.get_by_label("Retrain by these rules").check()
    page.get_by_label("People, an hour").fill("300")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    expect(page.get_by_text("must be said where there is a price")).to_be_visible()
    check_accessible(page)
    page.get_by_label("After so many new resolutions").fill("50")
    page.get_by_label("Currency").fill("SEK")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Waiting: 0 of 50 new resolutions.")).to_be_visible()
    check_accessible(page)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
