"""The gate for people: its page, what got worse, what it asks; the same over the API; and who may."""

from uuid import uuid4

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from feedback.domain.gate import EACH_CORRUPTION, EACH_RECENT, EACH_SLICE
from feedback.models import RoutingDecision
from feedback.queries.gate import meeting
from feedback.services import promotion
from feedback.services.gate_figures import JOB
from feedback.services.promotion import GateFailed
from inference.models import GateTerms
from people.enums import Role
from people.models import AuditEvent
from tests.factories.feedback import RoutingPolicyFactory, project_to_test_on
from tests.factories.gate import contender, photographed
from tests.factories.inference import CaptureFactory, PredictionFactory
from tests.factories.labeling import project_with
from tests.factories.people import client_of, member

pytestmark = pytest.mark.django_db
IMAGES = 120
NIGHT = [place for place in range(IMAGES) if place % 2]


@pytest.fixture
def project():
    return project_to_test_on()


@pytest.fixture
def engineer(project):
    return member(project, Role.ENGINEER)


@pytest.fixture
def shown(project):
    return photographed(project, IMAGES)


def failed(challenger, champion):
    return {rule.name: rule for rule in meeting(challenger, champion).judged() if not rule.passed}


def two(project, shown, **challenger):
    """A champion that errs by day, a challenger that errs at night, and less often."""
    by_day = [place for place in range(IMAGES) if not place % 2]
    champion = contender(project, shown, wrong=by_day[:45], stage="champion")
    return contender(project, shown, wrong=challenger.pop("wrong", NIGHT[:30]), **challenger), champion


