"""A model in shadow, for people: how it compares with the champion, its page and its API, and who may."""

import pytest

from feedback.models import RoutingDecision
from feedback.queries.shadows import standing
from feedback.services import policies
from inference.enums import Stage
from inference.models import ModelVersion, Prediction, Shadow
from inference.queries.models import champion
from inference.services import shadows
from inference.services.models import set_champion
from people.enums import Role
from tests.factories.inference import COLOURS, colour_project
from tests.factories.labeling import ResolutionFactory
from tests.factories.people import UserFactory, client_of, member
from tests.factories.shadows import candidate, in_shadow, look_at, predicted

pytestmark = pytest.mark.django_db
SWAPPED = ("green", "red", "blue")


@pytest.fixture
def project():
    return colour_project()


@pytest.fixture
def engineer(project):
    return member(project, Role.ENGINEER)


def page_of(project, model, name="model"):
    path = f"/p/{project.slug}/models/{model.pk}/"
    return {"model": path, "start": f"{path}shadow/start/", "stop": f"{path}shadow/stop/"}[name]


def api_of(model):
    return f"/api/v1/models/{model.pk}/shadow/"


def in_words(response):
    return " ".join(response.content.decode().split())


def verify(project, engineer, count=15, labels=SWAPPED, **truth):
    """So many captures that both saw, all reviewed and answered: the champion knows every colour."""
    policies.set_policy(
        user=engineer,
        project=project,
        queue=project.queues.get(name="review"),
        threshold=1,
        audit_share=0.5,
    )
    shadow = in_shadow(project, labels)
    look_at(project, predicted(project, count))
    # They came within a moment, but are of different things.
    RoutingDecision.objects.filter(project_id=project.pk).update(burst="")
    for made in Prediction.objects.filter(project=project).select_related("capture__image"):
        label = truth.get(made.value["label"], made.value["label"])
        ResolutionFactory(project=project, image=made.capture.image, value={"label": label}, by="one_answer")
    return shadow


def test_both_errors_stand_beside_each_other_on_what_people_verified(project, engineer):
    shadow = verify(project, engineer)
    found = standing(shadow.model)
    compared = found.compared
    assert found.agreement == pytest.approx(1 / 3)
    assert (compared.captures, compared.verified, compared.unchecked) == (15, 15, 0)
    assert compared.champion.value == 0
    assert compared.challenger.value == compared.difference.value == pytest.approx(2 / 3)
    assert not compared.is_enough


def test_a_model_that_is_right_where_the_champion_is_not_errs_less(project, engineer):
    shadow = verify(project, engineer, red="green", green="red")
    compared = standing(shadow.model).compared
    assert (compared.challenger.value, compared.difference.value) == (0, pytest.approx(-2 / 3))


def test_imports_and_what_the_shadow_never_saw_verify_nothing(project, engineer):
    policies.set_policy(
        user=engineer, project=project, queue=project.queues.get(name="review"), threshold=1, audit_share=0.5
    )
    shadow = in_shadow(project)
    seen = predicted(project, 3)
    look_at(project, seen)
    predicted(project, 3, first=10)
    for made in Prediction.objects.select_related("capture__image"):
        by = "imported" if made.capture_id in seen else "one_answer"
        ResolutionFactory(project=project, image=made.capture.image, value={"label": "red"}, by=by)
    assert standing(shadow.model).compared.verified == 0


def test_a_model_that_never_ran_has_nothing_to_show(project):
    assert standing(candidate(project)) is None


def test_an_engineer_starts_and_stops_it_from_the_models_page(project, engineer, client):
    model = candidate(project)
    client.force_login(engineer)
    shown = in_words(client.get(page_of(project, model)))
    assert "Run it in shadow" in shown
    answer = client.post(page_of(project, model, "start"), {"percent": "50"}, follow=True)
    assert "looks on from now on" in in_words(answer)
    shadow = Shadow.objects.get()
    assert (shadow.model, shadow.share, shadow.by) == (model, 0.5, engineer)
    shown = in_words(answer)
    assert "beside" in shown
    assert "Stop the shadow" in shown
    assert "of 300 that are enough" in shown
    answer = client.post(page_of(project, model, "stop"), follow=True)
    assert "looks on no more" in in_words(answer)
    assert f"stopped by {engineer}" in in_words(answer)
    assert "Run it in shadow again" in in_words(answer)


def test_the_page_says_what_the_comparison_comes_to_and_leads_to_the_gate(project, engineer, client):
    shadow = verify(project, engineer, red="green", green="red")
    client.force_login(engineer)
    shown = in_words(client.get(page_of(project, shadow.model)))
    assert "So far: it errs less than the champion" in shown
    assert "<small>5 of 15</small>" in shown
    assert "15<small>of 300 that are enough" in shown
    assert f"/p/{project.slug}/models/{shadow.model_id}/promote/" in shown


def test_the_page_says_that_it_fails_and_why(project, engineer, client):
    shadow = in_shadow(project)
    shadows.keep(shadow=shadow, failed=4, why="RuntimeError: no such node")
    client.force_login(engineer)
    shown = in_words(client.get(page_of(project, shadow.model)))
    assert "could not predict 4 captures" in shown
    assert "RuntimeError: no such node" in shown


@pytest.mark.parametrize("percent", ["0", "101", "many", "nan"])
def test_a_share_that_is_none_starts_nothing(project, engineer, client, percent):
    client.force_login(engineer)
    answer = client.post(page_of(project, candidate(project), "start"), {"percent": percent}, follow=True)
    assert "a number from 1 to 100" in in_words(answer)
    assert not Shadow.objects.exists()


