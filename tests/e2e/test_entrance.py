"""The way in: by name and password, to one's own work, and out again."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import check_accessible
from tests.factories.people import PASSWORD, MembershipFactory, UserFactory


def log_in(page, name, password=PASSWORD):
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_log_in_leads_to_ones_work_and_log_out_back(shop, new_page):
    page = new_page()
    page.goto("/")
    log_in(page, shop.annotator.username)
    page.wait_for_url(f"**/p/{shop.project.slug}/work/review/")
    page.get_by_label(f"{shop.annotator}: menu").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_wrong_password_is_said_and_the_name_kept(shop, new_page):
    page = new_page()
    page.goto("/login/")
    log_in(page, shop.annotator.username, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Name")).to_have_value(shop.annotator.username)
    expect(page.get_by_label("Password")).to_be_focused()
    check_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(shop, new_page, scheme):
    page = new_page(scheme=scheme)
    page.goto("/login/")
    check_accessible(page)
    page.goto("/nowhere/")
    check_accessible(page)
    chooser = new_page(MembershipFactory(user=shop.annotator).user, scheme=scheme)
    chooser.goto("/")
    expect(chooser.get_by_role("heading", name="Where to?")).to_be_visible()
    check_accessible(chooser)
    nobody = new_page(UserFactory(), scheme=scheme)
    nobody.goto("/")
    check_accessible(nobody)
