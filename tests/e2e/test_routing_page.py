"""The routing page in a browser: a wrong term, a trial on the past, in force, and why an image was routed so."""

import pytest
from playwright.sync_api import expect

from feedback.services import certifying
from tests.e2e import pictures
from tests.e2e.conftest import check_accessible
from tests.factories.labeling import project_with
from tests.factories.people import member
from tests.feedback.test_routing_page import a_past

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_policy_is_tried_set_and_explained(new_page):
    project = project_with()
    engineer = member(project, "engineer")
    a_past(project, engineer, 120, error_every=30)
    page = new_page(engineer)
    page.goto(f"/p/{project.slug}/routing/")
    expect(page.get_by_role("heading", name="How good it is in production")).to_be_visible()
    expect(page.get_by_text("is right in")).to_be_visible()

    page.get_by_label("so much may be wrong (%)").first.fill("500")
    page.get_by_role("button", name="Try it on the past").click()
    budget = page.get_by_label("so much may be wrong (%)").first
    expect(budget).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Must be a percentage from 0 to 100.")).to_be_visible()

    budget.fill("10")
    page.get_by_label("How sure to be of it (%)").fill("90")
    page.get_by_label("Ask a person below this confidence (%)").fill("0")
    page.get_by_role("button", name="Try it on the past").click()
    expect(page.get_by_text("With this policy:")).to_be_visible()
    expect(page.get_by_role("table", name="What would change")).to_contain_text("10%")
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        check_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 1000})
    pictures.keep(page, "routing-tried")

    page.get_by_role("button", name="Put in force").click()
    expect(page.get_by_text("The new rule is in force")).to_be_visible()
    certifying.recertify(project=project)
    page.reload()
    expect(page.get_by_role("heading", name="Trust")).to_be_visible()
    expect(page.get_by_text("The model", exact=False).first).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    pictures.keep(page, "routing")

    image = project.captures.order_by("id").first().image
    page.goto(f"/p/{project.slug}/images/{image.pk}/")
    expect(page.get_by_text("Its confidence of 40% is below 50%, the level set.")).to_be_visible()
    check_accessible(page)