def test_what_is_refused_is_said_on_the_page(project, engineer, client):
    client.force_login(engineer)
    serving = champion(project)
    assert "is champion" in in_words(client.post(page_of(project, serving, "start"), follow=True))
    assert "does not run in shadow" in in_words(client.post(page_of(project, serving, "stop"), follow=True))


def test_a_model_beside_another_in_shadow_says_so(project, engineer, client):
    shadow, other = in_shadow(project), candidate(project)
    client.force_login(engineer)
    shown = in_words(client.get(page_of(project, other)))
    assert f"Model {shadow.model.number}</a> runs in shadow now" in shown
    assert "Run it in shadow" not in shown


def test_a_qa_lead_reads_it_and_presses_nothing(project, client):
    shadow = in_shadow(project)
    lead = member(project, Role.QA_LEAD)
    client.force_login(lead)
    shown = in_words(client.get(page_of(project, shadow.model)))
    assert "Captures seen" in shown
    assert "Stop the shadow" not in shown
    for action in ("start", "stop"):
        assert client.post(page_of(project, shadow.model, action)).status_code == 403
    api = client_of(lead, project)
    assert api.get(api_of(shadow.model)).status_code == 200
    assert api.post(api_of(shadow.model), {}, format="json").status_code == 403
    assert api.delete(api_of(shadow.model)).status_code == 403
    assert Shadow.objects.get().ended_at is None


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.ASSOCIATE])
def test_who_answers_sees_nothing_of_it(project, client, role):
    shadow = in_shadow(project)
    person = member(project, role)
    client.force_login(person)
    assert client.get(page_of(project, shadow.model)).status_code == 403
    for action in ("start", "stop"):
        assert client.post(page_of(project, shadow.model, action)).status_code == 403
    assert client_of(person, project).get(api_of(shadow.model)).status_code in (403, 404)


def test_to_people_of_another_project_it_does_not_exist(project, client):
    shadow, elsewhere = in_shadow(project), colour_project()
    stranger = member(elsewhere, Role.ENGINEER)
    for person in (stranger, UserFactory()):
        client.force_login(person)
        for action in ("start", "stop"):
            assert client.post(page_of(project, shadow.model, action)).status_code == 404
    # Nor by way of their own project's page.
    client.force_login(stranger)
    assert client.post(page_of(elsewhere, shadow.model, "stop")).status_code == 404
    api = client_of(stranger, elsewhere)
    for method in (api.get, api.post, api.delete):
        assert method(api_of(shadow.model)).status_code == 404
    assert Shadow.objects.get().ended_at is None


def test_the_api_starts_it_shows_it_and_stops_it(project, engineer):
    model, api = candidate(project), client_of(engineer, project)
    assert api.get(api_of(model)).json() == {"shadow": None, "comparison": None}
    begun = api.post(api_of(model), {"share": 0.25}, format="json")
    assert begun.status_code == 201
    held = begun.json()["shadow"]
    assert (held["model"], held["champion"], held["share"], held["by"], held["ended_at"]) == (
        str(model.pk),
        str(champion(project).pk),
        0.25,
        engineer.username,
        None,
    )
    assert "draw_key" not in held
    compared = begun.json()["comparison"]
    assert (compared["verified"], compared["enough"], compared["difference"]["value"]) == (0, 300, None)
    again = api.post(api_of(model), {}, format="json")
    assert (again.status_code, "in shadow already" in again.json()["detail"]) == (409, True)
    stopped = api.delete(api_of(model))
    assert (stopped.status_code, stopped.json()["shadow"]["ended_why"]) == (200, f"stopped by {engineer}")
    assert api.delete(api_of(model)).status_code == 409
    assert ModelVersion.objects.get(pk=model.pk).stage == Stage.CANDIDATE


@pytest.mark.parametrize("share", [0, 1.5, "much", None])
def test_the_api_refuses_a_share_that_is_none(project, engineer, share):
    answer = client_of(engineer, project).post(api_of(candidate(project)), {"share": share}, format="json")
    assert answer.status_code == 400
    assert "share" in str(answer.json())
    assert not Shadow.objects.exists()


def test_a_token_that_only_reads_starts_nothing(project, engineer):
    model = candidate(project)
    api = client_of(engineer, project, ["read"])
    assert api.get(api_of(model)).status_code == 200
    assert api.post(api_of(model), {}, format="json").status_code == 403


def test_the_newest_candidate_may_be_in_shadow_when_the_terminal_promotes_it(project):
    from django.core.management import CommandError, call_command

    shadow = in_shadow(project)
    with pytest.raises(CommandError, match="has not earned its place"):
        call_command("promote", project.slug)
    call_command("promote", project.slug, override="Two weeks in shadow.")
    shadow.refresh_from_db()
    assert shadow.ended_at is not None
    assert champion(project) == shadow.model


def test_what_it_said_stays_to_be_read_once_it_serves(project, engineer, client):
    shadow = verify(project, engineer)
    set_champion(project=project, model=shadow.model)
    client.force_login(engineer)
    shown = in_words(client.get(page_of(project, shadow.model)))
    assert "serves since" in shown
    assert "it errs more than the champion" in shown
    assert "Stop the shadow" not in shown
    assert next(iter(COLOURS)) in shown
