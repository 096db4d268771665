"""An upload in one statement: written once whoever else is at it, and whole or not at all."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inference.models import Capture
from inference.services.captures import receive
from labeling.imagefile import inspect
from labeling.models import Image
from labeling.services import images
from people.models import IdempotencyKey
from people.services.idempotency import Repeated
from tests.factories.inference import colour_project, coloured
from tests.factories.people import UserFactory
from tests.locks import until_somebody_waits_for_me

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project():
    return colour_project(champion=False)


def keyed(user):
    def answer(capture):
        return IdempotencyKey(
            user=user, key="frame-1", fingerprint=b"f" * 32, status=202, body=str(capture.pk)
        )

    return answer


def take_in(project, data=None, answer=None, **fields):
    data = data or coloured("red")
    row = images.row(project=project, data=data, facts=inspect(data))
    source = project.sources.get()
    return receive(
        project=project, source=source, image=row, captured_at=timezone.now(), answer=answer, **fields
    )


def apart(work):
    """`work` in a thread of its own connection, begun while this one's transaction is open and ended after it."""

    def done():
        try:
            return work()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    waiting = pool.submit(done)
    until_somebody_waits_for_me()
    pool.shutdown(wait=False)
    return waiting


def test_everything_that_belongs_to_an_upload_is_written(project):
    user = UserFactory()
    capture = take_in(project, context={"lighting": "glare"}, answer=keyed(user))
    kept = Capture.objects.select_related("image").get()
    assert (kept.pk, kept.state, kept.context, kept.external) == (
        capture.pk,
        "pending",
        capture.context,
        None,
    )
    assert (kept.image.media_type, kept.image.width, kept.received_at is None) == ("image/jpeg", 64, False)
    answered = IdempotencyKey.objects.get()
    assert (answered.status, answered.body, bytes(answered.fingerprint)) == (202, str(capture.pk), b"f" * 32)


def test_an_image_that_is_known_keeps_its_row(project):
    first = take_in(project)
    second = take_in(project)
    image = Image.objects.get()
    assert set(Capture.objects.values_list("pk", "image")) == {(first.pk, image.pk), (second.pk, image.pk)}


def test_the_slower_of_two_with_one_image_gets_the_row_of_the_faster(project):
    with transaction.atomic():
        take_in(project)
        waiting = apart(lambda: take_in(project))
    waiting.result()
    assert (Image.objects.count(), Capture.objects.count()) == (1, 2)


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "rolled back"])
def test_a_key_in_use_is_waited_for_and_writes_nothing_where_its_request_is_kept(project, kept):
    user = UserFactory()
    with transaction.atomic():
        take_in(project, answer=keyed(user))
        waiting = apart(lambda: take_in(project, coloured("blue"), answer=keyed(user)))
        transaction.set_rollback(not kept)
    if kept:
        with pytest.raises(Repeated):
            waiting.result()
    else:
        waiting.result()
    assert (Image.objects.count(), Capture.objects.count()) == (1, 1)
    assert Capture.objects.get().image.sha256 == inspect(coloured("red" if kept else "blue")).sha256


def test_it_is_announced_when_it_is_there(project, db):
    with connection.cursor() as cursor:
        cursor.execute("LISTEN vouch_work")
        try:
            capture = take_in(project)
            (said,) = connection.connection.notifies(timeout=10, stop_after=1)
        finally:
            cursor.execute("UNLISTEN *")
    assert str(capture.pk) in said.payload
