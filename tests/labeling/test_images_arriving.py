"""What an upload leaves here: the same bytes are the same image, and where they were taken only where that is asked."""

import hashlib
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Picture

from inference.models import Capture
from labeling.domain.rows import Row
from labeling.imagefile import inspect
from labeling.imagemetadata import without_metadata
from labeling.models import Image, PrivacySettings
from labeling.services import images
from labeling.services.importing import import_images
from tests.factories.labeling import picture

pytestmark = pytest.mark.django_db


def _exif():
    exif = Picture.Exif()
    exif[0x010F], exif[0x0112] = "Canon of Anna", 6
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (59.0, 30.0, 0.0), "E", (18.0, 0.0, 0.0)
    return exif


def _photograph(seed=901):
    return picture(seed, exif=_exif())


def _send(shop, data, **fields):
    form = {
        "project": shop.project.slug,
        "source": shop.camera.key,
        "image": SimpleUploadedFile("a.jpg", data, "image/jpeg"),
        **fields,
    }
    return shop.client(shop.engineer, ["ingest"]).post("/api/v1/captures/", form, format="multipart")


def _kept(image):
    with default_storage.open(image.key) as file:
        return file.read()


def test_capture_is_kept_without_metadata_and_upright(shop):
    assert _send(shop, _photograph()).status_code == 202
    image = Image.objects.get()
    kept = _kept(image)
    assert b"Canon" not in kept
    assert (image.width, image.height) == (48, 64)
    assert image.bytes == len(kept)
    assert image.sha256 == hashlib.sha256(kept).hexdigest()
    assert image.context == Capture.objects.get().context == {}


def test_same_bytes_with_and_without_metadata_are_one_image(shop):
    photograph = _photograph()
    for data in (photograph, photograph, without_metadata(photograph)):
        assert _send(shop, data).status_code == 202
    assert Image.objects.count() == 1
    assert Capture.objects.count() == 3


def test_image_kept_with_its_metadata_before_stays_the_same_image(shop):
    photograph = _photograph(902)
    facts = inspect(photograph)
    key = f"images/{shop.project.pk}/{facts.sha256[:2]}/{facts.sha256}"
    default_storage.save(key, ContentFile(photograph))
    before = images.row(project=shop.project, data=photograph, facts=facts)
    before.save()
    assert _send(shop, photograph).status_code == 202
    assert images.store(project=shop.project, data=photograph) == (before, False)
    assert Image.objects.get() == before
    assert _kept(before) == photograph


@pytest.mark.parametrize("asked", [True, False])
def test_location_goes_into_the_context_where_the_project_asks(shop, asked):
    PrivacySettings.objects.create(project=shop.project, keeps_location=asked)
    _send(shop, _photograph(), context=json.dumps({"lighting": "glare"}))
    expected = {"lighting": "glare"}
    if asked:
        expected["location"] = {"latitude": 59.5, "longitude": 18.0}
    assert Image.objects.get().context == Capture.objects.get().context == expected


def test_import_keeps_no_metadata_either(shop):
    row = Row(number=1, file="a.jpg")
    report = import_images(user=shop.engineer, project=shop.project, items=[(row, lambda: _photograph())])
    assert (report.created, report.errors) == (1, [])
    assert b"Canon" not in _kept(Image.objects.get())


def test_nothing_of_the_camera_is_left_in_the_media_folder(shop):
    _send(shop, _photograph(903))
    folder = Path(settings.MEDIA_ROOT, "images", str(shop.project.pk))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert not any(b"Canon of Anna" in path.read_bytes() for path in files)
