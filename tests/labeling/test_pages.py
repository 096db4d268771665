"""Who may open the annotator's and the associate's page, and what they find there."""

import pytest

from labeling.models import Queue
from tests.factories.labeling import GuidelineFactory, ImageFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db

EVERYBODY = ("associate", "annotator", "qa_lead", "engineer", "stranger")


def get(client, user, path):
    client.force_login(user)
    return client.get(path)


@pytest.fixture
def at(shop):
    return f"/p/{shop.project.slug}"


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("work/", (403, 302, 302, 302, 404)),
        ("work/review/", (403, 200, 200, 200, 404)),
        ("work/audit/", (403, 200, 200, 200, 404)),
        ("work/adjudication/", (403, 404, 200, 404, 404)),
        ("work/alerts/", (403, 404, 404, 404, 404)),
        ("work/no-such/", (403, 404, 404, 404, 404)),
        ("alerts/", (200, 403, 200, 200, 404)),
        ("guideline/", (200, 200, 200, 200, 404)),
    ],
)
def test_who_may_open_what(client, shop, at, path, statuses):
    found = tuple(get(client, getattr(shop, who), f"{at}/{path}").status_code for who in EVERYBODY)
    assert found == statuses


def test_nobody_signed_in_is_asked_to_log_in(client, shop, at):
    for path in ("work/", "work/review/", "alerts/", "guideline/"):
        assert client.get(f"{at}/{path}").url == f"/login/?next={at}/{path}"


def test_work_begins_where_most_waits(client, shop, at):
    for _ in range(2):
        open_task(shop.queue("audit"))
    open_task(shop.queue("review"))
    assert get(client, shop.annotator, f"{at}/work/").url == f"{at}/work/audit/"


def test_work_begins_with_the_first_queue_where_nothing_waits(client, shop, at):
    assert get(client, shop.annotator, f"{at}/work/").url == f"{at}/work/review/"


def test_the_page_has_labels_guideline_and_what_waits_elsewhere(client, shop, at):
    GuidelineFactory(project=shop.project, body="Look **closely**. <script>alert(1)</script>", number=7)
    open_task(shop.queue("audit"))
    page = get(client, shop.annotator, f"{at}/work/review/").content.decode()
    assert 'aria-keyshortcuts="3"' in page
    assert "Out of stock" in page
    assert "</span>v7</h2>" in page
    assert "<strong>closely</strong>" in page
    assert "<script>alert" not in page
    assert 'audit <span class="faint" data-open>1</span>' in page


def test_no_proposal_is_in_the_page_of_a_blind_queue(client, shop, at):
    proposal = {"label": "blocked", "confidence": 0.7, "scores": {}, "model": "secret-model"}
    open_task(shop.queue("audit"), proposal=proposal)
    page = get(client, shop.annotator, f"{at}/work/audit/").content.decode()
    assert "secret-model" not in page
    assert "data-accept" not in page


def test_queries_do_not_grow_with_what_waits(client, shop, at, django_assert_max_num_queries):
    for _ in range(12):
        open_task(shop.queue("review"))
    client.force_login(shop.annotator)
    with django_assert_max_num_queries(12):
        client.get(f"{at}/work/review/")


def test_an_associate_counts_the_alerts_of_their_own_site(client, shop, at):
    for camera in (shop.camera, shop.camera, shop.other_camera):
        image = ImageFactory(project=shop.project, source=camera)
        open_task(shop.queue("alerts"), image, site_id=camera.site_id)
    page = get(client, shop.associate, f"{at}/alerts/").content.decode()
    assert "<strong data-waiting>2</strong>" in page
    assert shop.north.name in page
    assert shop.south.name not in page


def test_an_associate_of_no_site_is_told_so(client, shop, at):
    page = get(client, member(shop.project, "associate"), f"{at}/alerts/").content.decode()
    assert "You belong to no store yet" in page


def test_a_project_without_alerts_has_no_such_page(client, shop, at):
    Queue.objects.filter(project=shop.project, name="alerts").delete()
    assert get(client, shop.associate, f"{at}/alerts/").status_code == 403
