"""Sending from the edge: no answer, wrong answers, a clock that jumps; the champion checked before it is loaded."""

import json
import os
import threading

import httpx
import pytest

from inference.edge.agent import Agent, Options
from inference.edge.centre import Centre
from inference.edge.champion import Store
from inference.edge.clock import Clock
from inference.edge.outbox import Outbox
from inference.edge.spool import Spool
from inference.edge.watching import Folder
from tests.factories.detector import detector
from tests.factories.inference import coloured
from tests.inference.fake_centre import TOKEN, FakeCentre


class Device:
    """An agent whose clocks the test sets: `wall` in seconds since 1970, `ran` that never jumps."""

    def __init__(self, centre, folder, **options):
        self.wall, self.ran = centre.now, 0.0
        self.folder, self.incoming = folder, folder / "in"
        self.incoming.mkdir(exist_ok=True)
        self.centre, self.options = centre, options
        self.start()

    def start(self):
        clock = Clock(lambda: self.wall)
        self.spool = Spool(self.folder / "spool.sqlite3", most_bytes=1 << 20)
        self.outbox = Outbox(
            spool=lambda: self.spool,
            centre=Centre(
                url="http://centre",
                project="shop",
                token=TOKEN,
                clock=clock,
                transport=self.centre.transport(),
            ),
            store=Store(self.folder / "champion", token=TOKEN),
            clock=clock,
            device="till",
            poll_seconds=30,
            monotonic=lambda: self.ran,
        )
        self.agent = Agent(
            spool=self.spool,
            outbox=self.outbox,
            folders=[Folder("camera", self.incoming, settle_seconds=0, monotonic=lambda: self.ran)],
            options=Options(device="till", **self.options),
            monotonic=lambda: self.ran,
            wall=lambda: self.wall,
        )

    def give(self, *names, colour="red"):
        for number, name in enumerate(names):
            (self.incoming / f"{name}.jpg").write_bytes(coloured(colour, number))

    def round(self, **how):
        return self.outbox.round(self.spool, **how)


@pytest.fixture
def centre():
    return FakeCentre()


@pytest.fixture
def device(centre, tmp_path):
    made = Device(centre, tmp_path)
    made.round()
    return made


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("no route"),
        httpx.ReadTimeout("nothing"),
        httpx.Response(500),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(429, headers={"Retry-After": "7"}, json={"detail": "busy"}),
        httpx.Response(401, json={"detail": "expired"}),
    ],
)
def test_whatever_goes_wrong_nothing_is_lost_and_nothing_sent_under_two_names(device, centre, trouble):
    device.give("a", "b", "c")
    assert device.agent.step() == 3
    assert list(device.incoming.iterdir()) == []
    centre.answers = [trouble]
    wait = device.round()
    assert wait == 7 if "429" in repr(trouble) else 0.5 <= wait <= 1
    assert device.spool.waiting() == 3
    device.start()
    assert device.round() == 0.5
    assert (device.spool.waiting(), len(centre.captures)) == (0, 3)
    assert centre.tried[0] == centre.tried[1]
    said = [json.loads(parts["edge"]) for parts in centre.captures.values()]
    assert [each["capture"] for each in said] == list(centre.captures)


def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_words(device, centre):
    device.give("a")
    device.agent.step()

    def lose(key):
        centre.before_answer = lambda key: None
        raise httpx.ReadError("the line broke")

    centre.before_answer = lose
    device.round()
    device.wall -= 86_400  # whatever its clock says meanwhile
    device.start()
    device.round()
    assert (len(centre.tried), len(centre.captures)) == (2, 1)


def test_pauses_grow_while_there_is_no_network_and_are_forgotten_after(device, centre):
    device.give("a")
    device.agent.step()
    centre.answers = [httpx.ConnectError("") for _ in range(20)]
    waits = [device.round() for _ in range(20)]
    assert waits[0] <= 1
    assert 150 <= waits[-1] <= 300
    device.round()
    device.give("b")
    device.agent.step()
    centre.answers = [httpx.ConnectError("")]
    assert device.round() <= 1


def test_what_the_centre_refuses_holds_nothing_up_and_is_kept(device, centre):
    device.give("a", "b")
    device.agent.step()
    centre.answers = [httpx.Response(400, json={"detail": "source: unknown"})]
    device.round()
    assert (len(centre.captures), device.spool.refused()) == (1, 1)


@pytest.mark.parametrize("wrong", [10 * 365 * 86_400, -50 * 365 * 86_400])
def test_a_wrong_clock_is_set_by_the_centres(centre, tmp_path, wrong):
    device = Device(centre, tmp_path)
    device.wall = centre.now + wrong
    device.round()
    (device.incoming / "a.jpg").write_bytes(coloured("red"))
    stamp = max(device.wall - 100, 0)
    os.utime(device.incoming / "a.jpg", (stamp, stamp))
    device.agent.step()
    device.round()
    (parts,) = centre.captures.values()
    assert parts["captured_at"] == b"2027-01-15T07:58:20+00:00"


def test_a_clock_that_jumps_back_loses_and_doubles_nothing_and_nothing_is_in_the_future(device, centre):
    device.wall += 30 * 86_400
    device.outbox._clock.offset = 0.0
    for name in "ab":
        device.give(name)
        os.utime(device.incoming / f"{name}.jpg", (device.wall, device.wall))
        device.agent.step()
        device.wall = centre.now
    device.round()
    assert len(centre.captures) == 2
    # 2027-01-15T08:00:00Z is the centre's now.
    assert {parts["captured_at"] for parts in centre.captures.values()} == {b"2027-01-15T08:00:00+00:00"}


