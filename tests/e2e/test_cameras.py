"""The pages of camera health in a browser: readable by all on a desk and on a phone, and a button that is pressed."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from feedback.models import CameraChange, CameraHour, CameraWatch, EdgeDevice
from inference.models import Capture
from labeling.services import images
from tests.e2e.conftest import check_accessible, check_contrast
from tests.feedback.scenes import DONE, encoded, shelf


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_covered_camera_is_seen_to_be_covered_and_learnt_anew(shop, new_page):
    now = timezone.now()
    kept = [
        images.store(project=shop.project, data=encoded(picture), source=shop.camera)[0]
        for picture in (shelf(1), DONE["half covered"](shelf(2)))
    ]
    fault = {"fault": "covered", "value": 0.4, "usual": 1.0, "since": (now - timedelta(hours=2)).isoformat()}
    fault["words"] = "is covered: 40% of what always stands in its picture is still to be seen."
    watch = CameraWatch.objects.create(
        source=shop.camera,
        state="down",
        is_blind=True,
        faults=[fault],
        reference=kept[0],
        image=kept[1],
        last_seen_at=now,
        learnt={"pictures": 24, "by_hour": {}, "encodings": {}},
    )
    Capture.objects.create(project=shop.project, source=shop.camera, image=kept[1], captured_at=now)
    CameraChange.objects.create(source=shop.camera, state="down", faults=[fault], image=kept[1])
    for hour in range(60):
        CameraHour.objects.create(
            source=shop.camera,
            hour=now - timedelta(hours=60 - hour),
            captures=100 + hour * 7 % 40,
            looks=100,
            brightness=110 + hour % 24 * 2,
            here=0.8 if hour < 58 else 0.2,
        )
    EdgeDevice.objects.create(project=shop.project, device="till-7", temperature=61, disk_free=6 << 30)
    page = new_page(shop.qa_lead, size=(390, 844), scheme="dark")
    for path in (
        reverse("camera-health", args=[shop.project.slug]),
        reverse("camera", args=[shop.project.slug, shop.camera.key]),
    ):
        page.set_viewport_size({"width": 390, "height": 844})
        page.emulate_media(color_scheme="dark")
        page.goto(path)
        expect(page.get_by_text("covered").first).to_be_visible()
        check_accessible(page)
        assert fits(page)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
        check_contrast(page)
        assert fits(page)
    page.get_by_role("button", name="This is how it should look now").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("is learnt anew")
    watch.refresh_from_db()
    assert (watch.reference, watch.state) == (kept[1], "ok")
