"""POST and GET of captures: what is taken, what is refused by name, and waiting for the prediction."""

import asyncio
import json
import time
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient
from django.utils import timezone
from PIL import Image as Picture

from feedback.api import overload
from inference.models import Capture
from labeling.models import Image
from people.enums import Scope
from people.services.tokens import digest_of
from tests.factories.inference import PredictionFactory, capture_of, colour_project, coloured
from tests.factories.labeling import SourceFactory
from tests.factories.people import TokenFactory, client_of, member
from tests.inference.conftest import serving

URL = "/api/v1/captures/"


@pytest.fixture
def project():
    return colour_project()


@pytest.fixture
def client(project):
    return client_of(member(project, "engineer"), project)


def form(project, data=None, /, **fields):
    sent = {
        "project": project.slug,
        "source": project.sources.get().key,
        "image": SimpleUploadedFile("shelf.jpg", coloured("red") if data is None else data, "image/jpeg"),
        **fields,
    }
    return {name: value for name, value in sent.items() if value is not None}


def saved(picture, kind, **options):
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.django_db
class TestSending:
    def test_a_capture_is_accepted_and_kept_with_what_came_with_it(self, client, project):
        at = timezone.now() - timedelta(hours=1)
        sent = form(project, captured_at=at.isoformat(), context='{"lighting": "glare", "lux": 310.5}')
        answer = client.post(URL, sent, format="multipart")
        assert answer.status_code == 202
        assert answer.json() == {"id": answer.json()["id"], "state": "pending"}
        capture = Capture.objects.get(pk=answer.json()["id"])
        assert (capture.captured_at, capture.context) == (at, {"lighting": "glare", "lux": 310.5})
        assert (capture.image.filename, capture.image.source) == ("shelf.jpg", capture.source)
        assert answer.headers["Location"].endswith(f"{URL}{capture.pk}/")

    def test_a_capture_without_a_time_was_taken_now(self, client, project):
        answer = client.post(URL, form(project), format="multipart")
        capture = Capture.objects.get(pk=answer.json()["id"])
        assert abs(timezone.now() - capture.captured_at) < timedelta(minutes=1)
        assert capture.context == {}

    def test_the_same_image_again_is_another_capture_of_one_image(self, client, project):
        for _ in range(2):
            assert client.post(URL, form(project), format="multipart").status_code == 202
        assert (Capture.objects.count(), Image.objects.count()) == (2, 1)

    def test_an_idempotency_key_makes_one_capture_however_often_it_is_sent(self, client, project):
        key = str(uuid4())
        first, again = (
            client.post(URL, form(project), format="multipart", headers={"Idempotency-Key": key})
            for _ in range(2)
        )
        assert (again.status_code, again.json()) == (202, first.json())
        assert again.headers["Idempotency-Replayed"] == "true"
        assert Capture.objects.count() == 1
        other = form(project, coloured("blue"))
        answer = client.post(URL, other, format="multipart", headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/idempotency-conflict")

    def test_a_refused_capture_leaves_its_idempotency_key_free(self, client, project):
        key = str(uuid4())
        bad = form(project, b"no image")
        assert client.post(URL, bad, format="multipart", headers={"Idempotency-Key": key}).status_code == 400
        good = form(project)
        assert client.post(URL, good, format="multipart", headers={"Idempotency-Key": key}).status_code == 202

    def test_a_prediction_that_came_along_is_kept_for_routing(self, client, project):
        prediction = {"label": "blue", "confidence": 0.7, "scores": {"blue": 0.7}, "model": "Vendor 7"}
        answer = client.post(URL, form(project, prediction=json.dumps(prediction)), format="multipart")
        assert answer.status_code == 202
        assert Capture.objects.get().external == prediction

    @pytest.mark.parametrize(
        ("picture", "kind"),
        [
            (Picture.new("CMYK", (40, 30), (0, 200, 200, 0)), "JPEG"),
            (Picture.new("I;16", (40, 30), 40_000), "PNG"),
            (Picture.new("RGBA", (40, 30), (200, 0, 0, 128)), "PNG"),
            (Picture.new("P", (40, 30)), "PNG"),
        ],
    )
    def test_unusual_images_are_taken(self, client, project, picture, kind):
        assert client.post(URL, form(project, saved(picture, kind)), format="multipart").status_code == 202

    def test_the_size_is_that_of_the_upright_image(self, client, project):
        exif = Picture.Exif()
        exif[0x0112] = 6
        data = saved(Picture.new("RGB", (40, 30)), "JPEG", exif=exif)
        assert client.post(URL, form(project, data), format="multipart").status_code == 202
        image = Image.objects.get()
        assert (image.width, image.height) == (30, 40)


BOMB = saved(Picture.new("1", (30_000, 30_000)), "PNG")
FILM = saved(
    Picture.new("RGB", (8, 8)), "PNG", save_all=True, append_images=[Picture.new("RGB", (8, 8), "red")]
)


@pytest.mark.django_db
class TestBadInput:
    @pytest.mark.parametrize(
        ("data", "status", "reason"),
        [
            (b"", 400, "0 bytes"),
            (b"<html>not an image", 400, "not an image"),
            (coloured("red")[:-200], 400, "cut short"),
            (FILM, 400, "animated"),
            (b"GIF89a" + bytes(20), 400, "GIF"),
            (BOMB, 413, "30000×30000"),
        ],
        ids=["empty", "html", "truncated", "animated", "gif", "bomb"],
    )
    def test_a_bad_image_is_refused_by_name(self, client, project, data, status, reason):
        self.refused(client, form(project, data), status, "image", reason)

    @pytest.mark.parametrize(
        ("fields", "field", "reason"),
        [
            ({"image": None}, "image", "No file"),
            ({"image": "text"}, "image", "not a file"),
            ({"project": None}, "project", "required"),
            ({"source": None}, "source", "required"),
            ({"source": "nowhere"}, "source", "'nowhere' is not a source of this project"),
            ({"source": "a b"}, "source", "is not a key"),
            ({"captured_at": "yesterday"}, "captured_at", "like 2026-03-01T08:30:00Z"),
            ({"captured_at": "2026-03-01T08:30:00"}, "captured_at", "with its zone"),
            ({"captured_at": "0001-01-01T00:00:00+14:00"}, "captured_at", "since 1970"),
            ({"captured_at": "9999-12-31T23:59:59-14:00"}, "captured_at", "in the future"),
            ({"context": "[1, 2]"}, "context", "must be an object"),
            ({"context": '"glare"'}, "context", "must be an object"),
            ({"context": "{"}, "context", "is not JSON"),
            ({"context": '{"lux": NaN}'}, "context", "is not JSON"),
            ({"context": '{"lux": 1e999}'}, "context", "not finite"),
            ({"context": '{"note": "\\u0000"}'}, "context", "NUL"),
            ({"context": '{"note": "\\ud800"}'}, "context", "broken character"),
            ({"context": "[" * 100_000}, "context", "is not JSON"),
            ({"context": json.dumps({"note": "x" * 20_000})}, "context", "larger than"),
            ({"prediction": "1"}, "prediction", "must be an object"),
            ({"prediction": '{"label": "red"}'}, "prediction.confidence", "is required"),
            ({"prediction": '{"label": "pink", "confidence": 1}'}, "prediction.label", "not a label"),
            ({"prediction": '{"label": "red", "confidence": 1.5}'}, "prediction.confidence", "from 0 to 1"),
        ],
    )
    def test_a_bad_field_is_refused_by_name(self, client, project, fields, field, reason):
        self.refused(client, form(project, **fields), 400, field, reason)

    def test_a_time_too_far_ahead_is_refused(self, client, project):
        ahead = (timezone.now() + timedelta(days=2)).isoformat()
        self.refused(client, form(project, captured_at=ahead), 400, "captured_at", "days in the future")

    def test_a_source_of_another_project_is_unknown(self, client, project):
        other = SourceFactory(project=colour_project(), key="elsewhere")
        self.refused(client, form(project, source=other.key), 400, "source", "not a source of this project")

    def test_a_project_that_is_not_the_callers_does_not_exist(self, client, project):
        other = colour_project()
        self.refused(client, form(project, project=other.slug), 404, "project", "no project")

    def test_a_body_over_the_limit_is_too_large(self, client, project, settings):
        self.refused(client, form(project, bytes(27 * 2**20)), 413, "image", "larger than")

    def test_a_file_over_the_limit_is_too_large(self, client, project, settings):
        settings.MAX_IMAGE_BYTES = 1000
        self.refused(client, form(project), 413, "image", "at most")

    def test_one_capture_is_one_image_of_one_source(self, client, project):
        other = SimpleUploadedFile("other.jpg", coloured("blue"))
        twice = form(project) | {"image": [form(project)["image"], other]}
        self.refused(client, twice, 400, "image", "more than once")
        twice = form(project)
        twice["source"] = [twice["source"]] * 2
        self.refused(client, twice, 400, "source", "more than once")

    def test_nothing_at_all_names_what_is_missing(self, client, project):
        answer = client.post(URL)
        assert (answer.status_code, sorted(answer.json()["errors"])) == (400, ["image", "project", "source"])

    @pytest.mark.parametrize("wait", ["soon", "-1", "31", "nan", "inf"])
    def test_a_bad_wait_is_refused_by_name(self, client, project, wait):
        answer = client.post(f"{URL}?wait={wait}", form(project), format="multipart")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["wait"])
        assert not Capture.objects.exists()

    def test_json_is_not_a_form(self, client, project):
        assert client.post(URL, {"project": project.slug}, format="json").status_code == 415

    def refused(self, client, sent, status, field, reason):
        answer = client.post(URL, sent, format="multipart")
        assert answer.status_code == status, answer.content
        body = answer.json()
        assert (
            body["type"]
            == {400: "/problems/invalid", 404: "/problems/not-found", 413: "/problems/too-large"}[status]
        )
        assert list(body["errors"]) == [field]
        assert reason in body["errors"][field][0]
        assert not Capture.objects.exists()
        assert not Image.objects.exists()


