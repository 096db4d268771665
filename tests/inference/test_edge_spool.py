"""The spool: what leaves when it is full, what never does, and reports that say the same until they came."""

import uuid

import pytest

from inference.edge.clock import Clock
from inference.edge.spool import Spool
from inference.edge.waiting import File, SpoolFull, Worth

KB = 1024


@pytest.fixture
def path(tmp_path):
    return tmp_path / "spool.sqlite3"


@pytest.fixture
def spool(path):
    made = Spool(path, most_bytes=10 * KB)
    yield made
    made.close()


def keep(spool, worth, name, size=4 * KB, **fields):
    return spool.keep(
        worth=worth,
        source="till",
        filename=name,
        taken_at=1000.0,
        said={},
        data=bytes(size),
        capture=str(uuid.uuid4()),
        **fields,
    )


def names(spool):
    found = []
    while (waiting := spool.next()) is not None:
        found.append(waiting.filename)
        spool.sent(waiting.seq)
    return found


def lost(spool):
    report = spool.report(device="d", moment=str)
    return report[1]["lost"] if report else 0


def test_what_is_certain_leaves_first_then_audits_the_oldest_first(spool):
    for worth, name in ((Worth.AUDIT, "a1"), (Worth.CERTAIN, "c1")):
        assert keep(spool, worth, name)
    assert keep(spool, Worth.UNSURE, "u1")
    assert keep(spool, Worth.AUDIT, "a2")
    assert lost(spool) == 2
    assert names(spool) == ["u1", "a2"]


def test_what_is_certain_itself_gives_way_to_audits(spool):
    keep(spool, Worth.AUDIT, "a1")
    keep(spool, Worth.AUDIT, "a2")
    assert not keep(spool, Worth.CERTAIN, "c")
    assert (names(spool), lost(spool)) == (["a1", "a2"], 1)


def test_what_is_unsure_never_leaves_and_nothing_changes_where_there_is_no_room(spool):
    file = File("/in/x.jpg", 3, 4)
    keep(spool, Worth.UNSURE, "u1")
    keep(spool, Worth.UNSURE, "u2")
    for worth in (Worth.UNSURE, Worth.AUDIT):
        with pytest.raises(SpoolFull):
            keep(spool, worth, "more", file=file)
    assert not spool.has(file)
    assert (names(spool), lost(spool)) == (["u1", "u2"], 0)


def test_what_was_tried_is_promised_and_stays(spool):
    keep(spool, Worth.AUDIT, "tried")
    spool.promise(spool.next().seq, 5.0)
    keep(spool, Worth.AUDIT, "later")
    keep(spool, Worth.UNSURE, "u")
    assert names(spool) == ["u", "tried"]


def test_the_file_stays_within_its_bound_and_is_given_back(path, spool):
    for number in range(60):
        keep(spool, Worth.AUDIT, str(number), 3 * KB)
    assert spool.bytes() <= 10 * KB
    assert len(names(spool)) == 3
    spool.close()
    # Pages of tables that are empty by now, and no image.
    assert sum(file.stat().st_size for file in path.parent.iterdir()) < 80 * KB


def test_a_report_says_the_same_until_it_came_also_after_a_restart(path, spool):
    for at in (3599.0, 3601.0, 3602.0):
        spool.count(source="till", taken_at=at, model="m", policy="p", label="red", bucket=19)
    clock = Clock(lambda: 10_000.0)
    first = spool.report(device="d", moment=clock.moment)
    spool.close()
    spool = Spool(path, most_bytes=10 * KB)
    spool.count(source="till", taken_at=3601.0, model="m", policy="p", label="red", bucket=19)
    assert spool.report(device="d", moment=clock.moment) == first
    assert [count["captures"] for count in first[1]["counts"]] == [1, 2]
    assert first[1]["counts"][0]["hour"] == "1970-01-01T00:00:00+00:00"
    spool.reported(first[0])
    seq, second = spool.report(device="d", moment=clock.moment)
    assert [count["captures"] for count in second["counts"]] == [1]
    assert second["report"] != first[1]["report"]
    spool.reported(seq)
    assert spool.report(device="d", moment=clock.moment) is None


def test_a_file_is_remembered_with_its_capture_and_another_of_its_name_is_another(spool):
    file = File("/in/x.jpg", 3, 4)
    keep(spool, Worth.UNSURE, "x", file=file)
    assert spool.has(file)
    assert not spool.has(File("/in/x.jpg", 3, 5))
    spool.forget(file.path)
    assert not spool.has(file)


def test_a_full_disk_changes_nothing_and_room_again_goes_on(spool):
    keep(spool, Worth.UNSURE, "before", 1 * KB)
    pages = spool._database.execute("PRAGMA page_count").fetchone()[0]
    spool._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(SpoolFull):
        keep(spool, Worth.UNSURE, "more", 8 * KB, file=File("/in/more.jpg", 1, 2))
    assert (spool.waiting(), spool.files()) == (1, [])
    spool._database.execute("PRAGMA max_page_count = 1000000")
    assert keep(spool, Worth.UNSURE, "more", 8 * KB)
    assert names(spool) == ["before", "more"]


def test_what_was_refused_waits_until_it_is_tried_again(spool):
    keep(spool, Worth.UNSURE, "x")
    spool.refuse(spool.next().seq, "400: source")
    assert (spool.next(), spool.refused(), spool.waiting()) == (None, 1, 0)
    spool.try_refused()
    assert spool.next().filename == "x"
