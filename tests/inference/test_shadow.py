"""A candidate in shadow: what it is put to, what is kept of it, and how it begins and ends."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from inference.domain.alike import alike
from inference.enums import Stage
from inference.models import Capture, ModelVersion, Prediction, Shadow, ShadowPrediction
from inference.queries.models import champion
from inference.services import shadowing, shadows
from inference.services.models import set_champion
from inference.services.shadowing import Shadower, is_drawn
from inference.services.shadows import MOST_CRASHES, ShadowRefused
from people.enums import Role
from people.models import AuditEvent
from tests.factories.inference import ModelVersionFactory, capture_of, colour_project, coloured
from tests.factories.people import member
from tests.factories.shadows import candidate, in_shadow, look_at, predicted

pytestmark = pytest.mark.django_db
SWAPPED = ("green", "red", "blue")


@pytest.fixture
def project():
    return colour_project()


def counts(shadow):
    shadow.refresh_from_db()
    return {name: getattr(shadow, name) for name in ("seen", "agreed", "skipped", "failed")}


def stages(project):
    return list(ModelVersion.objects.filter(project=project).order_by("pk").values_list("stage", flat=True))


def test_it_says_what_it_thinks_of_each_capture_that_the_champion_predicted(project):
    shadow = in_shadow(project, SWAPPED)
    ids = predicted(project, 6)
    look_at(project, ids)
    said = dict(ShadowPrediction.objects.values_list("capture_id", "value__label"))
    champions = dict(Prediction.objects.values_list("capture_id", "value__label"))
    other = {"red": "green", "green": "red", "blue": "blue"}
    assert said == {pk: other[label] for pk, label in champions.items()}
    assert counts(shadow) == {"seen": 6, "agreed": 2, "skipped": 0, "failed": 0}
    assert ShadowPrediction.objects.filter(agrees=True).count() == 2
    one = ShadowPrediction.objects.first()
    assert sum(one.scores.values()) == pytest.approx(1, abs=1e-5)
    assert one.confidence == max(one.scores.values())


def test_without_a_shadow_nothing_is_kept(project):
    look_at(project, predicted(project))
    assert not ShadowPrediction.objects.exists()


def test_what_came_with_its_own_prediction_is_not_put_to_it(project):
    shadow = in_shadow(project)
    vendors = {"label": "red", "confidence": 0.9, "model": "Vendor 7"}
    capture = capture_of(project, coloured("red", 50), external=vendors)
    ids = predicted(project, 2)
    assert Capture.objects.filter(state="predicted").count() == 3
    assert capture.pk not in ids
    look_at(project, [*ids, capture.pk])
    assert counts(shadow)["seen"] == 2


def test_its_share_of_captures_is_the_same_however_often_it_is_asked(project):
    shadow = in_shadow(project, share=0.3)
    ids = predicted(project, 40)
    drawn = [pk for pk in ids if is_drawn(shadow, pk)]
    assert 0 < len(drawn) < 30
    for _ in range(2):
        look_at(project, ids)
    assert set(ShadowPrediction.objects.values_list("capture_id", flat=True)) == set(drawn)
    other = Shadow(share=0.3, draw_key="another")
    assert [pk for pk in ids if is_drawn(other, pk)] != drawn


def test_a_capture_put_to_it_twice_is_kept_and_counted_once(project):
    shadow = in_shadow(project)
    ids = predicted(project)
    for _ in range(2):
        look_at(project, ids)
    assert counts(shadow) == {"seen": 3, "agreed": 3, "skipped": 0, "failed": 0}
    row = ShadowPrediction.objects.first()
    row.pk = None
    with transaction.atomic(), pytest.raises(IntegrityError, match="one_shadow_prediction_a_capture"):
        row.save(force_insert=True)


def test_while_captures_wait_it_stands_back_and_what_it_misses_is_counted(project, monkeypatch):
    monkeypatch.setattr(shadowing, "BACKLOG", 2)
    shadow = in_shadow(project)
    ids = predicted(project)
    waiting = [capture_of(project, coloured("red", 100 + seed)) for seed in range(3)]
    look_at(project, ids)
    assert counts(shadow) == {"seen": 0, "agreed": 0, "skipped": 3, "failed": 0}
    waiting[0].delete()
    look_at(project, ids)
    assert counts(shadow) == {"seen": 3, "agreed": 3, "skipped": 3, "failed": 0}


def test_another_projects_backlog_that_is_worked_off_here_counts_too(project, monkeypatch):
    monkeypatch.setattr(shadowing, "BACKLOG", 2)
    shadow, other = in_shadow(project), colour_project()
    shadower = look_at(other, predicted(other))
    for seed in range(3):
        capture_of(other, coloured("red", 100 + seed))
    shadower.offer(project.pk, predicted(project))
    shadower.work_off()
    assert counts(shadow)["skipped"] == 3


def test_what_is_slower_than_the_champion_skips_rather_than_falls_behind(project, monkeypatch):
    monkeypatch.setattr(shadowing, "MOST_WAITING", 2)
    shadow = in_shadow(project)
    shadower = Shadower()
    for first in (0, 3, 6):
        shadower.offer(project.pk, predicted(project, 3, first))
    shadower.work_off()
    assert counts(shadow) == {"seen": 3, "agreed": 3, "skipped": 6, "failed": 0}


def test_a_model_that_raises_says_so_and_is_left_alone_for_a_while(project, monkeypatch):
    shadow = in_shadow(project)
    ids = predicted(project)

    def ill(runtime, captures):
        raise RuntimeError("no such node\nin the graph")

    monkeypatch.setattr(shadowing, "score", ill)
    shadower = look_at(project, ids)
    assert counts(shadow) == {"seen": 0, "agreed": 0, "skipped": 0, "failed": 3}
    assert shadow.failure == "RuntimeError: no such node"
    assert shadow.failed_at is not None
    shadower.offer(project.pk, ids)
    shadower.work_off()
    assert counts(shadow)["skipped"] == 3
    assert Prediction.objects.filter(project=project).count() == 3


def test_one_capture_that_it_cannot_take_spoils_no_other(project, monkeypatch):
    shadow = in_shadow(project)
    ids = predicted(project, 4)
    whole = shadowing.score

    def choke(runtime, captures):
        if ids[2] in [capture.pk for capture in captures]:
            raise ValueError("not this one")
        return whole(runtime, captures)

    monkeypatch.setattr(shadowing, "score", choke)
    look_at(project, ids)
    assert counts(shadow) == {"seen": 3, "agreed": 3, "skipped": 0, "failed": 1}
    assert shadow.failure == "ValueError: not this one"


def test_a_model_whose_file_is_gone_says_so(project):
    shadow = in_shadow(project)
    ModelVersion.objects.filter(pk=shadow.model_id).update(key="models/gone.onnx")
    look_at(project, predicted(project))
    assert counts(shadow)["failed"] == 3
    assert "cannot be loaded" in shadow.failure


def test_a_database_error_in_the_shadow_is_nobody_elses(project, monkeypatch, caplog):
    in_shadow(project)
    ids = predicted(project)

    def lost(**_):
        raise RuntimeError("something quite else")

    monkeypatch.setattr(shadows, "keep", lost)
    look_at(project, ids)
    assert "3 captures" in caplog.text
    assert not ShadowPrediction.objects.exists()


def test_a_model_that_takes_processes_with_it_is_given_up_before_a_capture_is(project):
    shadow = in_shadow(project)
    ids = predicted(project)
    Shadow.objects.filter(pk=shadow.pk).update(crashes=MOST_CRASHES)
    look_at(project, ids)
    shadow.refresh_from_db()
    assert "2 inference processes in a row ended" in shadow.ended_why
    assert not ShadowPrediction.objects.exists()
    assert stages(project) == [Stage.CHAMPION, Stage.CANDIDATE]


def test_a_first_try_that_comes_back_counts_no_crash(project):
    shadow = in_shadow(project)
    Shadow.objects.filter(pk=shadow.pk).update(crashes=1)
    with shadows.first_try(shadow) as may:
        assert may
        shadow.refresh_from_db()
        assert shadow.crashes == 2
    shadow.refresh_from_db()
    assert shadow.crashes == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        assert cursor.fetchone() == (0,)


def test_starting_and_stopping_is_on_the_record(project):
    engineer, model = member(project, Role.ENGINEER), candidate(project)
    shadow = shadows.start(user=engineer, model=model, share=0.5)
    assert (shadow.champion, shadow.share, shadow.by) == (champion(project), 0.5, engineer)
    assert stages(project) == [Stage.CHAMPION, Stage.SHADOW]
    look_at(project, predicted(project, 12))
    seen = counts(shadow)["seen"]
    stopped = shadows.stop(user=engineer, model=model)
    assert (stopped.ended_why, stopped.seen) == (f"stopped by {engineer}", seen)
    assert stages(project) == [Stage.CHAMPION, Stage.CANDIDATE]
    started, ended = AuditEvent.objects.filter(action__startswith="model.shadow").order_by("pk")
    assert (started.action, started.actor, started.detail["share"]) == (
        "model.shadow_started",
        engineer,
        0.5,
    )
    assert (ended.action, ended.actor, ended.detail["seen"]) == ("model.shadow_stopped", engineer, seen)


def test_what_was_under_way_when_it_was_stopped_is_not_kept(project):
    shadow = in_shadow(project)
    ids = predicted(project)
    shadows.stop(user=None, model=shadow.model)
    row = ShadowPrediction(
        shadow=shadow, capture_id=ids[0], value={"label": "red"}, confidence=0.5, agrees=True, latency_ms=1
    )
    assert shadows.keep(shadow=shadow, rows=[row]) == 0
    look_at(project, ids)
    assert counts(shadow)["seen"] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"runtime": "external"}, "runs elsewhere"),
        ({"stage": "retired"}, "a candidate runs in shadow"),
    ],
)
def test_a_model_that_cannot_is_refused(project, change, words):
    with pytest.raises(ShadowRefused, match=words):
        shadows.start(user=None, model=candidate(project, **change))
    assert not Shadow.objects.exists()


@pytest.mark.parametrize("share", [0, 0.005, 1.01, float("nan")])
def test_a_share_out_of_range_is_refused(project, share):
    with pytest.raises(ShadowRefused, match="from 1% to 100%"):
        shadows.start(user=None, model=candidate(project), share=share)


def test_there_is_one_at_a_time_beside_a_model_that_serves(project):
    with pytest.raises(ShadowRefused, match="is champion"):
        shadows.start(user=None, model=champion(project))
    shadow = in_shadow(project)
    with pytest.raises(ShadowRefused, match="in shadow already"):
        shadows.start(user=None, model=shadow.model)
    other = ModelVersionFactory(project=project)
    with pytest.raises(ShadowRefused, match="stop it first"):
        shadows.start(user=None, model=other)
    with pytest.raises(ShadowRefused, match="does not run in shadow"):
        shadows.stop(user=None, model=other)
    with pytest.raises(ShadowRefused, match="No model of ours serves"):
        shadows.start(user=None, model=candidate(colour_project(champion=False)))


@pytest.mark.parametrize("role", [Role.QA_LEAD, Role.ANNOTATOR, Role.ASSOCIATE, None])
def test_only_an_engineer_starts_or_stops_one(project, role):
    user = member(project, role) if role else member(colour_project(), Role.ENGINEER)
    with pytest.raises(PermissionDenied):
        shadows.start(user=user, model=candidate(project))
    shadow = in_shadow(project)
    with pytest.raises(PermissionDenied):
        shadows.stop(user=user, model=shadow.model)


def test_its_promotion_ends_it(project):
    shadow = in_shadow(project)
    set_champion(project=project, model=shadow.model)
    shadow.refresh_from_db()
    assert shadow.ended_why.endswith("serves since")
    assert stages(project) == [Stage.RETIRED, Stage.CHAMPION]


def test_beside_another_champion_it_goes_on_and_counts_anew(project):
    shadow = in_shadow(project, share=0.7)
    look_at(project, before := predicted(project))
    other = ModelVersionFactory(project=project)
    set_champion(project=project, model=other)
    going = Shadow.objects.get(ended_at=None)
    assert (going.model, going.champion, going.share, going.draw_key, going.seen) == (
        shadow.model,
        other,
        0.7,
        shadow.draw_key,
        0,
    )
    assert stages(project) == [Stage.RETIRED, Stage.SHADOW, Stage.CHAMPION]
    look_at(project, before)
    assert counts(going)["seen"] == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"label": "a"}, {"label": "a"}, True),
        ({"label": "a"}, {"label": "b"}, False),
        ({"regions": []}, {"regions": []}, True),
        ({"regions": [("a", 0, 10)]}, {"regions": []}, False),
        ({"regions": [("a", 0, 10)]}, {"regions": [("a", 1, 11)]}, True),
        ({"regions": [("a", 0, 10)]}, {"regions": [("b", 0, 10)]}, False),
        ({"regions": [("a", 0, 10)]}, {"regions": [("a", 6, 16)]}, False),
        # The first is nearest to what the second alone can meet.
        ({"regions": [("a", 2, 12), ("a", 4, 14)]}, {"regions": [("a", 3, 13), ("a", -1, 9)]}, True),
    ],
)
def test_boxes_say_the_same_where_each_meets_another(one, other, same):
    def value(given):
        if "label" in given:
            return given
        return {"regions": [{"label": k, "box": [low, 0, high, 10]} for k, low, high in given["regions"]]}

    assert alike(value(one), value(other)) is same
