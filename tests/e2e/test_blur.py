"""A QA lead draws over a part of an image in a browser, and types another: the picture shows grey there."""

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from labeling.services import images
from tests.e2e.conftest import check_accessible
from tests.factories.labeling import picture

pytestmark = pytest.mark.django_db(transaction=True)

GREY = """(img) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
  const pen = canvas.getContext("2d");
  pen.drawImage(img, 0, 0);
  return [0.3, 0.9].map((at) => pen.getImageData(canvas.width * at, canvas.height * at, 1, 1).data[0]);
}"""


def shoot(page, name):
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder, name), full_page=True)


def test_lead_draws_over_a_part_and_types_another(shop, new_page):
    image, _ = images.store(project=shop.project, data=picture(1, size=(640, 480), kind="PNG"))
    page = new_page(shop.qa_lead)
    page.goto(reverse("image", args=[shop.project.slug, image.pk]))
    page.get_by_role("link", name="Blur a part…").click()
    box = page.locator("[data-picture] img").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.up()
    shoot(page, "blur-drawn.png")
    check_accessible(page)
    page.get_by_role("button", name="Fill it for good").click()
    expect(page.get_by_text("1 part was filled by")).to_be_visible()
    # The other by the keyboard alone.
    page.get_by_label("Left, %").focus()
    for typed in ("80", "80", "100", "100"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 part was filled by")).to_have_count(2)
    picture_shown = page.locator("[data-picture] img")
    expect(picture_shown).to_have_js_property("complete", True)
    assert picture_shown.evaluate(GREY) == [114, 114]
    check_accessible(page)
    shoot(page, "blur-after.png")
    if os.environ.get("SHOTS"):
        page.set_viewport_size({"width": 390, "height": 844})
        shoot(page, "blur-390.png")
        page.emulate_media(color_scheme="dark")
        shoot(page, "blur-390-dark.png")
        page.goto(reverse("image", args=[shop.project.slug, image.pk]))
        shoot(page, "blur-image-390.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
