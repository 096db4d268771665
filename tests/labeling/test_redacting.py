"""An image written anew: nothing of what was under the part is left, what was said stays, and a crash loses nothing."""

import hashlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image as Picture

from feedback.services import datasets, erasing
from inference.domain import manifest
from inference.imaging import Preprocessing
from inference.services import decoded
from inference.services.evaluating import readable
from inference.services.files import images_by_hash
from labeling.domain.values import ValueRefused
from labeling.imagefile import inspect, open_upright
from labeling.models import Image, Redaction, Resolution
from labeling.queries.images import address
from labeling.redaction import COLOUR, Area, filled
from labeling.services import erasure, images, redacting, thumbnails
from people.models import AuditEvent
from tests.factories.feedback import labelled
from tests.factories.inference import colour_project
from tests.factories.labeling import ImageFactory, picture
from tests.factories.people import UserFactory, member

pytestmark = pytest.mark.django_db

PART = (0.25, 0.25, 0.75, 0.5)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR = tmp_path / "var"
    return tmp_path


@pytest.fixture
def image():
    project = colour_project(slug="shelf")
    made, _ = images.store(project=project, data=picture(3, size=(640, 480)), filename="a.jpg")
    return made


def fill(image, box=PART, user=None):
    return redacting.fill_part(user=user or member(image.project, "qa_lead"), image=image, box=box)


def long_ago(made):
    Redaction.objects.filter(pk=made.pk).update(made_at=timezone.now() - timedelta(hours=1))


def everything_of(folder):
    return [path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()]


def test_nothing_of_what_was_there_is_left(image, media):
    before = images.read(image)
    thumbnails.open_thumbnail(image)[0].close()
    small = Path(default_storage.path(thumbnails.key_of(image))).read_bytes()
    folder, name = image.key.rsplit("/", 1)
    default_storage.save(f"{folder}/.{name}.123.abcd", ContentFile(before[:5000]))
    shape = Preprocessing(size=32)
    decoded.keep(image.sha256, shape, np.zeros((3, 32, 32), np.uint8))
    sha256, old_address = image.sha256, address(image, UserFactory())
    made = fill(image)
    redacting.carry_out()
    assert not any(
        part in content
        for content in everything_of(media / "media")
        for part in (before, before[600:700], small[300:400])
    )
    after = images.read(image)
    pixels = np.asarray(open_upright(after))
    assert pixels.shape == (480, 640, 3)
    assert np.abs(pixels[130:230, 170:470].astype(int) - COLOUR).max() <= 3
    assert np.abs(pixels[:100].astype(int) - np.asarray(open_upright(before))[:100]).mean() < 4
    assert (image.sha256, image.bytes, image.stored_sha256) == (
        sha256,
        len(after),
        hashlib.sha256(after).hexdigest(),
    )
    assert image.redacted == [[160, 120, 480, 240, "drawn"]]
    assert address(image, UserFactory()) != old_address
    made.refresh_from_db()
    assert made.removed_at
    assert made.confirmed_at is None
    said = AuditEvent.objects.get(action="image.redacted").detail
    assert (said["sha256_before"], said["sha256_after"]) == (sha256, image.stored_sha256)


def test_copy_that_this_host_decoded_is_forgotten(image):
    shape = Preprocessing.from_json(image.project.models.get().preprocessing)
    decoded.keep(image.sha256, shape, np.zeros((3, shape.size, shape.size), np.uint8))
    fill(image)
    redacting.carry_out()
    assert decoded.find(image.sha256, shape) is None


def test_what_comes_late_is_removed_a_quarter_of_an_hour_later(image):
    old = image.key
    made = fill(image)
    redacting.carry_out()
    default_storage.save(old, ContentFile(b"somebody was still writing"))
    long_ago(made)
    assert redacting.carry_out() == 1
    assert not default_storage.exists(old)
    made.refresh_from_db()
    assert made.confirmed_at
    assert redacting.carry_out() == 0


def test_killed_before_the_row_is_written_keeps_the_old_bytes(image, monkeypatch):
    def killed(*_, **__):
        raise SystemExit

    before = images.read(image)
    monkeypatch.setattr(redacting.audit, "record", killed)
    with pytest.raises(SystemExit):
        fill(image)
    image.refresh_from_db()
    redacting.carry_out()
    assert images.read(image) == before
    assert image.stored_sha256 is None
    monkeypatch.undo()
    fill(image)
    redacting.carry_out()
    assert not any(before[600:700] in content for content in everything_of(default_storage.location))


def test_killed_before_the_old_bytes_go_removes_them_later(image, monkeypatch):
    old = image.key
    fill(image)
    monkeypatch.setattr(
        redacting.removal, "remove", lambda files: (_ for _ in ()).throw(OSError("storage is away"))
    )
    assert redacting.carry_out() == 0
    assert default_storage.exists(old)
    assert len(images.read(image)) == image.bytes
    monkeypatch.undo()
    assert redacting.carry_out() == 1
    assert not default_storage.exists(old)