def test_a_challenger_that_is_better_overall_but_blind_at_night_is_refused_and_told_where(
    project, shown, engineer
):
    challenger, champion = two(project, shown)
    rule = failed(challenger, champion)[EACH_SLICE]
    assert (rule.part, rule.images) == ("lighting: night", IMAGES // 2)
    assert (rule.challenger, rule.champion) == (0.5, 1)
    assert rule.high < -0.05
    with pytest.raises(GateFailed, match=r"lighting: night.* on 60 images"):
        promotion.promote(user=engineer, model=challenger)
    made = promotion.promote(user=engineer, model=challenger, override_reason="The shop closes at six.")
    kept = next(each for each in made.rules if each["name"] == EACH_SLICE)
    assert (made.kind, kept["part"], kept["passed"]) == ("overridden", "lighting: night", False)


def test_a_number_in_the_context_is_no_condition(project, shown):
    challenger, champion = two(project, shown)
    parts = {each.part for each in meeting(challenger, champion).case.compared if each.kind == "slice"}
    assert {"lighting: night", "lighting: day", "camera: Aisle 3", "camera: Back room"} < parts
    assert not any("temperature" in part for part in parts)


def test_a_challenger_that_cannot_bear_blur_is_refused(project, shown):
    challenger, champion = two(project, shown, wrong=[], frail=True)
    found = failed(challenger, champion)
    assert set(found) == {EACH_CORRUPTION}
    assert found[EACH_CORRUPTION].part == "blur"


def test_a_margin_that_a_project_sets_decides(project, shown):
    challenger, champion = two(project, shown)
    GateTerms.objects.create(project=project, margin=0.9, least_images=30)
    assert failed(challenger, champion) == {}


def decided(project, shown, reviewed):
    """Every image was predicted: those `reviewed` were shown for sure, of the others one in fifty was audited."""
    policy = RoutingPolicyFactory(project=project)
    for place, (image, _) in enumerate(shown):
        made = PredictionFactory(
            project=project, capture=CaptureFactory(project=project, image=image, state="predicted")
        )
        review = place in reviewed
        RoutingDecision.objects.create(
            project_id=project.pk,
            capture_id=made.capture_id,
            prediction_id=made.pk,
            policy=policy,
            action="review" if review else "audit",
            inclusion_probability=1.0 if review else 0.02,
        )
        if not review:
            RoutingDecision.objects.bulk_create(
                RoutingDecision(
                    project_id=project.pk,
                    capture_id=uuid4(),
                    prediction_id=made.pk,
                    policy=policy,
                    action="accept",
                    inclusion_probability=0.02,
                )
                for _ in range(2)
            )


def test_what_was_verified_counts_for_the_decisions_it_stands_for(project, shown):
    # Of 90 reviewed the challenger is right where the champion is not; of 30 audited it is the other way round.
    champion = contender(project, shown, wrong=range(45), stage="champion")
    challenger = contender(project, shown, wrong=range(90, 120))
    decided(project, shown[:60] + shown[90:105], set(range(60)))
    lately = next(each for each in meeting(challenger, champion).case.compared if each.kind == "recent")
    assert lately.images == 75
    # 60 reviewed, and 15 audits that stand for the 45 that were passed.
    assert lately.challenger == pytest.approx(60 / 105)
    assert lately.champion == pytest.approx((15 + 45) / 105)
    assert EACH_RECENT not in failed(challenger, champion)


def test_the_page_shows_every_rule_every_part_and_what_got_worse(project, shown, engineer, client):
    challenger, _ = two(project, shown)
    client.force_login(engineer)
    page = f"/p/{project.slug}/models/{challenger.pk}/"
    text = " ".join(client.get(f"{page}promote/").content.decode().split())
    for words in (
        "least well: lighting: night, 60 images",
        "−50.0 (−",
        "By camera, site and condition",
        "Blurred",
        "What got worse",
        "every image that got worse",
    ):
        assert words in text
    first = client.get(f"{page}worse/")
    assert "30 of 120 frozen test images" in " ".join(first.content.decode().split())
    assert len(first.context["rows"]) == 30
    row = first.context["rows"][0]
    assert (row["true"], row["champion"]) == (row["true"], row["true"])
    assert row["challenger"] != row["true"]
    assert client.get(f"{page}worse/?over=gold").status_code == 200
    assert client.get(f"{page}worse/?over=nonsense").status_code == 200


def test_the_list_of_what_got_worse_costs_the_same_however_long(
    project, shown, engineer, client, django_assert_max_num_queries
):
    challenger, _ = two(project, shown)
    client.force_login(engineer)
    client.get(f"/p/{project.slug}/models/{challenger.pk}/worse/")
    with django_assert_max_num_queries(40):
        client.get(f"/p/{project.slug}/models/{challenger.pk}/worse/")


def test_the_api_says_the_same(project, shown, engineer):
    challenger, champion = two(project, shown)
    api = client_of(engineer, project)
    told = api.get(f"/api/v1/models/{challenger.pk}/gate/").json()
    assert (told["champion"], told["passed"]) == (str(champion.pk), False)
    assert {each["name"] for each in told["rules"] if not each["passed"]} == {EACH_SLICE}
    assert {each["kind"] for each in told["compared"]} == {
        "overall",
        "label",
        "slice",
        "corruption",
        "strength",
        "gold",
    }
    page = api.get(f"/api/v1/models/{challenger.pk}/gate/worse/?page_size=7").json()
    assert len(page["results"]) == 7
    one = page["results"][0]
    assert one["champion"][0]["label"] == one["true"][0]["label"] != one["challenger"][0]["label"]
    assert len(api.get(page["next"]).json()["results"]) == 7
    assert api.get(f"/api/v1/models/{challenger.pk}/gate/worse/?over=corrupted").status_code == 400
    assert api.get(f"/api/v1/models/{champion.pk}/gate/worse/").json()["results"] == []
    assert api.post(f"/api/v1/models/{challenger.pk}/gate/").status_code == 202
    assert ProcrastinateJob.objects.get(task_name=JOB).args["model_ids"] == [
        str(challenger.pk),
        str(champion.pk),
    ]


def test_what_the_gate_asks_is_set_on_the_record(project, engineer, client):
    api = client_of(engineer, project)
    url = f"/api/v1/projects/{project.slug}/gate/"
    assert api.get(url).json() == {
        "margin": 0.05,
        "least_images": 30,
        "most_ece": 0.1,
        "must_be_proven": False,
    }
    given = {"margin": 0.02, "least_images": 50, "most_ece": None, "must_be_proven": True}
    assert api.post(url, given, format="json").json() == given
    assert AuditEvent.objects.get(action="gate.set").detail == given
    wrong = api.post(url, {**given, "margin": 2}, format="json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["margin"])
    client.force_login(engineer)
    form = {"margin": "4", "least_images": "20", "most_ece": "", "must_be_proven": ""}
    client.post(f"/p/{project.slug}/models/gate/", form)
    made = GateTerms.objects.get(project=project)
    assert (made.margin, made.least_images, made.most_ece, made.must_be_proven) == (0.04, 20, None, False)
    client.post(f"/p/{project.slug}/models/gate/", {**form, "margin": "wide"})
    wrong = client.post(
        f"/p/{project.slug}/models/gate/", {**form, "margin": "101", "most_ece": "0"}, follow=True
    )
    shown = wrong.content.decode()
    assert "Margin, in points of a hundred: Ensure this value is less than or equal to 100." in shown
    assert "Calibration error beyond chance, in points: must be above 0, or empty." in shown
    assert GateTerms.objects.get(project=project).margin == 0.04
    assert 'value="4"' in client.get(f"/p/{project.slug}/models/").content.decode()


@pytest.mark.parametrize(
    ("role", "reads", "sets"),
    [(Role.QA_LEAD, 200, 403), (Role.ANNOTATOR, 403, 403), (Role.ASSOCIATE, 403, 403)],
)
def test_leads_read_the_gate_and_engineers_alone_set_it(project, shown, client, role, reads, sets):
    challenger, _ = two(project, shown, wrong=[])
    user = member(project, role)
    client.force_login(user)
    page = f"/p/{project.slug}/models/"
    assert client.get(f"{page}{challenger.pk}/worse/").status_code == reads
    assert client.post(f"{page}gate/", {"margin": "1", "least_images": "1"}).status_code == sets
    assert client.post(f"{page}{challenger.pk}/measure/").status_code == sets
    api = client_of(user, project)
    hidden = 200 if reads == 200 else 404
    assert api.get(f"/api/v1/models/{challenger.pk}/gate/").status_code == hidden
    assert api.get(f"/api/v1/models/{challenger.pk}/gate/worse/").status_code == hidden
    assert api.get(f"/api/v1/projects/{project.slug}/gate/").status_code in (reads, 404)
    assert api.post(f"/api/v1/models/{challenger.pk}/gate/").status_code in (403, 404)
    assert not GateTerms.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_another_project_s_models_are_not_found(project, shown, client):
    challenger, _ = two(project, shown, wrong=[])
    stranger = member(project_with(), Role.ENGINEER)
    client.force_login(stranger)
    assert client.get(f"/p/{project.slug}/models/{challenger.pk}/worse/").status_code in (403, 404)
    assert client_of(stranger, project).get(f"/api/v1/models/{challenger.pk}/gate/").status_code == 404
