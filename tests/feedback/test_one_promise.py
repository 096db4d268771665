"""Production certifies by the code that replay and the benchmark play, from the same evidence."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.domain.replay import Row, replay
from feedback.domain.stream import Terms
from feedback.enums import TrustState
from feedback.models import Certificate, Ledger, RoutingDecision, Workload
from feedback.queries import certificates
from feedback.queries.trust import trust
from feedback.services import certifying, workloads
from inference.enums import Action
from labeling.models import Resolution, Task
from tests.factories.labeling import ResolutionFactory
from tests.feedback.test_certifying import answered, lines, predicted, project, promise  # noqa: F401

pytestmark = pytest.mark.django_db


def in_force(project):  # noqa: F811
    newest = Certificate.objects.filter(project=project).order_by("-id").first()
    return newest.threshold if newest else None


@pytest.fixture
def drawn_in_order(monkeypatch):
    """The same draws in every run: a capture's own would go by its id, which is another each time."""
    chance, drawn = random.Random(21), {}

    def draw(key, capture):
        return drawn[capture] if capture in drawn else drawn.setdefault(capture, chance.random())

    for module in ("inference.domain.terms", "feedback.services.asking"):
        monkeypatch.setattr(f"{module}.sticky_draw", draw)


def test_production_and_replay_have_the_same_thresholds_on_the_same_stream(project, drawn_in_order):  # noqa: F811
    promise(project, error_budget=0.2, audit_share=0.8)
    sure = [0.7, 0.95, 0.8, 0.9]
    stream = [(sure[at % 4], at % 12 == 0) for at in range(48)]
    stream += [(0.95, True)] * 24 + [(sure[at % 4], False) for at in range(16)]
    changes = []
    for at, (confidence, wrong) in enumerate(stream):
        before = in_force(project)
        answered(project, predicted(project, 1, confidence=confidence), wrong=wrong)
        certifying.recertify(project=project)
        if in_force(project) != before:
            changes.append((at, in_force(project)))
    decisions = list(RoutingDecision.objects.order_by("id"))
    played = replay(
        [Row(confidence, not wrong) for confidence, wrong in stream],
        Terms(budget=0.2, confidence=0.9, audit_share=0.8),
        draw=lambda at: decisions[at].draw,
    )
    assert [(change["at"], change["threshold"]) for change in played["thresholds"]] == changes
    assert played["accepted"] == sum(decision.action != Action.REVIEW for decision in decisions)
    assert [threshold is None for _, threshold in changes] == [False, True]
    # What is kept follows from the answers alone.
    kept = Ledger.objects.values("state", "taken").get()
    Ledger.objects.all().delete()
    certifying.recertify(project=project)
    assert Ledger.objects.values("state", "taken").get() == kept


def test_an_answer_waits_for_those_before_it(project):  # noqa: F811
    promise(project)
    first, *others = predicted(project, 40)
    answered(project, [first, *others])
    Resolution.objects.filter(image=first.capture.image).delete()
    assert certifying.recertify(project=project) == []
    assert trust(project)["waiting"] == 1
    ResolutionFactory(
        project=project, image=first.capture.image, value={"label": "in_stock"}, by="one_answer"
    )
    (made,) = certifying.recertify(project=project)
    assert (made.state, made.verified, made.budget) == (TrustState.OK, 40, 0.1)
    (told,) = certificates.history(made.policy)
    assert (told["bound"] <= told["budget"], told["threshold"]) == (True, 0.95)


def test_what_nobody_can_tell_is_passed_over_and_a_dispute_is_held_against_the_model(project):  # noqa: F811
    promise(project)
    untold, disputed = predicted(project, 2)
    answered(project, [untold, disputed])
    Resolution.objects.filter(image=untold.capture.image).update(value=None)
    Resolution.objects.filter(image=disputed.capture.image).delete()
    Task.objects.update(state="resolved", closed_at=timezone.now())
    assert [line.item.wrong for line in lines(project)] == [True]


def test_a_policy_that_divides_otherwise_keeps_what_was_drawn_from_everything_alike(project):  # noqa: F811
    promise(project)
    answered(project, predicted(project, 40))
    promise(project, error_budget=0.05)
    assert len(lines(project)) == 40
    promise(project, label_rules={"in_stock": {"error_budget": 0.2}})
    kept = lines(project)
    assert {line.item.draw < 0.5 for line in kept} == {True}
    assert len(kept) == RoutingDecision.objects.filter(draw__lt=0.5).count()


def test_a_label_without_evidence_for_its_own_budget_goes_to_people_while_others_are_trusted(project):  # noqa: F811
    promise(project, label_rules={"blocked": {"error_budget": 0.01}})
    answered(project, predicted(project, 45))
    (made,) = certifying.recertify(project=project)
    assert (made.label, made.state) == ("", TrustState.OK)
    (trusted,) = predicted(project, 1)
    (other,) = predicted(project, 1)
    other.value = {"label": "blocked"}
    other.save()
    answered(project, [trusted, other])
    decided = {row.prediction_id: row for row in RoutingDecision.objects.all()}
    assert decided[trusted.pk].action != Action.REVIEW
    assert (decided[other.pk].action, decided[other.pk].sampled) == (Action.REVIEW, 1)


def test_an_answer_that_was_corrected_is_taken_in_anew(project):  # noqa: F811
    promise(project)
    seen = predicted(project, 45)
    answered(project, seen)
    certifying.recertify(project=project)
    assert in_force(project) == 0.95
    for prediction in seen[:20]:
        old = Resolution.objects.get(image=prediction.capture.image)
        old.replaced_at = timezone.now()
        old.save()
        ResolutionFactory(
            project=project, image=prediction.capture.image, value={"label": "blocked"}, by="adjudication"
        )
    certifying.recertify(project=project)
    assert (Ledger.objects.get().corrected, in_force(project)) == (True, 0.95)
    Ledger.objects.update(begun_at=timezone.now() - timedelta(hours=2))
    certifying.recertify(project=project)
    assert (Ledger.objects.get().corrected, in_force(project)) == (False, None)


def test_who_is_behind_is_asked_for_evidence_first_and_then_for_what_is_worth_most(project):  # noqa: F811
    policy = promise(project)
    answered(project, predicted(project, 3))
    measured = workloads.measure(policy=policy)
    assert (measured.came, measured.done, measured.share, measured.excess) == (3, 0, 1, 0)
    assert trust(project)["capacity"]["waiting"] == 3
    Workload.objects.update(share=0.5, cuts=[0.1, 0.2, 0.3, 0.4, 0.5])
    answered(project, predicted(project, 12, confidence=0.75) + predicted(project, 12, confidence=0.95))
    rows = RoutingDecision.objects.order_by("-id")[:24]
    asked = dict(Task.objects.values_list("capture_id", "priority"))
    assert {row.sampled for row in rows} == {0.4}
    assert all((asked[row.capture_id] >= 6) == row.awaited for row in rows)
    left = {(round(row.benefit, 2), asked[row.capture_id]) for row in rows if not row.awaited}
    assert left <= {(0.25, 2), (0.05, 0)}


def test_it_measures_what_is_left_and_what_that_risks(project):  # noqa: F811
    policy = promise(project)
    answered(project, predicted(project, 210, confidence=0.9))
    measured = workloads.measure(policy=policy)
    assert (measured.waiting, measured.excess, measured.share) == (210, 10, pytest.approx(0.001))
    assert measured.expected_errors == pytest.approx(1.0)
    assert measured.rarities == {"in_stock": 0}