def test_what_is_accepted_is_counted_and_not_sent_but_for_labels_that_are_asked_for(tmp_path):
    centre = FakeCentre(threshold=0.5)
    device = Device(centre, tmp_path, send_labels=frozenset({"blue"}))
    device.round()
    device.give("a", "b", colour="red")
    device.give("c", colour="blue")
    device.agent.step()
    device.round(report_now=True)
    (parts,) = centre.captures.values()
    assert json.loads(parts["prediction"])["label"] == "blue"
    (report,) = centre.reports.values()
    assert [(c["label"], c["captures"], c["source"]) for c in report["counts"]] == [("red", 2, "camera")]
    device.give("d", colour="red")
    device.agent.step()
    centre.answers = [httpx.Response(400, json={"detail": "counts.0.source: unknown"})]
    device.round(report_now=True)
    assert len(centre.reports) == 1
    device.spool.try_refused()
    device.round(report_now=True)
    assert len(centre.reports) == 2


def test_what_a_detector_is_unsure_of_is_sent_with_its_boxes(tmp_path):
    centre = FakeCentre(threshold=0.95, model=detector(score=0.9))
    device = Device(centre, tmp_path)
    device.round()
    device.give("a")
    device.agent.step()
    device.round()
    (parts,) = centre.captures.values()
    said = json.loads(parts["prediction"])
    assert [(region["label"], region["box"]) for region in said["regions"]] == [
        ("plate", [0.0, 0.0, 32.0, 24.96])
    ]
    assert said["confidence"] == pytest.approx(0.8)


def test_a_centre_with_no_champion_to_give_takes_captures_all_the_same(device, centre, monkeypatch):
    device.give("a")
    device.agent.step()
    answer = centre._answer
    gone = httpx.Response(404, json={"detail": "No model serves this project."})
    monkeypatch.setattr(centre, "_answer", lambda r: gone if r.method == "GET" else answer(r))
    device.ran += 31
    device.round()
    assert len(centre.captures) == 1


def test_a_folder_that_is_not_there_holds_up_no_other(device, tmp_path):
    gone = Folder("gone", tmp_path / "gone", settle_seconds=0)
    device.agent._folders = [gone, *device.agent._folders]
    device.give("a")
    assert device.agent.step() == 1


class TestTheChampion:
    def test_nothing_is_taken_in_before_there_is_one(self, centre, tmp_path):
        centre.token = "another"
        device = Device(centre, tmp_path)
        device.give("a")
        device.round()
        assert (device.outbox.champion, device.agent.step()) == (None, 0)
        assert (device.incoming / "a.jpg").exists()

    def test_a_file_with_other_bytes_is_not_loaded(self, centre, tmp_path):
        centre.spoil = True
        device = Device(centre, tmp_path)
        device.round()
        assert device.outbox.champion is None
        assert [path.suffix for path in (tmp_path / "champion").iterdir()] == []

    def test_a_new_policy_is_picked_up_and_the_last_good_one_outlives_a_bad_one(self, device, centre):
        first = device.outbox.champion
        centre.manifest["policy"]["threshold"] = 0.25
        device.ran += 31
        device.round()
        assert (first.terms.threshold, device.outbox.champion.terms.threshold) == (1.0, 0.25)
        centre.manifest["model"]["files"] = [{"sha256": "0" * 64, "bytes": 10}]
        device.ran += 31
        device.round()
        assert device.outbox.champion.terms.threshold == 0.25
        device.start()
        assert device.outbox.champion.terms.threshold == 0.25

    def test_what_was_changed_on_the_disk_is_not_loaded_and_is_fetched_again(self, device, centre):
        path = device.folder / "champion" / centre.sha256
        path.write_bytes(centre.model[:-1] + b"?")
        device.start()
        assert device.outbox.champion is None
        device.round()
        assert path.read_bytes() == centre.model
        manifest = device.folder / "champion" / "champion.json"
        manifest.write_text(manifest.read_text().replace('\\"audit_share\\": 0.0', '\\"audit_share\\": 1.0'))
        device.start()
        assert device.outbox.champion is None

    def test_without_word_from_the_centre_certificates_lapse(self, tmp_path):
        centre = FakeCentre(threshold=0.0, error_budget=0.1)
        cell = {"slice": "", "label": "", "threshold": 0.5, "bound": 0.05, "proved": True}
        newest = "00000000-0000-7000-8000-000000000001"
        centre.manifest["trust"] = {"newest": newest, "cells": [cell]}
        device = Device(centre, tmp_path, trust_seconds=3600)
        device.round()
        device.give("a")
        device.agent.step()
        assert device.spool.waiting() == 0
        device.ran += 3601
        device.give("b")
        device.agent.step()
        assert device.spool.next().said["edge"]["trust"] == "00000000-0000-0000-0000-000000000000"
        device.round()
        device.give("c")
        device.agent.step()
        assert device.spool.waiting() == 0


def test_a_thread_sends_while_the_other_takes_in(device, centre):
    stop = threading.Event()
    seen = threading.Event()
    centre.before_answer = lambda key: seen.set() if len(centre.captures) == 3 else None
    device.outbox._open = lambda: Spool(device.folder / "spool.sqlite3", most_bytes=1 << 20)
    device.give("a", "b", "c")

    def end():
        assert seen.wait(30)
        stop.set()

    threading.Thread(target=end).start()
    device.agent.run(stop)
    assert len(centre.captures) == 3
