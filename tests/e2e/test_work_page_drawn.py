"""What somebody drew and has not sent: kept through undo and a lost lease, and never thrown away without a word."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from labeling.models import Slot
from tests.e2e.conftest import eventually
from tests.e2e.test_boxes import asked, drag, opened, rows
from tests.e2e.work_page import press, standing
from tests.factories.labeling import project_with
from tests.factories.people import member

FIRST, SECOND = ((40, 60), (160, 200)), ((200, 60), (300, 200))


@pytest.fixture
def at_work(db, new_page):
    """`(project, tasks)`: an annotator's page of a detection project with three photographs; `.work_page`."""
    project = project_with(("bottle", "can", "gap"), task_type="detection")
    project.asked = [asked(project, seed=seed) for seed in (1, 2, 3)]
    project.work_page = new_page(member(project, "annotator"))
    return project


def test_a_skip_an_undo_and_leaving_lose_nothing_drawn_unasked(at_work):
    page = opened(at_work.work_page, at_work)
    press(page, "0")
    expect(page.locator("[data-answered]")).to_have_text("1")
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    drag(page, *FIRST)
    page.keyboard.press("Space")
    expect(page.get_by_text("press space once more to skip")).to_be_visible()
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Backspace")
    expect(page.get_by_text("You said: Nothing there")).to_be_visible()
    expect(rows(page)).to_have_count(0)
    press(page, "Space")
    expect(rows(page)).to_have_count(1)
    asked_whether = []

    def stay(dialog):
        asked_whether.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("history.back()")
    eventually(page, lambda: asked_whether == ["beforeunload"], "the question whether to leave")
    press(page, "Control+Enter")
    assert len(standing(page, 2)[-1].value["regions"]) == 1
    drag(page, *FIRST)
    for _ in range(2):
        press(page, "Space")
    eventually(page, lambda: not Slot.objects.get(task=at_work.asked[2]).user_id, "the photograph given back")


def test_a_lease_lost_while_boxes_are_drawn_is_said_and_the_boxes_are_kept(at_work):
    at_work.queues.filter(name="review").update(lease_seconds=6)
    page = opened(at_work.work_page, at_work)
    drag(page, *FIRST)
    colleague = {"user": member(at_work, "annotator"), "secret": "theirs"}
    Slot.objects.filter(task=at_work.asked[0]).update(
        **colleague, expires_at=timezone.now() + timedelta(minutes=5)
    )
    expect(page.get_by_text("somebody else has it now")).to_be_visible()
    drag(page, *SECOND)
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_text("somebody else has it now")).to_be_visible()
    press(page, "Control+Enter")
    expect(page.get_by_text("Your answer is kept, and counts in nothing")).to_be_visible()
    (late,) = standing(page, 1)
    assert (late.state, len(late.value["regions"])) == ("late", 2)
