"""What a project wants blurred is filled before it is kept, on every way in; the model sees what came."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Picture

from feedback.queries import edge
from feedback.services import policies
from inference.imaging import Preprocessing, to_array
from inference.models import Capture
from inference.queries.models import champion
from inference.services import arrivals, decoded
from inference.services.captures import receive
from inference.services.loaded import LoadedModels
from inference.services.predicting import predict
from labeling.domain.values import ValueRefused
from labeling.imagefile import open_upright
from labeling.models import Image
from labeling.redaction import COLOUR
from labeling.services import blurring, images
from labeling.services.privacy import set_privacy, settings_of
from people.models import AuditEvent
from tests.factories.faces import bright_detector, drawn_face, encoded
from tests.factories.inference import ModelVersionFactory, colour_project
from tests.factories.labeling import picture
from tests.factories.people import member

pytestmark = pytest.mark.django_db

FACE = encoded(drawn_face())


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT, settings.VAR = tmp_path / "media", tmp_path / "var"
    blurring._finder.cache_clear()
    return tmp_path


def blur(shop, **wished):
    kept = settings_of(shop.project)
    days = {name: getattr(kept, name) for name in ("keeps_location", "accepted_days", "reviewed_days")}
    set_privacy(user=shop.engineer, project=shop.project, **days, **({"blurs_faces": True} | wished))
    return shop.project.__class__.objects.get(pk=shop.project.pk)


def send(shop, data=FACE, key="a"):
    client = shop.client(shop.engineer, ["ingest", "read"])
    given = {
        "project": shop.project.slug,
        "source": shop.camera.key,
        "image": SimpleUploadedFile("a.jpg", data),
    }
    return client.post(reverse("api-captures"), given, format="multipart", headers={"Idempotency-Key": key})


def files_of(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def is_filled(image):
    pixels = np.asarray(open_upright(images.read(image))).astype(int)
    return bool(np.abs(pixels[110, 160] - COLOUR).max() <= 3)


def test_face_in_an_upload_is_never_written_to_the_storage(shop, media):
    blur(shop)
    assert send(shop).status_code == 202
    image = Image.objects.get()
    assert is_filled(image)
    assert image.redacted[0][4] == "face"
    assert [path.name for path in files_of(media / "media")] == [image.stored_sha256]
    again = send(shop, key="b")
    assert again.status_code == 202
    assert Image.objects.count() == 1
    assert Capture.objects.count() == 2
    assert [path.name for path in files_of(media / "media")] == [image.stored_sha256]


def test_import_and_what_has_no_face(shop, media):
    project = blur(shop)
    image, is_new = images.store(project=project, data=FACE)
    assert is_new
    assert is_filled(image)
    assert images.store(project=project, data=FACE) == (image, False)
    plain, _ = images.store(project=project, data=picture(3))
    assert (plain.redacted, plain.stored_sha256, plain.key) == (None, None, images.first_key(plain))
    assert images.read(plain) == picture(3)


def test_project_that_did_not_ask_keeps_what_came(shop):
    send(shop)
    assert images.read(Image.objects.get()) == FACE


def test_nothing_is_kept_where_it_cannot_be_found(shop, media, monkeypatch):
    blur(shop)
    blurring._finder.cache_clear()
    monkeypatch.setitem(sys.modules, "cv2", None)
    answer = send(shop)
    assert answer.status_code == 503
    assert "pip install" in answer.json()["detail"]
    assert not Image.objects.exists()
    assert files_of(media / "media") == []
    with pytest.raises(images.ImageRefused, match="blurred"):
        images.store(project=shop.project.__class__.objects.get(), data=FACE)
    with pytest.raises(ValueRefused, match="pip install"):
        blur(shop, blurs_plates=True)


def test_model_sees_what_came_and_that_copy_goes_with_the_prediction(django_capture_on_commit_callbacks):
    project = colour_project()
    set_privacy(
        user=member(project, "engineer"),
        project=project,
        keeps_location=False,
        accepted_days=None,
        reviewed_days=None,
        blurs_faces=True,
    )
    model = champion(project)
    wanted = Preprocessing.from_json(model.preprocessing)
    facts = arrivals.inspect(FACE, wanted.to_json())
    image = images.row(project=project, data=FACE, facts=facts)
    receive(project=project, source=project.sources.first(), image=image, captured_at=timezone.now())
    seen = decoded.find(facts.sha256, wanted)
    assert np.array_equal(seen, to_array(FACE, wanted))
    assert not np.array_equal(seen, to_array(images.read(image), wanted))
    with django_capture_on_commit_callbacks(execute=True), ThreadPoolExecutor(1) as workers:
        served = LoadedModels(threads=1).get(model)
        assert predict(project_id=project.pk, served=served, workers=workers).predicted == 1
    assert decoded.find(facts.sha256, wanted) is None


def test_settings_are_on_the_record_and_what_is_left_out_stays(shop):
    blur(shop, records_looks=True)
    set_privacy(
        user=shop.engineer, project=shop.project, keeps_location=False, accepted_days=3, reviewed_days=None
    )
    kept = settings_of(shop.project)
    assert (kept.blurs_faces, kept.blurs_plates, kept.records_looks, kept.accepted_days) == (
        True,
        False,
        True,
        3,
    )
    first = AuditEvent.objects.filter(action="privacy.set").order_by("pk").first()
    assert first.detail["after"]["blurs_faces"] is True


def offer(client, shop, content=None, **more):
    given = {"face_detector": SimpleUploadedFile("yunet.onnx", content)} if content is not None else {}
    return client.post(reverse("face-detector", args=[shop.project.slug]), given | more, follow=True)


def test_own_detector_is_tried_kept_and_used(shop, client, media):
    blur(shop)
    client.force_login(shop.engineer)
    assert "is in use" in offer(client, shop, bright_detector()).content.decode()
    kept = settings_of(shop.project).face_detector
    assert kept["bytes"] == len(bright_detector())
    picture_of_two = np.asarray(drawn_face()).copy()
    picture_of_two[:64, :64] = 255
    project = type(shop.project).objects.get(pk=shop.project.pk)
    image, _ = images.store(project=project, data=encoded(Picture.fromarray(picture_of_two), "PNG"))
    pixels = np.asarray(open_upright(images.read(image))).astype(int)
    assert (pixels[32, 32] == COLOUR).all()
    assert not (pixels[110, 160] == COLOUR).all()
    for wrong, why in (
        (b"no model", "no face detector"),
        (b"", "no face detector"),
        (None, "choose an ONNX file"),
    ):
        answer = offer(client, shop, wrong).content.decode()
        assert "Nothing was changed" in answer
        assert why in answer or wrong == b""
    assert settings_of(shop.project).face_detector == kept
    assert "None is in use" in offer(client, shop, cascades="1").content.decode()
    assert settings_of(shop.project).face_detector is None
    said = AuditEvent.objects.filter(action="privacy.set").order_by("pk").last().detail
    assert said == {"before": {"face_detector": kept["sha256"]}, "after": {"face_detector": None}}


@pytest.mark.parametrize(
    ("role", "status"), [("stranger", 404), ("annotator", 403), ("associate", 403), ("qa_lead", 403)]
)
def test_only_engineers_bring_a_detector(shop, client, role, status):
    client.force_login(getattr(shop, role))
    assert offer(client, shop, bright_detector()).status_code == status
    assert settings_of(shop.project).face_detector is None


def test_device_is_told_and_given_the_detector(shop, client):
    blur(shop, blurs_plates=True)
    client.force_login(shop.engineer)
    offer(client, shop, bright_detector())
    ModelVersionFactory(project=shop.project, stage="champion")
    project = type(shop.project).objects.get(pk=shop.project.pk)
    policies.in_force(project=project)
    told = edge.manifest(project)["privacy"]
    kept = settings_of(project).face_detector
    assert told == {
        "blurs": ["face", "plate"],
        "face_detector": {"sha256": kept["sha256"], "bytes": kept["bytes"]},
    }
    assert edge.file_key(project, kept["sha256"]) == kept["key"]
