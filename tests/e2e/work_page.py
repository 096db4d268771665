"""What the tests of the annotator's page press and wait for."""

from playwright.sync_api import expect

from labeling.models import Answer
from tests.e2e.conftest import check_accessible, check_contrast, eventually

PROPOSED = {"label": "out_of_stock", "confidence": 0.71, "scores": {"out_of_stock": 0.71}, "model": "net 3"}

SIZES = [(1280, 800), (1920, 1080)]


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


def seen(page):
    """Pass the page as it is now by axe at every size, light and dark: what is no matter of colour, once a size."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light")
        check_accessible(page)
        page.emulate_media(color_scheme="dark")
        check_contrast(page)
