"""What the tests of the associate's page press and wait for."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from labeling.models import Answer
from labeling.services import images
from tests.e2e.conftest import eventually
from tests.factories.labeling import open_task, picture

PHONE = (390, 844)
SCORES = {"out_of_stock": 0.71, "blocked": 0.02, "low_stock": 0.25, "in_stock": 0.02}
PROPOSED = {"label": "out_of_stock", "confidence": 0.71, "scores": SCORES, "model": "net 3"}

KEPT = """async () => {
  const of = async (name) => ((await caches.has(name)) ? (await (await caches.open(name)).keys()).length : 0);
  const alerts = await new Promise((resolve) => {
    const asked = indexedDB.open("vouch-alerts");
    asked.onsuccess = () => {
      const database = asked.result;
      if (!database.objectStoreNames.contains("alerts")) return database.close(), resolve(0);
      const count = database.transaction("alerts").objectStore("alerts").count();
      count.onsuccess = () => (database.close(), resolve(count.result));
    };
    asked.onerror = () => resolve(0);
  });
  return [alerts, await of("vouch-alerts-photographs"), await of("vouch-alerts-pages")];
}"""
"""How many alerts, photographs and pages this browser keeps."""


def raise_alert(shop, number, camera=None, proposal=PROPOSED, *, synthetic=True, size=(480, 360)):
    """An alert at that camera's site, its photograph taken four minutes ago; each number has one of its own."""
    camera = camera or shop.camera
    image, _ = images.store(
        project=shop.project,
        data=picture(number, size=size),
        source=camera,
        captured_at=timezone.now() - timedelta(minutes=4, seconds=10),
        context={"synthetic": synthetic},
    )
    return open_task(shop.queue("alerts"), image, site_id=camera.site_id, proposal=proposal)


def shown(page, where):
    """Wait until the alert of that camera is on the screen, and taps decide."""
    expect(page.locator("[data-where]")).to_have_text(where)
    expect(page.locator("[data-photo] img")).to_be_visible()
    expect(page.locator("[data-yes]")).to_have_attribute("aria-disabled", "false")


def standing(page, count):
    eventually(page, lambda: Answer.objects.count() == count, f"{count} answers")
    return list(Answer.objects.order_by("id"))


def keeps(page, alerts):
    """Wait until the phone keeps that many alerts, their photographs and the page."""
    eventually(page, lambda: page.evaluate(KEPT) == [alerts, alerts, 1], f"{alerts} alerts kept")
