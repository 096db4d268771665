"""Boxes on the annotator's page: real keys, a real mouse, and the value that is stored, to the pixel."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from labeling.domain.colours import colour
from labeling.models import Answer
from labeling.services import images
from tests.e2e.conftest import check_accessible, eventually
from tests.factories.labeling import open_task, picture, project_with
from tests.factories.people import member

LABELS = ("bottle", "can", "gap")
SIZE = (480, 360)
SHOTS = os.environ.get("VOUCH_SHOTS")


@pytest.fixture
def shelves(db):
    """A detection project."""
    project = project_with(LABELS, task_type="detection")
    for label in project.labels.all():
        label.colour = colour(label.position)
        label.save(update_fields=["colour"])
    return project


@pytest.fixture
def annotator(shelves):
    return member(shelves, "annotator")


def shot(page, name):
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png")


def asked(project, *, size=SIZE, queue="review", seed=1, regions=None):
    image, _ = images.store(project=project, data=picture(seed, size=size), filename=f"{seed}.jpg")
    proposal = None if regions is None else {"regions": regions, "model": "boxes 3"}
    return open_task(project.queues.get(name=queue), image, proposal=proposal)


def region(name, label, box, confidence):
    return {"id": name, "label": label, "box": box, "confidence": confidence}


PROPOSED = [
    region("p1", "bottle", [40, 50, 140, 200], 0.93),
    region("p2", "can", [200, 60, 280, 180], 0.61),
    region("p3", "gap", [330, 220.5, 440, 330], 0.34),
]


def opened(page, project, queue="review"):
    page.goto(f"/p/{project.slug}/work/{queue}/")
    expect(page.locator(".box-pane > img")).to_be_visible()
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    return page


def at(page, x, y):
    """Where a pixel of the image is on the screen."""
    left, top, scale = page.evaluate(
        "() => { const pane = document.querySelector('.box-pane'); const at = pane.getBoundingClientRect();"
        " return [at.left, at.top, at.width / pane.querySelector('.box-layer').viewBox.baseVal.width]; }"
    )
    return left + x * scale, top + y * scale


def drag(page, start, end):
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=4)
    page.mouse.up()


def click(page, x, y):
    page.mouse.click(*at(page, x, y))


def rows(page):
    return page.locator("[data-box-rows] li")


def sent(page, count=1):
    """The value of the latest answer, once there are so many."""
    eventually(page, lambda: Answer.objects.count() == count, f"{count} answers")
    return Answer.objects.order_by("id").last()


def test_boxes_are_drawn_moved_and_resized_and_stored_to_the_pixel(shelves, annotator, new_page):
    asked(shelves)
    page = opened(new_page(annotator), shelves)
    # By drag, and by four clicks at the extremes; the digit names the next.
    drag(page, (40, 50), (140, 200))
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("e")
    expect(page.locator("[data-box-hint]")).to_have_text("Can: click its topmost point (1 of 4)")
    for point in ((240, 60), (200, 100), (235, 180), (280, 110)):
        click(page, *point)
    expect(rows(page)).to_have_count(2)
    shot(page, "extremes")
    page.keyboard.press("e")
    # By keys alone: a box in the middle, moved and resized.
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.keyboard.press("b")
    expect(rows(page).nth(2)).to_contain_text("120 × 90 at 180, 135")
    for key, times in (("Shift+ArrowRight", 2), ("ArrowUp", 3), ("Alt+Shift+ArrowLeft", 3), ("Alt+ArrowDown", 5)):
        for _ in range(times):
            page.keyboard.press(key)
    expect(rows(page).nth(2)).to_contain_text("90 × 95 at 200, 132")
    # The first, taken by a corner and then by its middle.
    page.keyboard.press("Escape")
    click(page, 60, 180)
    drag(page, (140, 200), (160, 230))
    drag(page, (100, 100), (90, 110))
    shot(page, "three")
    check_accessible(page)
    page.keyboard.press("Control+Enter")
    answer = sent(page)
    assert (answer.verdict, answer.shown["proposal"]) == ("label", None)
    first, second, third = answer.value["regions"]
    assert (first["label"], second["label"], third["label"]) == LABELS
    assert first["box"] == pytest.approx([30, 60, 150, 240], abs=1)
    assert second["box"] == pytest.approx([200, 60, 280, 180], abs=0.5)
    assert third["box"] == [200, 132, 290, 227]


def test_proposed_boxes_are_accepted_fixed_and_rejected(shelves, annotator, new_page):
    asked(shelves, regions=PROPOSED)
    page = opened(new_page(annotator), shelves)
    shot(page, "proposed")
    expect(page.locator("[data-box-count]")).to_have_text("3 proposed")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-banner]")).to_contain_text("3 proposed boxes are not judged yet")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(rows(page).nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Delete")
    expect(page.locator("[data-box-count]")).to_have_text("1 accepted · 1 fixed · 1 rejected")
    shot(page, "judged")
    check_accessible(page)
    page.keyboard.press("Control+Enter")
    answer = sent(page)
    assert answer.verdict == "correct"
    assert answer.value == {
        "regions": [
            {"id": "p1", "label": "bottle", "box": [40, 50, 140, 200], "of": "p1"},
            {"id": "p2", "label": "can", "box": [201, 60, 281, 180], "of": "p2"},
        ]
    }
