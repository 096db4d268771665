"""Several models of a project as one candidate."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from inference.queries.models import files_of
from inference.services.ensembles import join
from inference.services.models import ModelRefused, set_champion
from people.models import AuditEvent
from tests.factories.inference import ModelVersionFactory, colour_model, colour_project


def two(project, **fields):
    return [
        ModelVersionFactory(project=project, content=colour_model(sharpness=sharpness), **fields)
        for sharpness in (8.0, 2.0)
    ]


@pytest.fixture
def project(db):
    return colour_project(champion=False)


def test_what_is_joined_is_a_candidate_of_all_their_files_and_may_serve(project):
    first, second = two(project)
    joined = join(project=project, models=[first, second])
    assert (joined.stage, joined.parent, joined.labels) == ("candidate", first, first.labels)
    assert files_of(joined) == files_of(first) + files_of(second)
    assert AuditEvent.objects.get(action="model.joined").detail["of"] == [first.number, second.number]
    set_champion(project=project, model=joined)
    joined.refresh_from_db()
    assert joined.stage == "champion"


def test_the_same_models_again_are_the_same_candidate_and_another_order_is_another(project):
    first, second = two(project)
    joined = join(project=project, models=[first, second])
    assert join(project=project, models=[first, second]) == joined
    assert join(project=project, models=[second, first]) != joined


def test_what_is_joined_may_be_joined_on(project):
    first, second = two(project)
    third = ModelVersionFactory(project=project, content=colour_model(sharpness=4.0))
    assert (
        len(files_of(join(project=project, models=[join(project=project, models=[first, second]), third])))
        == 3
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"labels": ["red", "green", "mauve"]}, "share their labels"),
        ({"preprocessing": {"size": 99}}, "other pixels"),
        ({"runtime": "external"}, "runs elsewhere"),
    ],
)
def test_models_that_do_not_fit_together_are_refused(project, change, reason):
    first, second = two(project)
    for name, value in change.items():
        setattr(second, name, value)
    with pytest.raises(ModelRefused, match=reason):
        join(project=project, models=[first, second])


def test_one_model_alone_or_twice_and_those_of_another_project_are_refused(project):
    first, second = two(project)
    for models in ([first], [first, first]):
        with pytest.raises(ModelRefused, match="Two or more different"):
            join(project=project, models=models)
    with pytest.raises(ModelRefused, match="another project"):
        join(project=colour_project(champion=False), models=[first, second])


def test_the_command_prints_the_id_and_says_what_it_does_not_find(project):
    first, second = two(project)
    out = StringIO()
    call_command("join_models", project.slug, str(first.pk), str(second.pk), stdout=out, stderr=StringIO())
    assert project.models.get(pk=out.getvalue().strip()).members
    with pytest.raises(CommandError, match="has no model 'nine'"):
        call_command("join_models", project.slug, "nine", str(first.pk))
