"""Boxes on the annotator's page: real keys, a real mouse, and the value that is stored, to the pixel."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def test_modules_are_found_by_name_on_every_page(shop, new_page):
    page = new_page(shop.annotator)
    page.goto("/")
    assert page.evaluate("import('idb').then((idb) => typeof idb.openDB)") == "function"
