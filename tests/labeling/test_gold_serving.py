"""Known answers among tasks: how often, to whom, and that nothing tells them apart."""

import random
import uuid

import pytest
from django.db import connection

from labeling.domain.values import ValueRefused
from labeling.enums import Verdict
from labeling.models import Answer, Gold, Image, Resolution, Slot, Task
from labeling.queries import gold as scores
from labeling.queries import progress
from labeling.queries import rounds as counted
from labeling.queries.queues import waiting_in
from labeling.services import answers, gold, leases, rounds
from labeling.services.queues import change_queue
from tests.factories.gold import known
from tests.factories.labeling import ImageFactory, QueueFactory, open_task
from tests.factories.people import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(shop):
    """The blind queue, of whose served tasks a half are known answers."""
    queue = shop.queue("audit")
    queue.gold_share = 0.5
    queue.save()
    return queue


def say(user, task, held, label="in_stock", earlier=None):
    said = answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value={"label": label}, seconds=1)
    if earlier:
        return answers.supersede(user=user, task=task, said=said, earlier=earlier.pk)[0]
    return answers.record_answer(user=user, task=task, lease=held.token, said=said)[0]


def claimed(user, queue, count=1):
    return leases.claim(user=user, queue=queue, count=count)


def test_where_the_tables_were_counted_while_being_written_a_claim_takes_no_minutes(shop, queue):
    known(shop, 60)
    for _ in range(300):
        open_task(queue)
    claimed(shop.annotator, queue, 50)
    queue.gold_share = 1
    queue.save()
    with connection.cursor() as cursor:
        # What ANALYZE leaves when all rows are of a transaction that has not ended yet.
        for model in (Gold, Image, Slot, Task):
            counted = ["schemaname", "public", "relname", model._meta.db_table, "relpages", 9, "reltuples", 0]
            cursor.execute(
                "SELECT pg_restore_relation_stats(%s, %s, %s, %s, %s, %s::int, %s, %s::real)", counted
            )
        cursor.execute("SET LOCAL statement_timeout = '10s'")
    assert all(task.gold for task, _ in claimed(shop.annotator, queue, 4))


def test_the_share_served_is_the_share_set(shop, queue):
    queue.gold_share = 0.2
    queue.save()
    known(shop, 120)
    for _ in range(400):
        open_task(queue)
    random.seed(4)
    served = [task for _ in range(134) for task, _ in claimed(shop.annotator, queue, 3)]
    gold_served = sum(task.gold_id is not None for task in served)
    assert len(served) == 402
    # Binomial, n = 402, p = 0.2: mean 80.4, standard deviation 8.0.
    assert 56 <= gold_served <= 105
    images = [task.image_id for task in served]
    assert len(images) == len(set(images))


