"""What several answers come to by each rule, and what becomes of those that fall short."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.domain import consensus
from labeling.enums import Consensus, ResolvedBy, TaskState, Verdict
from labeling.models import Answer, Gold, PendingConsensus, Resolution, Task
from labeling.services import answers
from labeling.services.consensus import judge_pending
from labeling.services.leases import claim
from tests.factories.labeling import AnswerFactory, ImageFactory, open_task
from tests.factories.people import member

A, B, C = {"label": "in_stock"}, {"label": "low_stock"}, {"label": "blocked"}


def boxes(*regions):
    return {
        "regions": [{"id": str(uuid.uuid4()), "label": label, "box": list(box)} for label, *box in regions]
    }


@pytest.mark.parametrize(
    ("rule", "quorum", "values", "settled", "value"),
    [
        (Consensus.MAJORITY, 0, [A], True, A),
        (Consensus.MAJORITY, 0, [A, B], False, None),
        (Consensus.MAJORITY, 0, [A, A, B], True, A),
        (Consensus.MAJORITY, 3, [A, A, B], False, None),
        (Consensus.MAJORITY, 3, [A, A, B, A], True, A),
        (Consensus.MAJORITY, 0, [A, A, B, C], False, None),
        (Consensus.UNANIMOUS, 0, [A, A, B], False, None),
        (Consensus.UNANIMOUS, 0, [A, A, A], True, A),
        (Consensus.MAJORITY, 0, [None, None, A], True, None),
    ],
)
def test_the_rule_of_the_queue_decides(rule, quorum, values, settled, value):
    decision = consensus.decide(values, rule=rule, quorum=quorum)
    assert decision.is_settled is settled
    if settled:
        assert decision.value == value
        assert decision.support == values.count(value)


def test_boxes_agree_by_place_and_label_and_not_by_their_ids_or_last_pixel():
    one = boxes(("cup", 10, 10, 50, 50), ("jar", 60, 10, 90, 40))
    moved = boxes(("jar", 61, 11, 91, 41), ("cup", 12, 10, 52, 50))
    renamed = boxes(("cup", 10, 10, 50, 50), ("cup", 60, 10, 90, 40))
    assert consensus.alike(one, moved)
    assert not consensus.alike(one, renamed)
    assert not consensus.alike(one, boxes(("cup", 10, 10, 50, 50)))
    assert consensus.alike(boxes(), boxes())
    assert consensus.decide([renamed, one, moved]).value == one
    assert consensus.entropy([one, moved]) == 0
    assert consensus.entropy([one, renamed]) == 1


@given(st.lists(st.sampled_from([A, B, C, None]), min_size=1, max_size=12), st.randoms())
def test_the_order_of_answers_changes_nothing(values, random):
    shuffled = random.sample(values, len(values))
    for rule in (Consensus.MAJORITY, Consensus.UNANIMOUS):
        one, other = consensus.decide(values, rule=rule), consensus.decide(shuffled, rule=rule)
        assert (one.is_settled, one.support) == (other.is_settled, other.support)
        assert not one.is_settled or one.value == other.value
    assert consensus.entropy(values) == pytest.approx(consensus.entropy(shuffled))
    assert 0 <= consensus.priority(consensus.entropy(values)) <= 9


def test_a_posterior_settles_from_its_floor_up():
    assert consensus.by_posterior({"a": 0.9, "b": 0.1}, floor=0.9).is_settled
    assert not consensus.by_posterior({"a": 0.89, "b": 0.11}, floor=0.9).is_settled
    with pytest.raises(ValueError, match="no labels"):
        consensus.by_posterior({}, floor=0.9)


@pytest.fixture
def asked(shop):
    """A queue of the shop that asks three people, by a rule; and `say(user, value)` to its one task."""
    queue = shop.queue("review")
    queue.answers_required = 3
    queue.save()
    shop.people = [shop.annotator, *(member(shop.project, "annotator") for _ in range(3))]
    shop.task = open_task(queue)

    def say(user, value, words="", task=None):
        verdict = Verdict.CANT_TELL if value is None else Verdict.LABEL
        said = answers.Said(client_id=uuid.uuid4(), verdict=verdict, value=value, words=words, seconds=2)
        return answers.record_answer(user=user, task=task or shop.task, lease=None, said=said)[0]

    shop.say = say
    return shop


def set_rule(shop, **terms):
    queue = shop.queue("review")
    for name, value in terms.items():
        setattr(queue, name, value)
    queue.save()
    shop.task = Task.objects.get(pk=shop.task.pk)


def said_by_all(shop, *values):
    for user, value in zip(shop.people, values, strict=False):
        shop.say(user, value)


def adjudications(shop):
    return Task.objects.filter(queue=shop.queue("adjudication"), state=TaskState.OPEN)


@pytest.mark.django_db
def test_two_of_three_are_not_unanimous_and_go_to_adjudication_the_more_divided_first(asked):
    set_rule(asked, consensus="unanimous")
    said_by_all(asked, A, A, B)
    assert not Resolution.objects.exists()
    assert adjudications(asked).get().priority == consensus.priority(0.918)
    assert Answer.objects.count() == 3


@pytest.mark.django_db
def test_the_adjudicators_words_are_the_reason_of_what_is_true_from_then_on(asked):
    said_by_all(asked, A, B, C)
    (task, _), *none = claim(user=asked.qa_lead, queue=asked.queue("adjudication"), count=5)
    assert not none
    asked.say(asked.qa_lead, C, words="A trolley hides it.", task=task)
    truth = Resolution.objects.get(replaced_at=None)
    assert (truth.by, truth.value, truth.reason) == (ResolvedBy.ADJUDICATION, C, "A trolley hides it.")
    assert Answer.objects.count() == 4


@pytest.mark.django_db
def test_a_changed_mind_takes_back_what_was_settled_by_it(asked):
    said_by_all(asked, A, A, B)
    assert Resolution.objects.get(replaced_at=None).by == ResolvedBy.CONSENSUS
    earlier = Answer.objects.filter(user=asked.people[1]).get()
    said = answers.Said(client_id=uuid.uuid4(), verdict=Verdict.LABEL, value=C, seconds=1)
    answers.supersede(user=asked.people[1], task=asked.task, said=said, earlier=earlier.pk)
    assert not Resolution.objects.filter(replaced_at=None).exists()
    assert adjudications(asked).count() == 1


@pytest.mark.django_db
def test_a_known_answer_resolves_nothing(asked):
    gold = Gold.objects.create(project=asked.project, image=asked.task.image, value=A)
    Task.objects.filter(pk=asked.task.pk).update(gold=gold)
    set_rule(asked, answers_required=1)
    asked.say(asked.annotator, A)
    asked.task.refresh_from_db()
    assert asked.task.state == TaskState.RESOLVED
    assert not Resolution.objects.exists()


def history(shop, count):
    """The careful three agree on images of a queue whatever it asks; the careless one always says B."""
    careful, careless = shop.people[:3], shop.people[3]
    for number in range(count):
        task = open_task(shop.queue("audit"), ImageFactory(project=shop.project))
        truth = (A, B)[number % 2]
        for user in careful:
            AnswerFactory(task=task, user=user, value=truth)
        AnswerFactory(task=task, user=careless, value=B)


@pytest.mark.django_db
def test_dawid_skene_believes_the_careful_against_the_careless(asked):
    set_rule(asked, consensus="dawid_skene", answers_required=2)
    history(asked, 20)
    first = open_task(asked.queue("review"), ImageFactory(project=asked.project))
    asked.say(asked.people[0], A, task=first)
    asked.say(asked.people[3], B, task=first)
    assert not Resolution.objects.exists()
    assert PendingConsensus.objects.get().task == first
    assert judge_pending() == 1
    truth = Resolution.objects.get()
    assert (truth.value, truth.by, truth.answer_count) == (A, ResolvedBy.CONSENSUS, 2)
    assert judge_pending() == 0
    assert Resolution.objects.count() == 1


@pytest.mark.django_db
def test_a_posterior_below_the_floor_goes_to_adjudication(asked):
    set_rule(asked, consensus="dawid_skene", answers_required=2, posterior_floor=0.999)
    asked.say(asked.people[0], A)
    asked.say(asked.people[1], B)
    assert judge_pending() == 1
    assert not Resolution.objects.exists()
    assert adjudications(asked).get().image == asked.task.image


@pytest.mark.django_db
def test_people_who_cant_tell_settle_it_as_such_under_dawid_skene(asked):
    set_rule(asked, consensus="dawid_skene")
    said_by_all(asked, None, None, A)
    judge_pending()
    assert Resolution.objects.get().value is None
