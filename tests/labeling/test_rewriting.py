"""Images kept before metadata was left out, and before a project had faces blurred, brought to what is kept today."""

import json
from io import StringIO

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image as Picture

from labeling.imagefile import inspect, open_upright
from labeling.models import Image, PrivacySettings, Redaction
from labeling.services import images, redacting, rewriting
from labeling.services.rewriting import rewrite
from people.models import Project
from tests.factories.faces import drawn_face, encoded
from tests.factories.labeling import picture, project_with

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project():
    return project_with(slug="shelf")


def kept_earlier(project, data):
    """An image as it was kept when nothing was left out."""
    facts = inspect(data)
    image = images.row(project=project, data=data, facts=facts)
    image.save(force_insert=True)
    return image


def with_exif(seed):
    exif = Picture.Exif()
    exif[0x0112], exif[0x010F] = 6, "Anna's camera"
    return picture(seed, exif=exif)


def run(project, *more):
    out = StringIO()
    call_command("rewrite_images", project.slug, *more, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def test_metadata_goes_and_the_picture_stays_as_it_was(project):
    old, clean = kept_earlier(project, with_exif(1)), kept_earlier(project, picture(2))
    before = np.asarray(open_upright(images.read(old)))
    assert run(project) == {"looked": 2, "written": 1, "filled": 0, "unreadable": 0}
    redacting.carry_out()
    old.refresh_from_db()
    data = images.read(old)
    assert b"Anna" not in data
    assert np.array_equal(np.asarray(open_upright(data)), before)
    assert (old.width, old.height, old.redacted) == (48, 64, None)
    assert not default_storage.exists(images.first_key(old))
    assert Redaction.objects.get().cause == "metadata"
    assert images.store(project=project, data=with_exif(1)) == (old, False)
    assert run(project) == {"looked": 2, "written": 0, "filled": 0, "unreadable": 0}
    assert Image.objects.get(pk=clean.pk).stored_sha256 is None


def test_faces_are_filled_where_the_project_says_so(project):
    old = kept_earlier(project, encoded(drawn_face()))
    PrivacySettings.objects.create(project=project, blurs_faces=True)
    project = Project.objects.get(pk=project.pk)
    assert run(project)["filled"] >= 1
    old.refresh_from_db()
    assert Redaction.objects.get().cause == "found"
    pixels = np.asarray(open_upright(images.read(old))).astype(int)
    assert np.abs(pixels[110, 160] - 114).max() <= 3
    assert run(project)["written"] == 0


def test_killed_in_the_middle_it_goes_on_behind_the_last(project, monkeypatch):
    monkeypatch.setattr(rewriting, "BATCH", 2)
    old = [kept_earlier(project, with_exif(seed)) for seed in range(5)]

    def killed(so_far):
        if so_far.looked == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rewrite(project=project, heard=killed)
    assert Redaction.objects.count() == 3
    assert run(project, "--after", str(old[2].pk)) == {
        "looked": 2,
        "written": 2,
        "filled": 0,
        "unreadable": 0,
    }
    assert Redaction.objects.count() == 5


def test_what_cannot_be_read_holds_nothing_up(project):
    lost, broken, whole = (kept_earlier(project, with_exif(seed)) for seed in range(3))
    default_storage.delete(lost.key)
    PrivacySettings.objects.create(project=project, blurs_faces=True)
    default_storage.save(broken.key, ContentFile(b"no picture"))
    project = Project.objects.get(pk=project.pk)
    assert run(project) == {"looked": 3, "written": 1, "filled": 0, "unreadable": 2}
    assert b"Anna" not in images.read(Image.objects.get(pk=whole.pk))


def test_project_that_is_none_is_said():
    with pytest.raises(CommandError, match="no project"):
        call_command("rewrite_images", "nowhere")
