"""The annotator's page, by the keys an annotator presses."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from labeling.models import Slot
from labeling.services import guidelines, leases
from tests.e2e.conftest import check_accessible, eventually
from tests.e2e.work_page import PROPOSED, opened, press, standing
from tests.factories.labeling import GuidelineFactory
from tests.factories.people import member


def test_keys_answer_and_the_next_photograph_comes(shop, photographs, new_page):
    tasks = photographs(4, proposal=PROPOSED)
    page = opened(new_page(shop.annotator), shop)
    expect(page.get_by_text("71% sure")).to_be_visible()
    for number, key in enumerate(("2", "a", "c"), start=1):
        press(page, key)
        expect(page.locator("[data-answered]")).to_have_text(str(number))
    press(page, "n")
    page.keyboard.type("A cat sleeps on it")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Nothing waits in review")).to_be_visible()
    answers = standing(page, 4)
    assert [answer.task for answer in answers] == tasks
    assert [(answer.verdict, answer.value, answer.words) for answer in answers] == [
        ("correct", {"label": "low_stock"}, ""),
        ("accept", {"label": "out_of_stock"}, ""),
        ("cant_tell", None, ""),
        ("none_of_these", None, "A cat sleeps on it"),
    ]
    assert all(answer.seconds > 0 and answer.shown["screen"] == [1280, 800] for answer in answers)


def test_neither_a_key_struck_twice_nor_a_double_click_answers_the_next_photograph_unseen(
    shop, photographs, new_page
):
    tasks = photographs(5)
    page = opened(new_page(shop.annotator), shop)
    press(page, "1")
    page.keyboard.press("1")
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    page.locator("[data-label]").nth(1).dblclick()
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    page.keyboard.down("3")
    page.keyboard.down("3")
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    page.keyboard.down("3")
    page.keyboard.up("3")
    press(page, "c")
    assert [answer.task for answer in standing(page, 4)] == tasks[:4]
    expect(page.locator("[data-photo] img")).to_be_visible()


def test_the_key_of_the_proposed_label_accepts(shop, photographs, new_page):
    photographs(proposal=PROPOSED)
    page = opened(new_page(shop.annotator), shop)
    press(page, "3")
    assert standing(page, 1)[0].verdict == "accept"


def test_a_blind_queue_shows_no_proposal(shop, photographs, new_page):
    photographs(queue="audit", proposal=PROPOSED)
    page = opened(new_page(shop.annotator), shop, "audit")
    expect(page.locator("[data-accept]")).to_have_count(0)
    press(page, "1")
    assert standing(page, 1)[0].verdict == "label"


def test_an_empty_queue_fills_by_itself(shop, photographs, new_page):
    page = opened(new_page(shop.annotator), shop)
    expect(page.get_by_role("heading", name="Nothing waits in review")).to_be_visible()
    photographs(1)
    expect(page.locator("[data-photo] img")).to_be_visible()
    press(page, "1")
    standing(page, 1)


def test_an_empty_queue_points_to_one_where_something_waits(shop, photographs, new_page):
    photographs(2, queue="audit")
    page = opened(new_page(shop.annotator), shop)
    page.get_by_role("link", name="2 in audit").click()
    expect(page.locator("[data-photo] img")).to_be_visible()


def test_a_new_guideline_is_read_first_and_pinned(shop, photographs, new_page):
    GuidelineFactory(project=shop.project, number=1)
    photographs(1)
    page = opened(new_page(shop.annotator), shop)
    dialog = page.get_by_role("dialog", name="A new guideline is in force")
    expect(dialog).to_contain_text("under a third of it is filled")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="I have read it").click()
    press(page, "1")
    assert standing(page, 1)[0].guideline.number == 1


def test_a_guideline_published_meanwhile_stands_beside_the_next(shop, photographs, new_page):
    photographs(8)
    page = opened(new_page(shop.annotator), shop)
    press(page, "1")
    draft = guidelines.write_draft(user=shop.qa_lead, project=shop.project, body="Look **twice**.")
    guidelines.publish(user=shop.qa_lead, guideline=draft)
    # Without the websocket the page hears of it when it claims again.
    press(page, "1")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-guideline]")).to_contain_text("Look twice.")
    for answered in range(2, 8):
        press(page, "1")
        expect(page.locator("[data-answered]")).to_have_text(str(answered + 1))
    pinned = [answer.guideline and answer.guideline.number for answer in standing(page, 8)]
    assert pinned[0] is None
    assert pinned[-1] == 1


def test_a_skipped_photograph_is_free_for_others_and_not_shown_again_at_once(shop, photographs, new_page):
    first, *others = photographs(3)
    page = opened(new_page(shop.annotator), shop)
    press(page, "Space")
    press(page, "1")
    press(page, "1")
    answers = standing(page, 2)
    assert {answer.task for answer in answers} == set(others)
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    page.goto("/p/" + shop.project.slug + "/work/audit/")
    colleague = member(shop.project, "annotator")
    eventually(page, lambda: Slot.objects.get(task=first).user is None, "the skipped one free")
    assert [task for task, _ in leases.claim(user=colleague, queue=shop.queue("review"))] == [first]


def test_leaving_gives_everything_back(shop, photographs, new_page):
    photographs(5)
    page = opened(new_page(shop.annotator), shop)
    press(page, "1")
    standing(page, 1)
    page.goto("/nowhere/")
    held = Slot.objects.filter(answered_at=None, user__isnull=False)
    eventually(page, lambda: not held.exists(), "every lease given back")


def test_a_lost_lease_is_said_and_the_next_is_one_key_away(shop, photographs, new_page):
    queue = shop.queue("review")
    queue.lease_seconds = 3
    queue.save()
    first, second = photographs(2)
    page = opened(new_page(shop.annotator), shop)
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    colleague = member(shop.project, "annotator")
    slot = Slot.objects.filter(task=first)
    slot.update(user=colleague, secret="theirs", expires_at=timezone.now() + timedelta(minutes=5))
    expect(page.get_by_text("somebody else has it now")).to_be_visible()
    page.keyboard.press("Space")
    press(page, "1")
    assert standing(page, 1)[0].task == second


def test_leases_are_renewed_while_the_page_is_open(shop, photographs, new_page):
    queue = shop.queue("review")
    queue.lease_seconds = 3
    queue.save()
    (task,) = photographs(1)
    page = opened(new_page(shop.annotator), shop)
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    taken = Slot.objects.get(task=task).expires_at
    eventually(
        page, lambda: Slot.objects.get(task=task).expires_at > taken + timedelta(seconds=2), "a renewal"
    )


def test_a_photograph_that_does_not_load_can_be_tried_again(shop, photographs, new_page):
    photographs(1)
    page = new_page(shop.annotator)
    page.route("**/images/**", lambda route: route.abort())
    opened(page, shop)
    expect(page.get_by_role("heading", name="This photograph did not load")).to_be_visible()
    expect(page.locator("[data-label]").first).to_be_disabled()
    page.unroute("**/images/**")
    page.keyboard.press("r")
    press(page, "1")
    standing(page, 1)


def test_single_keys_can_be_switched_off(shop, photographs, new_page):
    photographs(1)
    page = opened(new_page(shop.annotator), shop)
    press(page, "?")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("1")
    page.reload()
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    page.keyboard.press("1")
    expect(page.locator("[data-answered]")).to_have_text("0")
    page.get_by_role("button", name="In stock").click()
    standing(page, 1)


def test_the_photograph_has_four_fifths_of_the_screen(shop, photographs, new_page):
    photographs(1, proposal=PROPOSED)
    page = opened(new_page(shop.annotator), shop)
    expect(page.locator("[data-photo] img")).to_be_visible()
    box = page.locator("[data-stage]").bounding_box()
    assert box["width"] * box["height"] >= 0.8 * 1280 * 800
    column = page.locator(".desk").bounding_box()
    assert column["x"] + column["width"] <= 1280
    assert column["y"] + column["height"] <= 800


def test_nothing_moves_between_a_task_with_and_one_without_a_proposal(shop, photographs, new_page):
    photographs(1, proposal=PROPOSED)
    photographs(1)
    page = opened(new_page(shop.annotator), shop)
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    before = page.locator("[data-label=blocked]").bounding_box()
    press(page, "1")
    expect(page.locator("[data-answered]")).to_have_text("1")
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    assert page.locator("[data-label=blocked]").bounding_box() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_axe_finds_nothing(shop, photographs, new_page, scheme, size):
    GuidelineFactory(project=shop.project, number=1)
    photographs(2, proposal=PROPOSED)
    page = opened(new_page(shop.annotator, scheme=scheme, size=size), shop)
    expect(page.get_by_role("dialog")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="I have read it").click()
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    check_accessible(page)
    press(page, "1")
    press(page, "1")
    expect(page.get_by_role("heading", name="Nothing waits in review")).to_be_visible()
    check_accessible(page)
