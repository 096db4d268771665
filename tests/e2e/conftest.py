"""A real browser for the tests that look at pages, and what they press and read."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from labeling.services import images
from tests.factories.labeling import open_task, picture

# A process for the suggestions of an address bar that nobody sees would start with every page, at half of its cost. The
# others are Playwright's own, which its list would replace.
FEATURES_OFF = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    f"--disable-features={','.join(FEATURES_OFF)}",
]
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here drives a browser. Under WSGI the live server gathers a streamed image whole, and warns."""
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for this folder's tests. While it runs, Playwright's event loop runs in this thread, which is
    why it does not outlive the folder and why Django is told that this is well."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        found = shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def new_page(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """`new_page(user=None, size=(1280, 800), scheme="light", touch=False, worker=False, at=None)`: a page of a fresh
    context, signed in. A script that fails on any of them fails the test. `worker` lets service workers run, whose own
    requests nobody here sees begin or end. `at` is another server than the tests' own.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    under_way: set[Any] = set()

    def make(
        user: Any = None,
        *,
        size=(1280, 800),
        scheme: str = "light",
        touch: bool = False,
        worker: bool = False,
        at: str | None = None,
    ) -> Page:
        context = browser.new_context(
            base_url=at or live_server.url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            has_touch=touch,
            service_workers="allow" if worker else "block",
        )
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": at or live_server.url}])
        context.on("request", lambda request: under_way.add(request))
        context.on("requestfinished", lambda request: under_way.discard(request))
        context.on("requestfailed", lambda request: under_way.discard(request))
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    # A page that closes gives its leases back: nothing may reach the server once the database is being emptied.
    for context in contexts:
        context.unroute_all(behavior="ignoreErrors")
        # What is cut off is still at work in the server.
        eventually(context.pages[0], lambda: not under_way, "the end of what was under way")
        context.set_offline(True)
        eventually(context.pages[0], lambda: not under_way, "the end of all requests")
        context.close()
    # A request that the browser gave up goes on in its thread, or begins there only now.
    for thread in threading.enumerate():
        if thread.name.endswith("(process_request_thread)"):
            thread.join(PATIENCE_MS / 1000)
            assert not thread.is_alive(), "a request does not end"
    assert errors == []


@pytest.fixture
def photographs(shop):
    """`photographs(count, queue="review", size=(480, 360), **request)`: that many tasks with real images."""
    made = 0

    def more(count=1, queue="review", size=(480, 360), **request):
        nonlocal made
        tasks = []
        for _ in range(count):
            made += 1
            image, _ = images.store(
                project=shop.project, data=picture(made, size=size), filename=f"{made}.jpg"
            )
            tasks.append(open_task(shop.queue(queue), image, **request))
        return tasks

    return more


def eventually(page: Page, condition: Callable[[], bool], what: str = "the condition") -> None:
    """Wait until the condition holds, letting the page go on meanwhile."""
    for _ in range(PATIENCE_MS // 50):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{what} did not come true within {PATIENCE_MS / 1000:g} s")


def row_of(page: Page, name: str) -> Locator:
    """The row of a table that begins with the name."""
    return page.locator("tbody tr").filter(has=page.locator("th", has_text=name))


REPEATED = {"exclude": [[f"{each}:nth-child(n+7)"] for each in ("tbody > tr", "li", "article", "figure")]}
"""What axe need not look at: the seventh and later of what is alike. Contrast takes it a millisecond an element."""


SETTLED = """async () => {
  const ends = (each) => each.playState === "running" && each.effect?.getComputedTiming().endTime < Infinity;
  await Promise.allSettled(document.getAnimations().filter(ends).map((each) => each.finished));
}"""
"""Waits until what moves or changes its colour has done so."""
LOOKS = 4


def check_accessible(page: Page, **options: Any) -> None:
    """Fail with axe's words for every rule the page breaks; `options` are axe's own, as `runOnly`.

    A page may stand for a moment between two photographs. What is wrong with it is wrong half a second later too.
    """
    for look in range(LOOKS):
        page.wait_for_timeout(500 if look else 0)
        page.evaluate(SETTLED)
        # Selectors of everything that passes take axe longer than its rules.
        found = Axe().run(page, REPEATED, {"resultTypes": ["violations"], "preload": False, **options})
        if found.violations_count == 0:
            return
    raise AssertionError(found.generate_report())


def check_contrast(page: Page) -> None:
    """What of axe's rules another colour scheme can break, in a fraction of the time."""
    check_accessible(page, runOnly={"type": "rule", "values": ["color-contrast"]})