@pytest.mark.django_db
class TestOverload:
    @pytest.fixture(autouse=True)
    def two_may_wait(self, settings, monkeypatch):
        settings.MOST_PENDING = 2
        monkeypatch.setattr(overload, "FRESH_SECONDS", 0)

    def test_too_many_that_wait_have_the_next_sent_again_later(self, client, project):
        sent = [client.post(URL, form(project), format="multipart").status_code for _ in range(2)]
        answer = client.post(
            URL, form(project, coloured("blue")), format="multipart", headers={"Idempotency-Key": "frame-3"}
        )
        assert (sent, answer.status_code) == ([202, 202], 429)
        assert answer.json()["type"] == "/problems/overloaded"
        assert int(answer.headers["Retry-After"]) > 0
        assert (Capture.objects.count(), Image.objects.count()) == (2, 1)
        Capture.objects.filter(pk=Capture.objects.first().pk).update(state="predicted")
        again = client.post(
            URL, form(project, coloured("blue")), format="multipart", headers={"Idempotency-Key": "frame-3"}
        )
        assert (again.status_code, Capture.objects.count()) == (202, 3)

    def test_another_projects_backlog_is_none_of_its_business(self, client, project):
        other = colour_project()
        for seed in range(3):
            capture_of(other, coloured("red", seed))
        assert client.post(URL, form(project), format="multipart").status_code == 202


