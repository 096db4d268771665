"""An annotator's day as the how-to tells and shows it: boxes judged and mended, an answer undone, a line cut."""

import numpy as np
import pytest
from playwright.sync_api import expect

from demo.photographs.photograph import photograph
from labeling.domain.colours import colour
from labeling.services import images
from tests.e2e import pictures
from tests.e2e.work_page import press, standing
from tests.factories.labeling import GuidelineFactory, open_task, project_with
from tests.factories.people import member

PRODUCTS = ("carton", "bottle", "can", "pack", "gap", "price_tag", "promotion", "misplaced")
GUIDELINE = """# What to box

One box around **each facing**: the front row alone, not what stands behind it.

## Gaps

A *gap* is as wide as one facing and shows the back of the shelf.
"""
PROPOSED = [
    {"id": "p1", "label": "carton", "box": [44, 90, 128, 232], "confidence": 0.94},
    {"id": "p2", "label": "bottle", "box": [212, 96, 268, 236], "confidence": 0.71},
    {"id": "p3", "label": "gap", "box": [356, 232, 470, 352], "confidence": 0.38},
]


@pytest.fixture
def shelf(db):
    """A detection project with photographs of the synthetic shop and proposed boxes; `.annotator` works in it."""
    project = project_with(PRODUCTS, task_type="detection", name="Shelves", slug="shelves")
    for label in project.labels.all():
        label.colour = colour(label.position)
        label.save(update_fields=["colour"])
    GuidelineFactory(project=project, number=3, body=GUIDELINE)
    rng = np.random.default_rng(5)
    for number in range(6):
        taken = photograph(camera="dairy", label="low_stock", condition="morning", rng=rng)
        image, _ = images.store(
            project=project, data=taken.jpeg, filename=f"{number}.jpg", context=taken.context
        )
        open_task(
            project.queues.get(name="review"), image, proposal={"regions": PROPOSED, "model": "model 4"}
        )
    return project


def test_boxes_are_judged_sent_undone_and_kept_without_a_network(shelf, new_page):
    page = new_page(member(shelf, "annotator"))
    page.goto("/p/shelves/work/review/")
    page.get_by_role("button", name="I have read it").click()
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    for key in ("Tab", "Enter", "Tab", "Shift+ArrowRight"):
        page.keyboard.press(key)
    pictures.keep(page, "boxes")
    press(page, "a")
    press(page, "0")
    press(page, "Backspace")
    expect(page.get_by_text("You said:")).to_be_visible()
    pictures.keep(page, "undo")
    press(page, "Space")
    page.wait_for_load_state("networkidle")
    standing(page, 2)
    page.context.set_offline(True)
    press(page, "c")
    press(page, "c")
    expect(page.locator("[data-sending]")).to_contain_text("2 answers not sent yet")
    pictures.keep(page, "offline")
    page.context.set_offline(False)
    verdicts = [answer.verdict for answer in standing(page, 4)]
    assert verdicts == ["correct", "correct", "cant_tell", "cant_tell"]
