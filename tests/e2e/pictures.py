"""The pictures that the documentation shows, kept by the tests that make them where a folder for that is named."""

import os
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.e2e.conftest import eventually

FOLDER = os.environ.get("VOUCH_PICTURES")
"""`make pictures` sets it."""

MOST_BYTES = 200_000
WIDEST = 1280

# Of the images in sight: the lazy ones below are not fetched.
ALL_LOADED = """
[...document.images].every((image) => {
  const { top, bottom } = image.getBoundingClientRect();
  const isSeen = bottom > 0 && top < innerHeight && image.checkVisibility({ visibilityProperty: true });
  return !isSeen || (image.complete && image.naturalWidth > 0);
})
"""


def keep(page: Page, name: str) -> None:
    """Keep what the page shows as NAME.png, with as many colours as fit into 200 kB."""
    if not FOLDER:
        return
    eventually(page, lambda: page.evaluate(ALL_LOADED), "every image in sight")
    shown = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    shown.thumbnail((WIDEST, WIDEST))
    for colours, width in ((256, WIDEST), (128, 1120), (96, 1000), (64, 900), (48, 800)):
        shown.thumbnail((width, width))
        out = BytesIO()
        shown.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    (Path(FOLDER) / f"{name}.png").write_bytes(out.getvalue())