@pytest.mark.django_db
class TestWho:
    @pytest.mark.parametrize("role", ["engineer", "qa_lead"])
    def test_leads_send(self, project, role):
        client = client_of(member(project, role), project)
        assert client.post(URL, form(project), format="multipart").status_code == 202

    @pytest.mark.parametrize("role", ["annotator", "associate"])
    def test_others_do_not_whatever_their_token_says(self, project, role):
        client = client_of(member(project, role), project, scopes=list(Scope))
        answer = client.post(URL, form(project), format="multipart")
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")

    def test_a_token_needs_the_scope(self, project):
        client = client_of(member(project, "engineer"), project, scopes=[Scope.READ])
        assert client.post(URL, form(project), format="multipart").status_code == 403

    def test_nobody_is_nobody(self, project, client):
        client.credentials()
        assert client.post(URL, form(project), format="multipart").status_code == 401

    @pytest.mark.parametrize(
        ("role", "status"), [("engineer", 200), ("qa_lead", 200), ("annotator", 404), ("associate", 404)]
    )
    def test_captures_are_read_by_leads(self, project, role, status):
        capture = capture_of(project, coloured("red"))
        answer = client_of(member(project, role), project).get(f"{URL}{capture.pk}/")
        assert answer.status_code == status

    def test_a_strangers_capture_does_not_exist(self, project, client):
        other = capture_of(colour_project(), coloured("red"))
        assert client.get(f"{URL}{other.pk}/").status_code == 404


