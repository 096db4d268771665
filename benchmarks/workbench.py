"""How long does an annotator wait for the next photograph? From a key's press until it is painted.

usage: workbench.py [--images 240] [--pace 0.4] [--twelve 24]

An installation of its own, every process of it running, and a headless Chromium that presses real keys on the
annotator's page: photographs of two megapixels, one key every `pace` seconds (a fast annotator's pace; the next key
waits until the photograph is there). Before it keys as fast as the page takes them, after it a few of twelve
megapixels. Painted is the browser's own word (Element Timing: the frame that holds the photograph was shown), and an
answer counts if the server has it in the end. Prints one JSON line last: images, p50_ms, p95_ms and more.
"""

import argparse
import io
import json
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
from installation import Installation, running
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from tqdm import tqdm

PROJECT = "workbench"
SITE, CAMERA = "store", "camera"
LABELS = ("in_stock", "low_stock", "out_of_stock", "blocked")
TWO, TWELVE = (1920, 1080), (4000, 3000)
FIRST_TAKEN_AT, APART = datetime(2026, 1, 5, 8, tzinfo=UTC), timedelta(minutes=2)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_MS = 15_000

# Runs in the page before its own scripts: the moment of every key, and of the first frame that shows each photograph.
WATCH = """
window.keys = [];
window.painted = new Map();
addEventListener("keydown", (event) => keys.push(event.timeStamp), true);
new MutationObserver((changes) => {
  for (const { addedNodes } of changes)
    for (const node of addedNodes)
      if (node.tagName === "IMG" && node.closest("[data-photo]")) node.setAttribute("elementtiming", node.src);
}).observe(document, { childList: true, subtree: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!painted.has(entry.identifier)) painted.set(entry.identifier, entry.renderTime || entry.startTime);
}).observe({ type: "element", buffered: true });
"""
SHOWN = "document.querySelector('[data-photo] img')?.src"
NEXT = """(before) => {
  const image = document.querySelector("[data-photo] img");
  const button = document.querySelector("[data-cant-tell]");
  return image && image.src !== before && painted.has(image.src) && !button.disabled ? image.src : null;
}"""


ANNOTATOR = """
from django.test import Client
from people.models import Membership, Project, User
user = User.objects.create_user("annotator")
Membership.objects.create(user=user, project=Project.objects.get(slug={project!r}), role="annotator")
client = Client()
client.force_login(user)
print(client.cookies["sessionid"].value)
"""


