"""Where claims begin never hides a task from anybody: whatever is released, runs out, is added, moves or comes late."""

import contextlib
import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from labeling.enums import TaskState, Verdict
from labeling.models import Answer, CommonFrontier, Frontier, Slot, Task
from labeling.queries import frontiers
from labeling.queries.answers import within_undo
from labeling.queries.claim import take_next
from labeling.queries.lease_tokens import slot_number
from labeling.queries.tasks import next_positions
from labeling.services import answers, leases
from labeling.services.tasks import close
from tests.factories.labeling import open_task, project_with
from tests.factories.people import member
from tests.labeling.test_promises import in_threads

LONGEST_TRANSACTION = timedelta(minutes=5)


def said(label="in_stock"):
    return answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value={"label": label}, seconds=1)


def time_goes_by(length):
    """The frontier's clock is the time since it read the sequence."""
    CommonFrontier.objects.update(seen_at=F("seen_at") - length)


def move(user, queue):
    frontiers.move(user=user, queue_id=queue.pk, site_id=0)


def takeable(user, queue):
    """The tasks with a place that this user may take now, by looking at every slot there is."""
    places, theirs = set(), {}
    for slot in Slot.objects.filter(queue_id=queue.pk):
        if slot.answered_at is None and (slot.expires_at is None or slot.expires_at <= timezone.now()):
            places.add((slot.task_id, slot.pk))
        if slot.user_id == user.pk:
            theirs[slot.task_id] = slot.pk
    return {task for task, pk in places if theirs.get(task, pk) == pk}


def claimable(user, queue):
    """The tasks that claims give this user, one after another until they give nothing; none is kept."""
    terms = {"queue": queue.pk, "site": 0, "user": user.pk, "guideline": None, "seconds": 300, "secret": "s"}
    taken = set()
    with transaction.atomic():
        while held := take_next(**terms):
            taken.add(held.task_id)
        transaction.set_rollback(True)
    return taken


class Story:
    """Things that happen to a queue in an order that chance decides."""

    def __init__(self, shop, seed):
        self.chance = random.Random(seed)
        self.queue = shop.queue("review")
        self.queue.answers_required = self.chance.choice([1, 2, 3])
        self.queue.save()
        self.users = [shop.annotator, *(member(shop.project, "annotator") for _ in range(3))]
        self.held = []
        self.late = []
        for _ in range(4):
            self.opens()

    def opens(self):
        for _ in range(self.chance.randint(1, 4)):
            open_task(self.queue, priority=self.chance.choice([0, 0, 0, 4, 9]))

    def claims(self):
        user = self.chance.choice(self.users)
        taken = leases.claim(user=user, queue=self.queue, count=self.chance.randint(1, 3))
        self.held += [(user, task, held.token) for task, held in taken]

    def answers(self):
        for _ in range(min(3, len(self.held))):
            user, task, token = self.held.pop(self.chance.randrange(len(self.held)))
            task.refresh_from_db()
            # Late where the task was closed or the lease ran out and went to somebody else.
            with contextlib.suppress(answers.TooLate):
                answers.record_answer(user=user, task=task, lease=token, said=said())

    def releases(self):
        if self.held:
            user, _, token = self.held.pop()
            with contextlib.suppress(leases.LeaseLost):
                leases.release(user=user, token=token)

    def runs_out(self):
        if self.held:
            _, _, token = self.held.pop()
            ended = timezone.now() - timedelta(hours=1)
            slots = Slot.objects.filter(pk=slot_number(token), answered_at=None, user__isnull=False)
            slots.update(expires_at=ended)

    def is_undone(self):
        standing = list(within_undo(self.chance.choice(self.users)))
        if standing:
            answer = self.chance.choice(standing)
            answers.supersede(user=answer.user, task=answer.task, said=said("blocked"), earlier=answer.pk)

    def is_moved(self):
        task = self.an_open_task()
        if task is not None:
            Slot.objects.filter(task=task, answered_at=None).update(priority=self.chance.randint(0, 9))

    def is_asked_of_more(self):
        task = self.an_open_task()
        if task is not None:
            Task.objects.filter(pk=task.pk).update(extra_answers=F("extra_answers") + 1)
            self.adds(task, *next_positions(1))

    def begins_late(self):
        """A transaction has drawn its place, and is slow to commit."""
        self.late.append((self.an_open_task(), next_positions(1)[0], timedelta(0)))

    def comes_late(self):
        if self.late:
            task, position, _ = self.late.pop(self.chance.randrange(len(self.late)))
            if task is not None and Task.objects.filter(pk=task.pk, state="open").exists():
                Task.objects.filter(pk=task.pk).update(extra_answers=F("extra_answers") + 1)
                self.adds(task, position)

    def closes(self):
        if self.chance.random() < 0.3 and (task := self.an_open_task()):
            close(task=task, state=TaskState.WITHDRAWN)

    def is_later(self):
        length = timedelta(minutes=self.chance.choice([1, 4, 20]))
        self.late = [(task, position, age + length) for task, position, age in self.late]
        while any(age >= LONGEST_TRANSACTION for _, _, age in self.late):
            # It has committed before that much time went by.
            self.comes_late()
        time_goes_by(length)

    def frontiers_move(self):
        for user in self.users:
            if self.chance.random() < 0.7:
                move(user, self.queue)

    def an_open_task(self):
        tasks = Task.objects.filter(queue=self.queue, state="open").order_by("pk")
        return self.chance.choice(list(tasks) or [None])

    def adds(self, task, position):
        Slot.objects.create(
            task=task, queue_id=self.queue.pk, site_id=0, priority=task.priority, position=position
        )

    def goes_on(self):
        what = [
            self.opens,
            *[self.claims] * 4,
            *[self.answers] * 4,
            self.releases,
            self.runs_out,
            self.is_undone,
            self.is_moved,
            self.is_asked_of_more,
            self.begins_late,
            self.comes_late,
            self.closes,
            *[self.is_later] * 2,
            *[self.frontiers_move] * 3,
        ]
        self.chance.choice(what)()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_claims_give_everybody_all_they_may_take(shop, seed):
    story = Story(shop, seed)
    for step in range(120):
        story.goes_on()
        if step % 12 == 11:
            for user in story.users:
                assert claimable(user, story.queue) == takeable(user, story.queue)
    assert max(max(frontier.positions) for frontier in Frontier.objects.all()) > 1


