"""How soon does an alert stand on an associate's phone? From the capture that is posted until it is painted.

usage: alerts.py [--connected 100] [--captures 60] [--pace 1.0]

An installation of its own, every process of it running, with a small model that serves; `--connected` associates of one
store on websockets, one of them a real page in a headless Chromium of a phone's size, which answers each alert before
the next capture is sent. Painted is the browser's own word (Element Timing: the frame that holds the photograph was
shown). From each time the model's own share, `latency_ms` of the prediction, is taken off. An alert that a websocket
did not hear of within ten seconds, or hears of twice, is lost, and so is one that is not painted.
Prints one JSON line last: connected, p50_ms, p95_ms (painted), heard_p95_ms (every websocket), lost and more.
"""

import argparse
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from alerts_listening import PATIENCE_SECONDS, Associates
from installation import ROOT, Installation, running
from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright
from playwright.sync_api import TimeoutError as NeverTrue
from tqdm import tqdm

# As in serving_model.py, which brings torch along.
LABELS = ("empty", "full", "low", "wrong")
PROJECT, SITE, CAMERA = "alerts", "store", "camera"
PHONE: ViewportSize = {"width": 390, "height": 844}
SIZE = (1280, 720)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# A page whose websocket was away asks for itself within half a minute.
LONGEST_SECONDS = 60
POLL_MS = 50

PEOPLE = """
from django.test import Client
from people.models import Membership, Project, Site, User
project, site = Project.objects.get(slug={project!r}), Site.objects.get(key={site!r})
for number in range({count}):
    user = User.objects.create_user(f"associate-{{number}}")
    held = Membership.objects.create(user=user, project=project, role="associate")
    held.sites.add(site)
    client = Client()
    client.force_login(user)
    print(client.cookies["sessionid"].value)
"""
SERVE = """
from pathlib import Path
from inference.services.models import register, set_champion
from people.models import Project
project = Project.objects.get(slug={project!r})
set_champion(project=project, model=register(project=project, onnx=Path({file!r})))
"""
LATENCIES = """
import json
from inference.models import Prediction
print(json.dumps(list(Prediction.objects.order_by("id").values_list("latency_ms", flat=True))))
"""

# Runs in the page before its own scripts: when, by the clock, the first frame was shown that holds each photograph.
WATCH = """
window.painted = new Map();
new MutationObserver((changes) => {
  for (const { addedNodes } of changes)
    for (const node of addedNodes)
      if (node.tagName === "IMG" && node.closest("[data-photo]")) node.setAttribute("elementtiming", node.src);
}).observe(document, { childList: true, subtree: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!painted.has(entry.identifier))
      painted.set(entry.identifier, performance.timeOrigin + (entry.renderTime || entry.startTime));
}).observe({ type: "element", buffered: true });
"""
NEXT = """(before) => {
  const image = document.querySelector("[data-photo] img");
  const at = image && image.src !== before ? painted.get(image.src) : undefined;
  return at === undefined ? null : { src: image.src, at };
}"""
QUIET = "document.querySelector('[data-empty]:not([hidden])') && document.documentElement.dataset.connection === 'on'"
READY = "document.querySelector('[data-yes]').getAttribute('aria-disabled') === 'false'"


def photograph(seed: int) -> bytes:
    """A JPEG with shapes and shades, another for every seed."""
    chance = np.random.default_rng(seed)
    out = io.BytesIO()
    Image.fromarray(chance.integers(0, 256, (45, 80, 3), dtype=np.uint8)).resize(SIZE).save(
        out, "JPEG", quality=85
    )
    return out.getvalue()


def set_up(installation: Installation, model: Path) -> httpx.Client:
    """The project with its camera and the model in service, everything an alert; an engineer's client."""
    scopes = "ingest,answer,read,admin"
    token = installation.manage(
        "create_token", "engineer", "--role", "engineer", "--project", PROJECT, "--scope", scopes
    )
    client = installation.client(token)
    labels = [{"key": key, "name": key.capitalize()} for key in LABELS]
    client.post(
        "projects/", json={"slug": PROJECT, "name": "Alerts", "task_type": "classification", "labels": labels}
    )
    client.post("sites/", json={"key": SITE, "name": "Store", "timezone": "UTC"})
    client.post(
        f"projects/{PROJECT}/sources/",
        json={"key": CAMERA, "name": "Shelf 12", "site": SITE, "kind": "camera"},
    )
    client.post(
        f"projects/{PROJECT}/policies/", json={"threshold": 1.0, "audit_share": 0.0, "queue": "alerts"}
    )
    run(installation, SERVE.format(project=PROJECT, file=str(model)))
    return client


