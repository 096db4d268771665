"""One person in two tabs, in two projects, and going back and forth between pages by the browser's own buttons."""

from playwright.sync_api import expect

from labeling.models import Slot
from labeling.services import images
from tests.e2e.conftest import eventually
from tests.e2e.work_page import opened, press, standing
from tests.factories.labeling import open_task, picture, project_with


def test_two_tabs_share_the_queue_and_the_one_without_says_where_the_rest_is(shop, photographs, new_page):
    photographs(2)
    first = opened(new_page(shop.annotator), shop)
    expect(first.locator("[data-cant-tell]")).to_be_enabled()
    eventually(first, lambda: Slot.objects.exclude(user=None).count() == 2, "both photographs taken")
    second = opened(first.context.new_page(), shop)
    expect(second.get_by_text("You have this queue open in another tab too")).to_be_visible()
    photographs(1)
    press(second, "1")
    for number in (1, 2):
        press(first, "2")
        expect(first.locator("[data-answered]")).to_have_text(str(number))
    assert sorted(answer.value["label"] for answer in standing(first, 3)) == ["in_stock"] + ["low_stock"] * 2
    assert {answer.task_id for answer in standing(first, 3)} == set(
        Slot.objects.values_list("task", flat=True)
    )


def test_going_back_to_another_project_gives_its_photographs_back_and_undo_reaches_its_own_answers(
    shop, photographs, new_page
):
    photographs(2)
    other = project_with(("ripe", "rotten"))
    other.memberships.create(user=shop.annotator, role="annotator")
    for seed in (71, 72):
        image, _ = images.store(project=other, data=picture(seed, size=(480, 360)), filename=f"{seed}.jpg")
        open_task(other.queues.get(name="review"), image)
    page = opened(new_page(shop.annotator), shop)
    press(page, "2")
    standing(page, 1)
    page.goto(f"/p/{other.slug}/work/review/")
    press(page, "1")
    standing(page, 2)
    press(page, "Backspace")
    expect(page.get_by_text("You said: Ripe.")).to_be_visible()
    press(page, "Backspace")
    # What was said in the other project is not of this page.
    expect(page.get_by_text("Undo reaches your last ten answers of the day in this queue")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-undo]")).to_have_attribute("aria-disabled", "false")
    press(page, "Backspace")
    expect(page.get_by_text("You said: Low stock.")).to_be_visible()
    press(page, "3")
    *_, instead = standing(page, 3)
    assert (instead.project, instead.supersedes.value) == (shop.project, {"label": "low_stock"})
    held = Slot.objects.filter(answered_at=None).exclude(user=None)
    eventually(
        page, lambda: set(held.values_list("task__project", flat=True)) == {shop.project.pk}, "given back"
    )
