"""What the tests of the annotator's page press and wait for."""

from playwright.sync_api import expect

from labeling.models import Answer
from tests.e2e.conftest import eventually

PROPOSED = {"label": "out_of_stock", "confidence": 0.71, "scores": {"out_of_stock": 0.71}, "model": "net 3"}


def opened(page, shop, queue="review"):
    page.goto(f"/p/{shop.project.slug}/work/{queue}/")
    return page


def standing(page, count):
    """Wait for that many answers; they, oldest first."""
    eventually(page, lambda: Answer.objects.count() == count, f"{count} answers")
    return list(Answer.objects.order_by("id"))


def press(page, key):
    """Press a key once the photograph is there to judge."""
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    page.keyboard.press(key)