def shape(value):
    """What a JSON value looks like: keys, and the kind and length of what they hold."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, str):
        return len(value) if "-" in value[:9] and len(value) == 36 else "text"
    return type(value).__name__


def test_nothing_tells_a_known_answer_from_a_task(shop, queue):
    known(shop, 10)
    for _ in range(10):
        open_task(queue)
    client = shop.client(shop.annotator)
    random.seed(1)
    tasks = client.post(f"/api/v1/queues/{queue.pk}/claim/", {"count": 10}, format="json").json()["tasks"]
    is_gold = {str(pk): gold is not None for pk, gold in Task.objects.values_list("pk", "gold")}
    assert {is_gold[task["id"]] for task in tasks} == {True, False}

    def differs(rows):
        kinds = {True: [], False: []}
        for task, row in zip(tasks, rows, strict=True):
            if shape(row) not in kinds[is_gold[task["id"]]]:
                kinds[is_gold[task["id"]]].append(shape(row))
        return kinds[True] != kinds[False]

    assert not differs(tasks)
    assert len({task["lease"]["expires_at"] for task in tasks}) == 1
    assert len({task["due_at"] for task in tasks}) == 1
    reread = [client.get(f"/api/v1/tasks/{task['id']}/").json() for task in tasks]
    assert not differs(reread)
    replies = []
    for task in tasks:
        said = {
            "lease": task["lease"]["token"],
            "client_id": str(uuid.uuid4()),
            "verdict": "label",
            "value": {"label": "in_stock"},
        }
        path = f"/api/v1/tasks/{task['id']}/answers/"
        first, again = (client.post(path, said, format="json") for _ in range(2))
        assert first.json() == again.json()
        replies.append(first.json())
    assert not differs(replies)
    assert all(reply["resolution"] for reply in replies)
    assert not differs([client.get(f"/api/v1/tasks/{task['id']}/").json() for task in tasks])
    listed = client.get(f"/api/v1/projects/{shop.project.slug}/answers/?page_size=50").json()["results"]
    by_task = {row["task"]: row for row in listed}
    assert not differs([by_task[task["id"]] for task in tasks])
    assert Resolution.objects.count() == sum(not is_gold[task["id"]] for task in tasks)
    assert client.get(f"/api/v1/projects/{shop.project.slug}/gold/").status_code == 403


def test_its_id_is_as_old_as_its_neighbours(shop, queue):
    queue.gold_share = 1
    queue.save()
    known(shop, 1)
    task = open_task(queue)
    ((served, held),) = claimed(shop.annotator, queue)
    assert served.gold is not None
    assert served.pk.bytes[:6] == task.pk.bytes[:6] != served.gold.pk.bytes[:6]
    assert (served.pk.version, held.token.count(".")) == (7, 1)
    assert not Slot.objects.filter(task=task, user__isnull=False).exists()


def test_what_is_skipped_comes_again_to_the_same_person_alone(shop, queue):
    queue.gold_share = 1
    queue.save()
    (one,) = known(shop, 1)
    open_task(queue)
    other = member(shop.project, "annotator")
    ((task, held),) = claimed(shop.annotator, queue)
    leases.release(user=shop.annotator, token=held.token)
    ((theirs, _),) = claimed(other, queue)
    assert (theirs.gold, theirs.pk == task.pk) == (one, False)
    assert shop.client(other).get(f"/api/v1/tasks/{task.pk}/").status_code == 404
    ((again, renewed),) = claimed(shop.annotator, queue)
    assert (again, renewed.secret == held.secret) == (task, False)
    say(shop.annotator, again, renewed)
    ((last, _),) = claimed(shop.annotator, queue)
    assert last.gold is None
    assert waiting_in([queue], shop.annotator)[queue.pk].open == 1


def test_where_no_task_waits_no_known_answer_is_served(shop, queue):
    known(shop, 2)
    queue.gold_share = 1
    queue.save()
    assert claimed(shop.annotator, queue, 3) == []
    assert not Task.objects.exists()


def test_a_known_answer_has_a_proposal_where_its_neighbours_have(shop):
    queue = shop.queue("review")
    queue.gold_share = 1
    queue.save()
    known(shop, 1)
    open_task(queue, proposal={"label": "blocked", "confidence": 0.6, "scores": {}, "model": "net 1"})
    ((task, _),) = claimed(shop.annotator, queue)
    assert (task.gold, task.proposal["label"]) == (None, "blocked")


def test_scores_follow_what_is_said_last_and_count_nowhere_else(shop, queue):
    queue.gold_share = 1
    queue.save()
    one, _ = known(shop, 2)
    open_task(queue)
    said = []
    for label in ("in_stock", "blocked"):
        ((task, held),) = claimed(shop.annotator, queue)
        said.append((task, say(shop.annotator, task, held, label)))
    found = scores.gold_scores(shop.project)[shop.annotator.pk]
    assert (found.right, found.total) == (1, 2)
    low, high = found.interval
    assert low < found.share < high
    task, wrong = said[1]
    say(shop.annotator, task, None, "in_stock", earlier=wrong)
    assert scores.gold_scores(shop.project)[shop.annotator.pk].right == 2
    assert scores.scores_by_gold(shop.project)[one.pk] == scores.Score(1, 1)
    gold.retire_gold(user=shop.qa_lead, gold=one)
    assert scores.gold_scores(shop.project, [shop.annotator.pk])[shop.annotator.pk].total == 1
    assert scores.gold_scores(shop.project, []) == {}
    audit = next(row for row in progress.by_queue(shop.project) if row.id == queue.pk)
    assert (audit.waiting, audit.day) == (1, 0)
    assert progress.kept_proposals(shop.project).shown == 0
    assert Answer.objects.count() == 3
    assert not Resolution.objects.exists()


def test_a_round_counts_no_known_answer(shop):
    known(shop, 3)
    for _ in range(2):
        ImageFactory(project=shop.project, filename="real.jpg")
    one = rounds.make_round(
        user=shop.qa_lead,
        project=shop.project,
        name="r",
        title="R",
        filters={"never_labelled": True, "limit": 2},
        answers_required=2,
        gold_share=1,
    )
    ((task, held),) = claimed(shop.annotator, one.queue)
    say(shop.annotator, task, held)
    found = counted.progress_of([one])[one.pk]
    assert task.gold is not None
    assert (found.asked, found.done, found.answers_left) == (2, 0, 4)
    assert counted.people_in(one) == []
    assert sum(row.count for row in counted.balance_of(one)) == 0
    assert Task.objects.get(pk=task.pk).state == "open"
    rounds.close(user=shop.qa_lead, which=one)
    assert not Task.objects.filter(queue=one.queue, state="open").exists()


def test_in_a_queue_by_site_it_is_of_the_site_of_the_task_beside_it(shop):
    queue = QueueFactory(project=shop.project, name="near", by_site=True, gold_share=1, blind=True)
    northerner = member(shop.project, "annotator", shop.north)
    for source in (shop.camera, shop.other_camera, None):
        image = ImageFactory(project=shop.project, source=source)
        gold.make_gold(user=shop.qa_lead, project=shop.project, image=image, value={"label": "in_stock"})
    task = open_task(queue, site_id=shop.north.pk)
    ((served, held),) = claimed(northerner, queue)
    assert (served.gold is not None, served.image.source, served.site_id) == (
        True,
        shop.camera,
        shop.north.pk,
    )
    client = shop.client(northerner)
    assert client.get(f"/api/v1/tasks/{served.pk}/").status_code == 200
    leases.release(user=northerner, token=held.token)
    northerner.memberships.get().sites.set([shop.south])
    open_task(queue, site_id=shop.south.pk)
    moved = type(northerner).objects.get(pk=northerner.pk)
    ((other, _),) = claimed(moved, queue)
    assert (other.image.source, other.site_id) == (shop.other_camera, shop.south.pk)
    assert Task.objects.get(pk=task.pk).state == "open"


def test_of_associates_alerts_a_tenth_at_most_is_known(shop):
    with pytest.raises(ValueRefused, match="at most in a queue for associates"):
        change_queue(user=shop.qa_lead, queue=shop.queue("alerts"), gold_share=0.11)
    assert change_queue(user=shop.qa_lead, queue=shop.queue("alerts"), gold_share=0.1).gold_share == 0.1
    sent = {"name": "more", "audience": "associate", "by_site": True, "gold_share": 0.2}
    path = f"/api/v1/projects/{shop.project.slug}/queues/"
    refused = shop.client(shop.engineer).post(path, sent, format="json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["gold_share"])


def test_a_known_answer_among_alerts_is_of_the_associates_own_store(shop):
    alerts = shop.queue("alerts")
    # More than may be asked for, so that chance needs no waiting.
    alerts.gold_share = 1
    for source in (shop.camera, shop.other_camera):
        image = ImageFactory(project=shop.project, source=source)
        gold.make_gold(user=shop.qa_lead, project=shop.project, image=image, value={"label": "in_stock"})
    for _ in range(3):
        open_task(alerts, site_id=shop.north.pk)
    taken = leases.claim(user=shop.associate, queue=alerts, count=4)
    assert [task.image.source for task, _ in taken if task.gold_id] == [shop.camera]
