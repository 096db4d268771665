"""Signing in at an identity provider, in a browser that holds pages to their policy."""

from playwright.sync_api import expect

from config import oidc
from tests.e2e.conftest import check_accessible
from tests.factories.oidc import CLIENT_ID, SECRET, OidcProvider


def test_a_press_leads_there_and_back_to_ones_work_or_to_a_page_that_says_why_not(shop, new_page, settings):
    provider = OidcProvider()
    settings.OIDC = oidc.Provider(issuer=provider.url, client_id=CLIENT_ID, secret=SECRET, name="Corner ID")
    try:
        page = new_page(size=(390, 844), scheme="dark")
        page.goto("/")
        check_accessible(page)
        page.get_by_role("link", name="Sign in with Corner ID").press("Enter")
        expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
        expect(page.get_by_text("Nobody here has the address ada@store.example")).to_be_visible()
        check_accessible(page)
        shop.annotator.email = "ada@store.example"
        shop.annotator.save()
        page.get_by_role("link", name="To the log-in page").click()
        page.get_by_role("link", name="Sign in with Corner ID").click()
        page.wait_for_url(f"**/p/{shop.project.slug}/work/review/")
    finally:
        provider.close()
