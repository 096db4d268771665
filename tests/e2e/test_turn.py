"""One whole turn of the loop, in a browser, against the processes that `make demo` runs: nothing is stood in for."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from demo import truth
from tests.config.processes import ROOT, until
from tests.e2e import pictures
from tests.e2e.conftest import row_of
from tests.e2e.work_page import press

READY_SECONDS = 600
TRAINED_SECONDS = 600
ANSWERED_BY_HAND = 8
ENOUGH_ANSWERS = 100
HOTKEYS = {"in_stock": "1", "low_stock": "2", "out_of_stock": "3", "blocked": "4"}


@dataclass
class Demo:
    """A running demo of its own: where it is, where its data lies, and a page for each person."""

    address: str
    var: Path
    environment: dict[str, str]
    browser: Browser

    def sign_in(self, username: str, *, size: tuple[int, int] = (1280, 800)) -> Page:
        context = self.browser.new_context(
            base_url=self.address, viewport={"width": size[0], "height": size[1]}, has_touch=size[0] < 500
        )
        page = context.new_page()
        page.goto("/login/")
        page.get_by_label("Name").fill(username)
        passwords = json.loads((self.var / "demo_passwords.json").read_text())
        page.get_by_label("Password").fill(passwords[username])
        page.keyboard.press("Enter")
        page.wait_for_url("**/p/shop/**")
        return page

    def picture(self, page: Page, name: str) -> None:
        """Keep what the page shows, for the documentation, once its photograph is there."""
        expect(page.locator("[data-loading]:visible")).to_have_count(0)
        pictures.keep(page, name)

    def answer_like_people(self, count: int) -> int:
        done = subprocess.run(
            [sys.executable, "manage.py", "demo_answers", str(count)],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return int(done.stdout.split()[0])

    def true_label(self, page: Page) -> str:
        """What the camera really drew in the photograph that the page shows."""
        address = page.locator("[data-photo] img").get_attribute("src")
        assert address is not None
        sha256 = hashlib.sha256(page.request.get(address).body()).hexdigest()
        return truth.labels(self.var)[sha256]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture
def demo(separate_environment: dict[str, str], browser: Browser, tmp_path: Path) -> Iterator[Demo]:
    """`manage.py demo` with a poor first model, a fast camera and packaging that has changed already."""
    port = free_port()
    environment = separate_environment | {"PORT": str(port), "OMP_NUM_THREADS": "1"}
    # Enough captures for the answers asked for below; more would only take the time of what trains.
    words = ["demo", "--photographs", "4", "--every", "0.25", "--shift-after", "0", "--captures", "260"]
    with (tmp_path / "demo.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: process.poll() is not None or is_ready(address), "the demo is ready", READY_SECONDS)
        assert process.poll() is None, (tmp_path / "demo.log").read_text()[-2000:]
        yield Demo(address, Path(environment["VOUCH_VAR"]), environment, browser)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)


def confirmed(associate: Page) -> bool:
    """Tap Yes, once the photograph has been there for a moment: before that the button is disabled."""
    associate.get_by_role("button", name="Yes").click()
    return associate.get_by_role("button", name="Undo").is_visible()


def test_capture_to_review_to_answer_to_retraining_to_new_champion(demo: Demo) -> None:
    annotator = demo.sign_in("annotator")
    annotator.goto("/p/shop/work/review/")
    for _ in range(ANSWERED_BY_HAND):
        photograph = annotator.locator("[data-photo] img")
        expect(photograph).to_be_visible()
        demo.picture(annotator, "work")
        shown = photograph.get_attribute("src")
        press(annotator, HOTKEYS[demo.true_label(annotator)])
        expect(annotator.locator(f"[data-photo] img[src='{shown}']")).to_have_count(0)
    annotator.context.close()

    answered = 0

    def enough() -> bool:
        nonlocal answered
        answered += demo.answer_like_people(50)
        return answered >= ENOUGH_ANSWERS

    until(enough, f"{ENOUGH_ANSWERS} more answers", 600)

    associate = demo.sign_in("associate", size=(390, 844))
    expect(associate.locator("[data-photo] img")).to_be_visible(timeout=120_000)
    expect(associate.get_by_role("button", name="Yes")).to_be_enabled()
    demo.picture(associate, "alerts")
    until(lambda: confirmed(associate), "a confirmed alert", 120)
    associate.context.close()

    lead = demo.sign_in("qa")
    lead.goto("/p/shop/answers/?person=annotator")
    expect(lead.get_by_role("table")).to_contain_text("Ann Field")

    engineer = demo.sign_in("engineer")
    engineer.goto("/p/shop/models/")
    expect(row_of(engineer, "Model 1")).to_contain_text("champion")
    engineer.goto("/p/shop/")
    engineer.get_by_role("button", name="Train on what people said").click()
    trained = engineer.locator("#training").get_by_role("link", name="model 2")
    expect(trained).to_be_visible(timeout=TRAINED_SECONDS * 1000)
    engineer.goto("/p/shop/models/")
    expect(row_of(engineer, "Model 2")).to_contain_text("champion")
    expect(row_of(engineer, "Model 1")).to_contain_text("retired")
    engineer.goto("/p/shop/runs/")
    engineer.get_by_role("row", name="Eli Stone").filter(has_text="Model 2").get_by_role("link").first.click()
    expect(engineer.get_by_role("heading", name="Loss and accuracy")).to_be_visible()
    expect(engineer.get_by_role("figure")).to_contain_text("steps so far")
    engineer.goto("/p/shop/")
    demo.picture(engineer, "overview")
