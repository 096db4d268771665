"""When the next batch of a project is taken."""

import threading
from uuid import UUID

import pytest

from inference.services import gathering
from inference.services.gathering import LONGEST_SECONDS, Gathering

PROJECT, OTHER = UUID(int=1), UUID(int=2)


class Clock:
    """Time that passes where somebody sleeps, and where a test says so."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 6))
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(gathering, "time", clock)
    return clock


def batch(gathering, clock, count, *, seconds=0.03, full=False, project=PROJECT):
    """Take a batch that so many captures are in; returns how long it was waited with."""
    clock.slept.clear()
    assert gathering.wait(project)
    waited = sum(clock.slept)
    clock.now += seconds
    gathering.took(project, seconds, count, full=full)
    return waited


def test_lone_captures_and_full_batches_wait_for_nothing(clock):
    gathering = Gathering()
    assert [batch(gathering, clock, 1) for _ in range(3)] == [0, 0, 0]
    assert [batch(gathering, clock, 96, full=True) for _ in range(3)] == [0, 0, 0]


def test_after_several_at_once_the_next_wait_as_long_as_those_took(clock):
    gathering = Gathering()
    assert batch(gathering, clock, 3) == 0
    assert batch(gathering, clock, 5, seconds=0.05) == pytest.approx(0.03)
    clock.now += 0.02
    assert batch(gathering, clock, 1) == pytest.approx(0.03)
    assert batch(gathering, clock, 2) == 0, "whoever came alone let nobody wait"
    clock.now += 1
    assert batch(gathering, clock, 2) == 0, "it was waited long enough"
    batch(gathering, clock, 2, seconds=60)
    assert batch(gathering, clock, 2) == pytest.approx(LONGEST_SECONDS), (
        "nobody waits longer for a slow model"
    )


def test_a_batch_that_found_nothing_lets_the_next_be_taken(clock):
    gathering = Gathering()
    batch(gathering, clock, 3)
    clock.now += 1
    batch(gathering, clock, 0, seconds=0)
    assert gathering.wait(PROJECT)
    assert not clock.slept


def test_one_project_waits_for_no_other(clock):
    gathering = Gathering()
    batch(gathering, clock, 3)
    assert batch(gathering, clock, 3, project=OTHER) == 0


def test_one_thread_waits_and_the_others_have_nothing_to_do(clock, monkeypatch):
    gathering = Gathering()
    batch(gathering, clock, 3)
    asleep, wake = threading.Event(), threading.Event()

    def sleep(seconds):
        asleep.set()
        assert wake.wait(30)

    monkeypatch.setattr(clock, "sleep", sleep)
    found = []
    waiting = threading.Thread(target=lambda: found.append(gathering.wait(PROJECT)))
    waiting.start()
    assert asleep.wait(30)
    assert gathering.wait(PROJECT) is False
    wake.set()
    waiting.join(30)
    assert found == [True]


def test_while_a_batch_of_several_is_at_work_none_is_taken_beside_it(clock):
    gathering = Gathering()
    batch(gathering, clock, 3)
    clock.now += 1
    assert gathering.wait(PROJECT)
    clock.slept.clear()
    assert gathering.wait(PROJECT), "another lane comes for the next"
    assert clock.slept == [0.06]