@pytest.mark.django_db
class TestReading:
    def test_a_pending_capture_says_so(self, client, project):
        capture = capture_of(project, coloured("red"), context={"lighting": "glare"})
        body = client.get(f"{URL}{capture.pk}/").json()
        assert (body["id"], body["state"], body["failure"]) == (str(capture.pk), "pending", None)
        assert (body["prediction"], body["routing"], body["context"]) == (None, None, {"lighting": "glare"})
        assert set(body["image"]) == {"id", "sha256", "url", "width", "height", "filename"}
        assert body["image"]["url"].startswith(f"http://testserver/images/{body['image']['id']}/?for=")
        assert body["source"] == capture.source.key

    def test_a_failed_capture_says_why(self, client, project):
        capture = capture_of(project, b"", state="failed", failure="The JPEG is cut short.")
        body = client.get(f"{URL}{capture.pk}/").json()
        assert (body["state"], body["failure"]) == ("failed", "The JPEG is cut short.")

    def test_the_list_is_filtered_by_state_and_goes_page_by_page(self, client, project):
        captures = [capture_of(project, coloured("red", seed)) for seed in range(5)]
        failed = capture_of(project, b"", state="failed", failure="why")
        url = f"/api/v1/projects/{project.slug}/captures/"
        first = client.get(url, {"state": "pending", "page_size": 3}).json()
        rest = client.get(first["next"]).json()
        found = [row["id"] for row in first["results"] + rest["results"]]
        assert found == [str(capture.pk) for capture in reversed(captures)]
        assert [row["id"] for row in client.get(url, {"state": "failed"}).json()["results"]] == [
            str(failed.pk)
        ]
        answer = client.get(url, {"state": "lost"})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["state"])

    def test_the_list_costs_the_same_queries_however_long(
        self, client, project, django_assert_max_num_queries
    ):
        url = f"/api/v1/projects/{project.slug}/captures/"
        counts = []
        for _ in range(2):
            for _ in range(4):
                PredictionFactory(
                    capture=capture_of(project, coloured("red", 1), state="predicted"), project=project
                )
            with django_assert_max_num_queries(20) as queries:
                assert client.get(url).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("hub_of_this_test")
class TestWaiting:
    """Over ASGI, with the inference process at work in a thread."""

    async def send(self, project, wait, **headers):
        client = AsyncClient()
        token = await sync_to_async(self.token)(project)
        body = await sync_to_async(form)(project)
        sent = {"Authorization": f"Token {token}", **headers}
        return await client.post(f"{URL}?wait={wait}", body, headers=sent)

    def token(self, project):
        secret = str(uuid4())
        TokenFactory(
            user=member(project, "engineer"), project=project, scopes=["ingest"], digest=digest_of(secret)
        )
        return secret

    async def test_the_prediction_and_its_routing_come_with_the_answer(self):
        project = await sync_to_async(colour_project)()
        with serving():
            answer = await self.send(project, 30)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        assert (body["state"], body["prediction"]["label"]) == ("predicted", "red")
        assert body["prediction"]["scores"]["red"] == body["prediction"]["confidence"]
        assert body["prediction"]["model_number"] >= 1
        assert body["routing"]["action"] in {"accept", "review", "audit"}
        assert body["routing"]["reasons"][0]["name"] == "confidence_at_least_threshold"
        assert 0 <= body["routing"]["inclusion_probability"] <= 1

    async def test_without_a_prediction_in_time_the_answer_is_202(self):
        project = await sync_to_async(colour_project)()
        began = time.monotonic()
        answer = await self.send(project, 0.3)
        assert time.monotonic() - began >= 0.3
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")

    async def test_a_key_sent_again_while_waiting_shows_the_same_capture(self):
        project = await sync_to_async(colour_project)()
        token = await sync_to_async(self.token)(project)
        client = AsyncClient()
        headers = {"Authorization": f"Token {token}", "Idempotency-Key": "camera-7-frame-1"}
        body = await sync_to_async(form)(project)
        again = await sync_to_async(form)(project)
        with serving():
            first = await client.post(f"{URL}?wait=30", body, headers=headers)
            second = await client.post(f"{URL}?wait=30", again, headers=headers)
        assert (first.status_code, second.status_code) == (200, 200)
        assert second.json() == first.json()
        assert second.headers["Idempotency-Replayed"] == "true"
        assert await Capture.objects.acount() == 1

    async def test_more_wait_at_once_than_there_are_connections(self):
        project = await sync_to_async(colour_project)()
        waiting = [asyncio.create_task(self.one_of_many(project)) for _ in range(40)]
        while await Capture.objects.acount() < len(waiting):  # noqa: ASYNC110 (another process may write them)
            await asyncio.sleep(0.05)
        with serving():
            answers = await asyncio.gather(*waiting)
        assert [answer.status_code for answer in answers] == [200] * 40

    async def one_of_many(self, project):
        client = AsyncClient()
        token = await sync_to_async(self.token)(project)
        body = await sync_to_async(form)(project)
        return await client.post(f"{URL}?wait=30", body, headers={"Authorization": f"Token {token}"})
