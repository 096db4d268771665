"""From a prediction to a store's alert: raised, folded, withdrawn, put to the next and to the manager."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from feedback.domain.alert_rules import RulesRefused
from feedback.models import Alert, AlertRules, AlertStep
from feedback.services import alerting, escalating
from feedback.services.alert_rules import set_rules
from inference.models import Prediction
from inference.signals import captures_predicted
from labeling.enums import TaskState
from labeling.models import Queue, Slot, Task
from labeling.services import leases
from people.models import Alarm, AuditEvent, Membership, User
from tests.factories.inference import CaptureFactory, ModelVersionFactory, PredictionFactory
from tests.factories.labeling import ResolutionFactory, open_task
from tests.factories.people import MembershipFactory, member

pytestmark = pytest.mark.django_db

RULE = {"name": "Empty shelf", "label": "out_of_stock", "confidence": 0.8}


@pytest.fixture
def store(shop):
    """The shop with a rule in force, and a clock by which its cameras see."""
    Queue.objects.filter(project=shop.project, name="alerts").update(sla_seconds=600)
    set_rules(user=shop.engineer, project=shop.project, documents=[RULE])
    shop.model = ModelVersionFactory(project=shop.project)
    shop.begun = timezone.now() - timedelta(hours=1)
    return shop


def see(store, label, minute, confidence=0.9, source=None):
    """The prediction of a capture of that minute, as it is made."""
    capture = CaptureFactory(
        project=store.project,
        source=source or store.camera,
        state="predicted",
        captured_at=store.begun + timedelta(minutes=minute),
    )
    made = PredictionFactory(
        capture=capture, model=store.model, value={"label": label}, confidence=confidence
    )
    alerting.alert(predictions=[made])
    return made


def open_alerts(store):
    return list(Alert.objects.filter(project=store.project, task__state="open").select_related("task"))


def test_a_rule_raises_an_alert_at_its_store_with_its_reason(store):
    seen = see(store, "out_of_stock", 0)
    (alert,) = open_alerts(store)
    assert alert.task.site_id == store.north.pk
    assert alert.task.queue.name == "alerts"
    assert alert.task.capture_id == seen.capture_id
    assert (
        alert.reason == f"Empty shelf: out_of_stock at {store.camera.key}, 90% sure where 80% is asked for."
    )
    assert alert.task.due_at is not None
    said = store.client(store.associate).get(f"/api/v1/tasks/{alert.task_id}/alert/").json()
    assert said["reason"] == alert.reason
    other = store.client(store.other_associate).get(f"/api/v1/tasks/{alert.task_id}/alert/")
    assert other.status_code == 404


def test_what_a_model_is_sure_of_is_alerted_too_and_routed_as_ever(store):
    capture = CaptureFactory(project=store.project, source=store.camera, state="predicted")
    sure = PredictionFactory(
        capture=capture, model=store.model, value={"label": "out_of_stock"}, confidence=0.999
    )
    captures_predicted.send(sender=Prediction, predictions=[sure])
    assert len(open_alerts(store)) == 1


def test_no_rule_no_alert(store):
    see(store, "in_stock", 0)
    see(store, "out_of_stock", 1, confidence=0.5)
    assert open_alerts(store) == []


def test_an_alert_may_ask_for_two(store):
    set_rules(user=store.engineer, project=store.project, documents=[RULE | {"answers": 2}])
    see(store, "out_of_stock", 0)
    (alert,) = open_alerts(store)
    assert alert.task.slots.count() == 2


def test_a_later_photograph_that_surely_says_otherwise_withdraws_it_and_says_why(store):
    see(store, "out_of_stock", 0)
    see(store, "in_stock", 5, confidence=0.6)
    assert len(open_alerts(store)) == 1
    see(store, "in_stock", 6, confidence=0.93)
    (alert,) = Alert.objects.all()
    assert alert.task.state == TaskState.WITHDRAWN
    assert "shows in_stock, 93% sure" in alert.withdrawn_because


def test_an_earlier_photograph_that_comes_late_changes_nothing(store):
    see(store, "out_of_stock", 10)
    see(store, "in_stock", 5)
    see(store, "out_of_stock", 4)
    (alert,) = open_alerts(store)
    assert len(alert.states) == 1


def test_another_cameras_photograph_withdraws_nothing(store):
    see(store, "out_of_stock", 0)
    see(store, "in_stock", 5, source=store.other_camera)
    assert len(open_alerts(store)) == 1


def test_the_ten_newest_states_of_a_shelf_are_one_alert(store):
    first = see(store, "out_of_stock", 0)
    due_at = open_alerts(store)[0].task.due_at
    begun_as = open_alerts(store)[0].first_task_id
    for minute in range(1, 13):
        last = see(store, "out_of_stock", minute)
    (alert,) = open_alerts(store)
    assert alert.task.capture_id == last.capture_id
    assert len(alert.states) == 10
    assert str(first.capture_id) not in [state["capture"] for state in alert.states]
    assert (alert.task.due_at, alert.first_task_id) == (due_at, begun_as)
    folded = Alert.objects.exclude(task=alert.task)
    assert set(folded.values_list("withdrawn_because", flat=True)) == {alerting.FOLDED}


def test_nothing_is_taken_from_who_looks_at_it(store):
    see(store, "out_of_stock", 0)
    (alert,) = open_alerts(store)
    leases.claim_task(user=store.associate, task=alert.task)
    see(store, "out_of_stock", 1)
    see(store, "in_stock", 2)
    (still,) = open_alerts(store)
    assert still.task_id == alert.task_id
    assert len(still.states) == 2


def test_rules_are_versions_and_the_newest_is_in_force(store):
    made = set_rules(user=store.engineer, project=store.project, documents=[])
    assert made.version == 2
    see(store, "out_of_stock", 0)
    assert open_alerts(store) == []
    assert AlertRules.objects.count() == 2
    with pytest.raises(RulesRefused):
        set_rules(user=store.engineer, project=store.project, documents=[RULE | {"label": "nothing"}])


# Nobody answers


def overdue_by(task, **late):
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now() - timedelta(**late))


@pytest.fixture
def waiting(store):
    """An alert of the northern store with its manager; `.manager` has an address."""
    held = MembershipFactory(project=store.project, role="associate", sites=[store.north], manages=True)
    User.objects.filter(pk=held.user_id).update(email="manager@north.example")
    store.manager = held.user
    store.first = open_task(store.queue("alerts"), site_id=store.north.pk, priority=2)
    return store


def test_what_is_not_due_is_left_alone(waiting):
    assert escalating.escalate() == 0
    assert not AlertStep.objects.exists()


def test_an_alert_past_its_time_goes_before_all_others_once(waiting):
    overdue_by(waiting.first, minutes=1)
    assert [escalating.escalate() for _ in range(2)] == [1, 0]
    step = AlertStep.objects.get()
    assert step.kind == "next_person"
    assert waiting.associate.username in step.told
    assert waiting.other_associate.username not in step.told
    waiting.first.refresh_from_db()
    assert waiting.first.priority == 9
    newer = open_task(waiting.queue("alerts"), site_id=waiting.north.pk, priority=8)
    taken = leases.claim(user=waiting.associate, queue=waiting.queue("alerts"), count=2)
    assert [task.pk for task, _ in taken] == [waiting.first.pk, newer.pk]
    assert AuditEvent.objects.filter(action="alert.next_person").count() == 1


def test_a_lease_that_ran_out_is_given_to_the_next_and_one_that_runs_is_not_taken_away(waiting):
    leases.claim_task(user=waiting.associate, task=waiting.first)
    overdue_by(waiting.first, minutes=1)
    assert escalating.escalate() == 0
    Slot.objects.update(leased_at=F("leased_at") - timedelta(hours=1), expires_at=F("leased_at"))
    assert escalating.escalate() == 1
    assert Slot.objects.get().user is None


def test_what_nobody_takes_then_goes_to_the_manager_by_letter(waiting):
    overdue_by(waiting.first, minutes=1)
    escalating.escalate()
    overdue_by(waiting.first, minutes=9)
    assert escalating.escalate() == 0
    overdue_by(waiting.first, minutes=11)
    assert [escalating.escalate() for _ in range(2)] == [1, 0]
    step = AlertStep.objects.get(kind="manager")
    assert step.told == [waiting.manager.username]
    assert Alarm.objects.get().subject == waiting.north.key
    assert [escalating.mail(step_id=str(step.pk)) for _ in range(2)] == [True, False]
    (letter,) = mail.outbox
    assert letter.bcc == ["manager@north.example"]
    assert waiting.north.name in letter.subject
    assert f"?task={waiting.first.pk}" in letter.body


def test_its_alarm_is_settled_by_itself_once_the_store_has_answered(waiting):
    overdue_by(waiting.first, hours=1)
    for _ in range(3):
        escalating.escalate()
    assert Alarm.objects.get().settled_at is None
    assert Alarm.objects.get().site == waiting.north
    Task.objects.filter(pk=waiting.first.pk).update(state="resolved", closed_at=timezone.now())
    escalating.escalate()
    alarm = Alarm.objects.get()
    assert (alarm.settled_at is not None, alarm.settled_by) == (True, None)


def test_a_store_without_a_manager_has_the_qa_leads(waiting):
    Membership.objects.filter(manages=True).update(manages=False)
    overdue_by(waiting.first, hours=1)
    escalating.escalate()
    escalating.escalate()
    assert AlertStep.objects.get(kind="manager").told == [waiting.qa_lead.username]


def test_an_answered_alert_goes_nowhere(waiting):
    overdue_by(waiting.first, hours=1)
    Task.objects.filter(pk=waiting.first.pk).update(state="resolved", closed_at=timezone.now())
    assert escalating.escalate() == 0


def test_folding_begins_no_new_round_of_steps(store):
    see(store, "out_of_stock", 0)
    (alert,) = open_alerts(store)
    overdue_by(alert.task, minutes=1)
    escalating.escalate()
    see(store, "out_of_stock", 5)
    (folded,) = open_alerts(store)
    assert folded.task_id != alert.task_id
    assert escalating.escalate() == 0
    assert folded.task.priority == 9


# The page and the API


def test_the_api_tries_rules_on_the_last_days_without_keeping_anything(store):
    for minute, label in enumerate(["out_of_stock", "out_of_stock", "in_stock", "out_of_stock"]):
        seen = see(store, label, minute)
    ResolutionFactory(
        project=store.project, image=seen.capture.image, value={"label": "out_of_stock"}, by="one_answer"
    )
    path = f"/api/v1/projects/{store.project.slug}/alert-rules/"
    found = store.client(store.engineer).post(f"{path}try/", {"rules": [RULE]}, format="json").json()
    assert (found["alerts"], found["photographs"], found["verified"], found["right"]) == (2, 3, 1, 1)
    assert AlertRules.objects.count() == 1
    wrong = store.client(store.engineer).post(path, {"rules": [RULE | {"confidence": 2}]}, format="json")
    assert wrong.json()["errors"] == {"rules.0.confidence": ["must be a number from 0 to 1."]}
    assert store.client(store.engineer).post(path, {"rules": []}, format="json").status_code == 201
    assert store.client(store.qa_lead).post(path, {"rules": []}, format="json").status_code == 403
    assert len(store.client(store.qa_lead).get(path).json()["results"]) == 2


def form(**changed):
    row = {
        "name": "Empty shelf",
        "label": "out_of_stock",
        "confidence": "85",
        "source": "",
        "begin": "08:00",
        "end": "22:00",
        "answers": "2",
        "queue": "alerts",
    }
    return row | changed


def test_the_page_tries_and_sets_rules(client, store):
    see(store, "out_of_stock", 0)
    client.force_login(store.engineer)
    path = reverse("alert-rules", args=[store.project.slug])
    page = client.get(path).content.decode()
    assert "Empty shelf: out_of_stock at" in page
    tried = client.post(path, form(begin="", end="", **{"try": "1"})).content.decode()
    assert "would have raised <strong>1</strong> alert" in tried
    assert AlertRules.objects.count() == 1
    assert client.post(path, form()).url == path
    (rule,) = AlertRules.objects.get(version=2).rules
    assert (rule["hours"], rule["answers"], rule["confidence"]) == (["08:00", "22:00"], 2, 0.85)
    assert client.post(path, form(name="")).status_code == 302
    assert AlertRules.objects.get(version=3).rules == []


def test_the_page_says_what_is_wrong_with_a_rule(client, store):
    client.force_login(store.engineer)
    path = reverse("alert-rules", args=[store.project.slug])
    page = client.post(path, form(confidence="much"))
    assert page.status_code == 400
    assert "confidence must be a number from 0 to 1." in page.content.decode()


@pytest.mark.parametrize(("who", "status"), [("qa_lead", 200), ("annotator", 403), ("associate", 403)])
def test_leads_see_the_page_and_engineers_set_rules(client, store, who, status):
    client.force_login(getattr(store, who))
    path = reverse("alert-rules", args=[store.project.slug])
    assert client.get(path).status_code == status
    assert client.post(path, form()).status_code == 403


def test_a_stranger_is_told_of_no_rules(client, store):
    client.force_login(member(store.project, "annotator"))
    api = f"/api/v1/projects/{store.project.slug}/alert-rules/"
    assert client.get(api).status_code == 403
