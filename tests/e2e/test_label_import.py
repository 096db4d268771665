"""A lead brings labels in with a browser, and saves what was refused."""

from pathlib import Path

from playwright.sync_api import expect

from labeling.models import Resolution
from tests.e2e.conftest import check_accessible
from tests.factories import label_files as made
from tests.factories.labeling import ImageFactory


def test_a_file_is_chosen_and_what_was_refused_is_saved(shop, new_page, tmp_path):
    ImageFactory(project=shop.project, filename="a.jpg")
    marks = {"a.jpg": [("blocked", None)], "b.jpg": [("sold", None)], 'c "x", y.jpg': [("blocked", None)]}
    file = tmp_path / "labels.csv"
    file.write_bytes(made.table(marks))
    page = new_page(shop.qa_lead)
    page.goto(f"/p/{shop.project.slug}/import/")
    expect(page.get_by_label("Predictions wait in")).to_be_hidden()
    page.get_by_label("Predictions what a model thinks").check()
    expect(page.get_by_label("Predictions wait in")).to_have_value("review")
    check_accessible(page)
    page.get_by_label("Labels what is true").check()
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Import").press("Enter")
    expect(page.get_by_role("heading", name="What became of labels.csv")).to_be_visible()
    expect(page.get_by_role("row", name="b.jpg")).to_contain_text("no image of this project has this name.")
    check_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert Path(download.value.path()).read_bytes().decode().split("\r\n")[:2] == [
        "row,file,reason",
        "3,b.jpg,no image of this project has this name.",
    ]
    assert Resolution.objects.get().value == {"label": "blocked"}
    page.get_by_label("File", exact=True).set_input_files({"name": "x.json", "mimeType": "", "buffer": b"{"})
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("x.json is not whole JSON")).to_be_visible()
    check_accessible(page)