def photograph(seed: int, size: tuple[int, int]) -> bytes:
    """A JPEG with as much detail as a camera's: shapes, shades and grain."""
    chance = np.random.default_rng(seed)
    coarse = Image.fromarray(chance.integers(0, 256, (9, 16, 3), dtype=np.uint8)).resize(size)
    fine = Image.fromarray(chance.integers(0, 256, (size[1] // 4, size[0] // 4, 3), dtype=np.uint8)).resize(
        size
    )
    out = io.BytesIO()
    Image.blend(coarse, fine, 0.2).save(out, "JPEG", quality=85)
    return out.getvalue()


def set_up(installation: Installation) -> httpx.Client:
    """The project with its camera, everything for people to answer; an engineer's client."""
    scopes = "ingest,answer,read,admin"
    token = installation.manage(
        "create_token", "engineer", "--role", "engineer", "--project", PROJECT, "--scope", scopes
    )
    client = installation.client(token)
    labels = [{"key": key, "name": key.replace("_", " ").capitalize()} for key in LABELS]
    client.post(
        "projects/",
        json={"slug": PROJECT, "name": "Workbench", "task_type": "classification", "labels": labels},
    )
    client.post("sites/", json={"key": SITE, "name": "Store", "timezone": "UTC"})
    client.post(
        f"projects/{PROJECT}/sources/", json={"key": CAMERA, "name": "Camera", "site": SITE, "kind": "camera"}
    )
    client.post(
        f"projects/{PROJECT}/policies/", json={"threshold": 1.0, "audit_share": 0.0, "queue": "review"}
    )
    return client


def send(client: httpx.Client, count: int, size: tuple[int, int], first: int) -> None:
    """That many captures, each with a proposal of its own, until all of them wait for an answer."""
    for number in tqdm(
        range(first, first + count), desc=f"photographs of {size[0]}×{size[1]}", file=sys.stderr
    ):
        proposal = {"label": LABELS[number % len(LABELS)], "confidence": 0.6, "model": "outside"}
        client.post(
            "captures/",
            data={
                "project": PROJECT,
                "source": CAMERA,
                "captured_at": (FIRST_TAKEN_AT + number * APART).isoformat(),
                "prediction": json.dumps(proposal),
            },
            files={"image": (f"{number}.jpg", photograph(number, size))},
        )
    while client.get(f"projects/{PROJECT}/captures/", params={"state": "pending"}).json()["results"]:
        time.sleep(0.2)


def signed_in(installation: Installation, page: Page) -> None:
    """The annotator at the page of the queue, its first photograph painted."""
    session = installation.manage("shell", "--no-imports", "-c", ANNOTATOR.format(project=PROJECT))
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": installation.address}])
    page.goto(f"{installation.address}/p/{PROJECT}/work/review/")
    page.wait_for_function(NEXT, arg="", timeout=PATIENCE_MS)


def answer(page: Page, count: int, pace: float, words: str) -> list[float]:
    """Press a key for each of the next photographs, `pace` seconds apart at least; the waits in milliseconds."""
    waits = []
    for number in tqdm(range(count), desc=words, file=sys.stderr):
        start = time.monotonic()
        before = page.evaluate(SHOWN)
        page.keyboard.press(str(1 + number % len(LABELS)))
        after = page.wait_for_function(NEXT, arg=before, timeout=PATIENCE_MS, polling=5).json_value()
        waits.append(page.evaluate("(src) => painted.get(src) - keys.at(-1)", after))
        page.wait_for_timeout(max(0, 1000 * (pace - (time.monotonic() - start))))
    return waits


def figures(waits: list[float]) -> dict[str, float]:
    return {f"p{percent}_ms": round(float(np.percentile(waits, percent)), 1) for percent in (50, 95)}


def recorded(client: httpx.Client, count: int) -> int:
    """How many answers the server has, waiting for the last to arrive."""
    end = time.monotonic() + 30
    while True:
        answers: list[dict[str, Any]] = []
        page = client.get(f"projects/{PROJECT}/answers/", params={"page_size": 200}).json()
        answers += page["results"]
        while page["next"]:
            page = client.get(page["next"]).json()
            answers += page["results"]
        if len(answers) >= count or time.monotonic() > end:
            return len({said["task"] for said in answers if said["state"] == "counted"})
        time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=240, help="of two megapixels, answered at the pace")
    parser.add_argument("--pace", type=float, default=0.4, help="seconds from one key to the next")
    parser.add_argument("--twelve", type=int, default=24, help="of twelve megapixels, answered at the pace")
    given = parser.parse_args()
    hurried = given.images // 4
    with running() as installation, sync_playwright() as playwright:
        client = set_up(installation)
        # The first is on the screen before the first key, the last stays there.
        send(client, hurried + given.images, TWO, 0)
        send(client, given.twelve + 1, TWELVE, hurried + given.images)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(WATCH)
        signed_in(installation, page)
        # While plenty waits: of the last few a page takes no more than it needs.
        fast = answer(page, hurried, 0, "as fast as it goes")
        waits = answer(page, given.images, given.pace, f"a key every {given.pace:g} s")
        large = answer(page, given.twelve, given.pace, "twelve megapixels")
        answered = given.images + given.twelve + hurried
        arrived = recorded(client, answered)
        browser.close()
    print(
        json.dumps(
            {
                "images": len(waits),
                **figures(waits),
                "pace_seconds": given.pace,
                "worst_ms": round(max(waits), 1),
                "megapixels": round(TWO[0] * TWO[1] / 1e6, 1),
                "twelve_megapixels": figures(large),
                "unpaced": figures(fast),
                "answered": answered,
                "recorded": arrived,
            }
        )
    )


if __name__ == "__main__":
    main()
