"""Taking answers back on the annotator's page: ten of them, also after a reload, each replaced and none overwritten."""

from playwright.sync_api import expect

from labeling.models import Answer
from tests.e2e.work_page import opened, press, standing

LABEL_KEYS = ("1", "2", "3", "4")
NAMES = ("In stock", "Low stock", "Out of stock", "Blocked")


def answer(page, count):
    """Answer that many photographs, going through the labels."""
    for number in range(count):
        press(page, LABEL_KEYS[number % 4])
        expect(page.locator("[data-answered]")).to_have_text(str(number + 1))


def back(page, number):
    """Press backspace; the answer of that number comes back, with what was said."""
    press(page, "Backspace")
    expect(page.get_by_text(f"You said: {NAMES[(number - 1) % 4]}.")).to_be_visible()
    expect(page.locator(".label-button.said")).to_contain_text(NAMES[(number - 1) % 4])


def test_undo_reaches_exactly_ten_back_and_says_why_no_further(shop, photographs, new_page):
    photographs(13)
    page = opened(new_page(shop.annotator), shop)
    answer(page, 12)
    standing(page, 12)
    for number in range(12, 2, -1):
        back(page, number)
    press(page, "Backspace")
    expect(page.get_by_text("Undo reaches ten answers back, and this is the tenth.")).to_be_visible()
    press(page, "1")
    answers = standing(page, 13)
    instead, third = answers[-1], answers[2]
    assert (instead.supersedes, instead.task, instead.value) == (third, third.task, {"label": "in_stock"})
    assert third.value == {"label": "out_of_stock"}
    assert Answer.objects.exclude(supersedes=None).count() == 1
    # What was passed by stands, and the photograph that was on the screen before is there again.
    expect(page.locator("[data-answered]")).to_have_text("12")
    back(page, 13)


def test_undo_reaches_back_before_a_reload_and_over_what_has_not_arrived(shop, photographs, new_page):
    photographs(5)
    page = opened(new_page(shop.annotator), shop)
    answer(page, 2)
    standing(page, 2)
    page.route("**/answers/", lambda route: route.abort())
    press(page, "3")
    expect(page.locator("[data-sending]")).to_contain_text("1 answer not sent yet")
    page.reload()
    expect(page.locator("[data-undo]")).to_be_enabled()
    back(page, 3)
    back(page, 2)
    press(page, "4")
    expect(page.locator("[data-sending]")).to_contain_text("2 answers not sent yet")
    back(page, 4)
    press(page, "Space")
    page.unroute("**/answers/")
    first, second, third, instead = standing(page, 4)
    assert (instead.supersedes, instead.value) == (second, {"label": "blocked"})
    assert (first.value, third.value) == ({"label": "in_stock"}, {"label": "out_of_stock"})


def test_undo_before_the_answer_has_arrived(shop, photographs, new_page):
    photographs(2)
    page = opened(new_page(shop.annotator), shop)
    expect(page.locator("[data-cant-tell]")).to_be_enabled()
    page.route("**/answers/", lambda route: route.abort())
    press(page, "1")
    back(page, 1)
    press(page, "2")
    expect(page.locator("[data-sending]")).to_contain_text("2 answers not sent yet")
    page.unroute("**/answers/")
    first, instead = standing(page, 2)
    assert (first.value, instead.value) == ({"label": "in_stock"}, {"label": "low_stock"})
    assert instead.supersedes == first


def test_nothing_to_take_back_is_said(shop, photographs, new_page):
    photographs(1)
    page = opened(new_page(shop.annotator), shop)
    press(page, "Backspace")
    expect(page.get_by_text("There is nothing to take back.")).to_be_visible()


def test_words_come_back_to_be_mended(shop, photographs, new_page):
    photographs(2)
    page = opened(new_page(shop.annotator), shop)
    press(page, "n")
    page.keyboard.type("A dog slpeeps")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    press(page, "n")
    expect(page.get_by_label("What is it instead?")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    press(page, "Backspace")
    expect(page.locator("[data-banner]")).to_contain_text("You said")
    press(page, "n")
    expect(page.get_by_label("What is it instead?")).to_have_value("A dog slpeeps")
    page.get_by_label("What is it instead?").fill("A dog sleeps")
    page.keyboard.press("Control+Enter")
    said, mended = standing(page, 2)
    assert (mended.words, mended.supersedes) == ("A dog sleeps", said)
