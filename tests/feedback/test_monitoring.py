"""The looks for drift under the names of other tools' test suites."""

from datetime import UTC, datetime

import pytest

from feedback.domain.monitoring_tests import Look, constraint_report, suite
from inference.models import DriftCheck, DriftReference
from tests.factories.inference import ModelVersionFactory

AT = datetime(2026, 11, 23, 6, tzinfo=UTC)
LOOKS = [
    Look("", AT, 60, {"brightness": 1.0, "confidence": 0.25}),
    Look("till", AT, 12, {"brightness": 0.999}),
    Look("door", AT, 3, {}),
]


def test_each_group_of_each_source_is_a_test_of_evidentlys_name():
    found = suite(LOOKS, AT)
    share, *columns = found["tests"]
    assert share["name"] == "Share of Drifted Columns"
    assert share["status"] == "FAIL"
    assert set(share["parameters"]["features"]) == {"brightness", "confidence", "till.brightness"}
    assert [(test["parameters"]["column_name"], test["status"]) for test in columns] == [
        ("brightness", "FAIL"),
        ("confidence", "SUCCESS"),
        ("till.brightness", "SUCCESS"),
    ]
    assert {test["name"] for test in columns} == {"Drift per Column"}
    assert found["summary"] == {
        "all_passed": False,
        "total_tests": 4,
        "success_tests": 2,
        "failed_tests": 2,
        "by_status": {"SUCCESS": 2, "FAIL": 2},
        "parameters": {},
    }


def test_before_the_first_look_nothing_is_tested_and_nothing_has_failed():
    found = suite([], AT)
    assert found["tests"] == []
    assert found["summary"]["all_passed"]
    assert constraint_report([]) == []


def test_each_is_a_row_of_whylogs_constraint_report():
    rows = constraint_report(LOOKS)
    assert [(row["name"], row["passed"], row["failed"]) for row in rows] == [
        ("brightness drift lower than 1", 0, 1),
        ("confidence drift lower than 1", 1, 0),
        ("till.brightness drift lower than 1", 1, 0),
    ]


@pytest.mark.django_db
def test_the_newest_look_is_what_the_api_answers_and_leads_alone_read_it(shop):
    path = f"/api/v1/projects/{shop.project.slug}/drift/tests/"
    model = ModelVersionFactory(project=shop.project, stage="champion")
    reference = DriftReference.objects.create(
        project=shop.project, model=model, first=model.pk, seen_to=model.pk, captures=60, sources={}
    )
    for loud in (2.0, 0.5):
        DriftCheck.objects.create(
            reference=reference, captures=60, changed=loud > 1, loudness={"sharpness": loud}
        )
    found = shop.client(shop.qa_lead).get(path).json()
    assert found["summary"]["all_passed"]
    assert found["tests"][1]["parameters"]["score"] == 0.5
    assert found["constraints"][0]["summary"]["captures"] == 60
    for user, status in ((shop.engineer, 200), (shop.annotator, 403), (shop.stranger, 404)):
        assert shop.client(user).get(path).status_code == status
