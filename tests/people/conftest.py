"""What the tests of webhooks share: a project, its engineer, and a receiver that keeps what it is sent."""

import pytest

from people.enums import Role
from people.services import webhooks
from tests.factories.people import ProjectFactory, member
from tests.factories.webhooks import Receiver


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def project():
    return ProjectFactory()


@pytest.fixture
def engineer(project):
    return member(project, Role.ENGINEER)


@pytest.fixture
def hook(project, engineer, receiver, settings):
    settings.PRIVATE_WEBHOOKS = True
    return webhooks.register(user=engineer, project=project, url=receiver.url, events=["trust.changed"])