def run(installation: Installation, code: str) -> str:
    return installation.manage("shell", "--no-imports", "-c", code)


def send(client: httpx.Client, number: int) -> float:
    """Post one capture; when that began, by the clock."""
    image = photograph(number)
    begun = time.time()
    client.post(
        "captures/",
        data={"project": PROJECT, "source": CAMERA, "captured_at": datetime.now(UTC).isoformat()},
        files={"image": (f"{number}.jpg", image)},
    )
    return begun


def shift(
    page: Page, client: httpx.Client, associates: Associates, captures: int, pace: float
) -> tuple[list[float], list[float | None]]:
    """Capture after capture, each answered on the page: when each was sent and painted, None for never."""
    sent: list[float] = []
    painted: list[float | None] = []
    before = ""
    for number in tqdm(range(captures), desc="alerts", file=sys.stderr):
        start = time.monotonic()
        sent.append(send(client, number))
        shown = following(page, before, PATIENCE_SECONDS)
        painted.append(shown["at"] / 1000 if shown else None)
        associates.wait(number + 1)
        # One that came too late is answered all the same: the next must find the page at rest.
        shown = shown or following(page, before, LONGEST_SECONDS)
        if shown is None:
            raise SystemExit(f"Capture {number} never came to the page.")
        before = shown["src"]
        page.wait_for_function(READY)
        page.locator("[data-yes]").click()
        page.wait_for_function(QUIET, polling=POLL_MS)
        page.wait_for_timeout(max(0, 1000 * (pace - (time.monotonic() - start))))
    return sent, painted


def following(page: Page, before: str, seconds: float) -> dict[str, Any] | None:
    """The photograph after `before`, once it is painted: `src`, `at` in milliseconds since 1970; None for never."""
    try:
        shown: dict[str, Any] = page.wait_for_function(
            NEXT, arg=before, timeout=seconds * 1000, polling=POLL_MS
        ).json_value()
    except NeverTrue:
        return None
    return shown


def percentiles(seconds: list[float]) -> tuple[float, float]:
    return tuple(round(float(np.percentile(seconds, percent)) * 1000, 1) for percent in (50, 95))  # type: ignore[return-value]


def figures(
    associates: Associates, sent: list[float], painted: list[float | None], latencies: list[float]
) -> dict[str, Any]:
    """Less the model's own time. An alert is the nth that was heard of, and of the nth capture."""
    heard = [times for _, times in sorted(associates.heard.items(), key=lambda one: one[1][0])]
    own = [ms / 1000 for ms in latencies]
    shown = [
        at - begun - model for at, begun, model in zip(painted, sent, own, strict=True) if at is not None
    ]
    ears = [at - begun - model for times, begun, model in zip(heard, sent, own, strict=False) for at in times]
    wanted = len(sent) * associates.connected
    lost = abs(wanted - len(ears)) + painted.count(None)
    (p50, p95), (heard_p50, heard_p95) = percentiles(shown), percentiles(ears)
    return {
        # The page's own websocket is one more.
        "connected": associates.connected + 1,
        "p50_ms": p50,
        "p95_ms": p95,
        "worst_ms": round(max(shown) * 1000, 1),
        "heard_p50_ms": heard_p50,
        "heard_p95_ms": heard_p95,
        "lost": lost,
        "captures": len(sent),
        "model_p50_ms": round(float(np.median(latencies)), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--connected", type=int, default=100, help="associates with the page open")
    parser.add_argument("--captures", type=int, default=60)
    parser.add_argument(
        "--pace", type=float, default=1.0, help="seconds from one capture to the next, at least"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vouch-models-") as folder:
        model = Path(folder) / "small.onnx"
        subprocess.run(
            [sys.executable, "benchmarks/serving_model.py", str(model), "64", "small"], cwd=ROOT, check=True
        )
        with running(600) as installation, sync_playwright() as playwright:
            client = set_up(installation, model)
            people = PEOPLE.format(project=PROJECT, site=SITE, count=given.connected)
            first, *others = run(installation, people).split()
            associates = Associates(installation.address, PROJECT, others)
            associates.connect()
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            # What waits in the page for something to be true is a script that its policy would refuse.
            page = browser.new_page(viewport=PHONE, has_touch=True, bypass_csp=True)
            page.add_init_script(WATCH)
            page.context.add_cookies([{"name": "sessionid", "value": first, "url": installation.address}])
            page.goto(f"{installation.address}/p/{PROJECT}/alerts/")
            page.wait_for_function(QUIET)
            sent, painted = shift(page, client, associates, given.captures, given.pace)
            browser.close()
            associates.close()
            found = figures(associates, sent, painted, json.loads(run(installation, LATENCIES)))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