def test_same_bytes_that_come_again_are_the_image_and_stay_away(image):
    data = images.read(image)
    fill(image)
    redacting.carry_out()
    again, is_new = images.store(project=image.project, data=data)
    assert (again.pk, is_new) == (image.pk, False)
    row = images.row(project=image.project, data=data, facts=inspect(data))
    assert (row.pk, row.key) == (image.pk, image.key)
    assert not default_storage.exists(images.first_key(image))


def test_parts_add_up_and_the_same_part_of_a_png_again_is_nothing():
    image = ImageFactory()
    image, _ = images.store(project=image.project, data=picture(5, kind="PNG"))
    assert fill(image) is not None
    assert fill(image) is None
    assert fill(image, (0, 0, 0.1, 0.1)) is not None
    assert [area[:4] for area in image.redacted] == [[16, 12, 48, 24], [0, 0, 7, 5]]
    assert Redaction.objects.count() == 2
    pixels = np.asarray(open_upright(images.read(image)))
    assert (pixels[12:24, 16:48] == COLOUR).all()
    assert (pixels[:5, :7] == COLOUR).all()


def test_erasing_it_afterwards_leaves_nothing_at_all(image, media):
    fill(image)
    fill(image, (0, 0, 0.5, 0.5))
    thumbnails.open_thumbnail(image)[0].close()
    erasure.erase(user=member(image.project, "engineer"), image=image, reason="She asked.")
    erasing.carry_out()
    redacting.carry_out()
    assert everything_of(media / "media" / "images") == []
    assert everything_of(media / "media" / "thumbnails") == []
    with pytest.raises(ValueRefused, match="erased"):
        fill(image)


def test_labels_and_datasets_keep_the_image_and_read_its_new_bytes():
    project = colour_project(slug="shelf")
    for seed in range(12):
        image = labelled(project, ("red", "green", "blue")[seed % 3], seed, split="train")
    dataset = datasets.freeze(datasets.request_dataset(user=None, project=project).pk)
    with default_storage.open(dataset.manifest_key) as file:
        rows = manifest.read(file).rows
    read = images_by_hash(project.pk, {row.sha256: row.key for row in rows})
    resolutions = Resolution.objects.count()
    fill(image)
    redacting.carry_out()
    assert Resolution.objects.count() == resolutions
    assert read(image.sha256) == images.read(image), "a training that was under way"
    now = images_by_hash(project.pk, {row.sha256: row.key for row in rows})
    assert now(image.sha256) == images.read(image)
    assert {row.sha256: row.key for row in readable(project.pk, rows)}[image.sha256] == image.key
    Image.objects.filter(pk=image.pk).update(key="images/nowhere")
    lost = images_by_hash(project.pk, {image.sha256: "images/gone"})
    with pytest.raises(FileNotFoundError):
        lost(image.sha256)


@pytest.mark.parametrize(
    "box",
    [(0, 0, 0, 1), (0.5, 0, 0.2, 1), (0, 0, 1.1, 1), (0, float("nan"), 1, 1), (0, 0, 1), (0, 0, 0.001, 1)],
)
def test_box_that_is_none_is_refused(image, box):
    with pytest.raises(ValueRefused):
        fill(image, box)
    assert not Redaction.objects.exists()


@pytest.mark.parametrize("role", ["annotator", "associate"])
def test_only_who_leads_fills_parts(image, role):
    with pytest.raises(PermissionDenied):
        fill(image, user=member(image.project, role))


def test_every_format_is_filled_upright_and_says_nothing_beside():
    comment = b"taken by Anna"
    for kind, options in (("JPEG", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("WEBP", {})):
        drawn = Picture.new("RGB", (40, 20), "red")
        exif = Picture.Exif()
        exif[0x0112], exif[0x010E] = 6, comment.decode()
        out = BytesIO()
        drawn.save(out, kind, exif=exif, **options, **({"comment": comment} if kind == "JPEG" else {}))
        assert comment in out.getvalue()
        made = filled(out.getvalue(), [Area(0, 0, 20, 10, "face")])
        assert comment not in made
        pixels = np.asarray(open_upright(made)).astype(int)
        assert pixels.shape == (40, 20, 3), kind
        assert np.abs(pixels[:8] - COLOUR).max() <= 4, kind
        assert np.abs(pixels[14:] - (255, 0, 0)).max() <= 6, kind
        assert made == filled(out.getvalue(), [Area(0, 0, 20, 10, "face")])


def test_area_grows_within_the_picture():
    assert Area(10, 10, 30, 20, "face").grown(0.5, 35, 100) == Area(0, 5, 35, 25, "face")
