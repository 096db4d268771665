"""A storage that is really full: the capture is refused whole, and taken once there is room again."""

import errno
import subprocess

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from inference.models import Capture
from labeling.models import Image
from tests.factories.inference import colour_project, coloured
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db
KILOBYTES = 64


@pytest.fixture
def small_disk(tmp_path, settings):
    """The media folder on a file system of its own, of 64 KB; only root can make one."""
    folder = tmp_path / "media"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={KILOBYTES}k", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a file system cannot be mounted here")
    settings.MEDIA_ROOT = folder
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_capture_that_finds_the_disk_full_leaves_nothing_and_is_taken_later(small_disk):
    project = colour_project(champion=False)
    client = client_of(member(project, "engineer"), project)
    filler = small_disk / "filler"
    filler.write_bytes(bytes((KILOBYTES - 12) * 1024))
    data = coloured("red", size=(400, 300))
    assert len(data) > 12 * 1024

    def send():
        sent = {
            "project": project.slug,
            "source": project.sources.get().key,
            "image": SimpleUploadedFile("shelf.jpg", data, "image/jpeg"),
        }
        key = {"Idempotency-Key": "frame-1"}
        return client.post("/api/v1/captures/", sent, format="multipart", headers=key)

    refused = send()
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
    assert int(refused.headers["Retry-After"]) > 0
    assert "full" in refused.json()["detail"]
    assert not Capture.objects.exists()
    assert not Image.objects.exists()
    assert [path.name for path in small_disk.rglob("*") if path.is_file()] == ["filler"]
    filler.unlink()
    assert send().status_code == 202
    assert Capture.objects.count() == 1


def test_a_capture_whose_bucket_is_out_of_reach_leaves_nothing_and_is_to_be_sent_again(monkeypatch):
    project = colour_project(champion=False)
    client = client_of(member(project, "engineer"), project)
    sent = {
        "project": project.slug,
        "source": project.sources.get().key,
        "image": SimpleUploadedFile("shelf.jpg", coloured("red"), "image/jpeg"),
    }

    def lost(name, content):
        raise OSError(errno.EHOSTUNREACH, "no route")

    monkeypatch.setattr(default_storage, "save", lost)
    refused = client.post("/api/v1/captures/", sent, format="multipart")
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
    assert int(refused.headers["Retry-After"]) > 0
    assert not Capture.objects.exists()
    assert not Image.objects.exists()