@pytest.mark.django_db
def test_a_frontier_passes_what_its_user_answered_and_nothing_that_may_come_free(shop):
    queue = shop.queue("review")
    queue.answers_required = 2
    queue.save()
    tasks = [open_task(queue) for _ in range(6)]
    taken = leases.claim(user=shop.annotator, queue=queue, count=4)
    for task, held in taken[:3]:
        answers.record_answer(user=shop.annotator, task=task, lease=held.token, said=said())
    move(shop.annotator, queue)
    time_goes_by(frontiers.YOUNG + timedelta(minutes=1))
    move(shop.annotator, queue)
    # The fourth is held by them, and may be given back.
    place = Slot.objects.filter(task=tasks[3]).order_by("position").first()
    assert Frontier.objects.get().positions[0] == place.position
    common = CommonFrontier.objects.get()
    assert common.positions[0] == Slot.objects.filter(task=tasks[0], answered_at=None).get().position
    assert common.positions[5] == common.settled + 1


@pytest.mark.django_db
def test_claims_move_the_frontiers_themselves_now_and_then(shop):
    queue = shop.queue("review")
    for _ in range(6 * frontiers.EVERY):
        open_task(queue)
    for _ in range(6):
        leases.claim(user=shop.annotator, queue=queue, count=frontiers.EVERY)
    assert Frontier.objects.filter(user=shop.annotator).exists()
    assert CommonFrontier.objects.get().seen > 0


@pytest.mark.django_db
def test_a_slot_whose_priority_changes_goes_to_the_end_of_its_new_line(shop):
    task, other = open_task(shop.queue("review")), open_task(shop.queue("review"), priority=5)
    before = Slot.objects.get(task=task).position
    Slot.objects.filter(task=task).update(priority=5)
    assert Slot.objects.get(task=task).position > Slot.objects.get(task=other).position
    Slot.objects.filter(task=other).update(priority=5, secret="kept where it is")
    assert before < Slot.objects.get(task=other).position < Slot.objects.get(task=task).position


@pytest.mark.django_db(transaction=True)
def test_a_slot_that_was_not_to_be_seen_yet_is_claimed_all_the_same():
    project = project_with()
    queue = project.queues.get(name="review")
    user = member(project, "annotator")
    open_task(queue)
    move(user, queue)
    drawn, seen = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                task = open_task(queue)
                drawn.set()
                assert seen.wait(30)
            return task.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(slow)
        assert drawn.wait(30)
        later = open_task(queue)
        for task in (Task.objects.earliest("pk"), later):
            answers.record_answer(user=user, task=task, lease=None, said=said())
        # Twice as long as any transaction lasts, less than what makes a position settled; then time for the reading
        # taken before the slow one began.
        for length in (2 * LONGEST_TRANSACTION, frontiers.YOUNG - 2 * LONGEST_TRANSACTION):
            time_goes_by(length)
            move(user, queue)
        before = max(Frontier.objects.get().positions)
        seen.set()
        slow_one = opening.result()
    assert before <= Slot.objects.get(task=slow_one).position
    assert claimable(user, queue) == {slow_one}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_32_people_with_frontiers_on_the_move_fill_every_place_once(monkeypatch):
    monkeypatch.setattr(frontiers, "EVERY", 1)
    monkeypatch.setattr(frontiers, "YOUNG", timedelta(0))
    project = project_with()
    queue = project.queues.get(name="review")
    queue.answers_required = 2
    queue.save()
    tasks = [open_task(queue, priority=number % 3) for number in range(120)]
    users = [member(project, "annotator") for _ in range(32)]

    def work(number):
        user, chance, done = users[number], random.Random(number), []
        while taken := leases.claim(user=user, queue=queue, count=chance.randint(1, 4)):
            for task, held in taken:
                if chance.random() < 0.2:
                    leases.release(user=user, token=held.token)
                else:
                    answers.record_answer(user=user, task=task, lease=held.token, said=said())
                    done.append(task.pk)
        return done

    done = in_threads(32, work)
    # What was given back when everybody else had found nothing is left: whoever comes next gets it.
    while rest := work(0) + work(1):
        done.append(rest)
    assert all(len(mine) == len(set(mine)) for mine in done[:32])
    assert sum(map(len, done)) == 2 * len(tasks)
    assert not Slot.objects.filter(answered_at=None).exists()
    pairs = list(Answer.objects.values_list("task", "user"))
    assert len(pairs) == len(set(pairs)) == 2 * len(tasks)
