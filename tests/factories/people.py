"""People, projects, sites and tokens for tests."""

import factory
from rest_framework.test import APIClient

from people.enums import Role, Scope, TaskType
from people.models import Membership, Project, Site, Token, User
from people.services.tokens import ALLOWED_SCOPES, digest_of

PASSWORD = "correct horse battery staple"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence("user{:05}".format)
    first_name = factory.Sequence("Person {:05}".format)
    password = factory.django.Password(PASSWORD)


class ProjectFactory(factory.django.DjangoModelFactory):
    """A bare project; for one with labels and queues see `labeling.project_with`."""

    class Meta:
        model = Project

    slug = factory.Sequence("project-{:05}".format)
    name = factory.Sequence("Project {:05}".format)
    task_type = TaskType.CLASSIFICATION.value


class SiteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Site

    key = factory.Sequence("site-{:05}".format)
    name = factory.Sequence("Store {:05}".format)
    timezone = "Europe/Stockholm"


class MembershipFactory(factory.django.DjangoModelFactory):
    """`MembershipFactory(project=…, role=…, sites=[…])`; `.user` is who holds it."""

    class Meta:
        model = Membership
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    project = factory.SubFactory(ProjectFactory)
    role = Role.ANNOTATOR.value

    @factory.post_generation
    def sites(self, create, extracted, **kwargs):
        if create and extracted:
            self.sites.add(*extracted)


class TokenFactory(factory.django.DjangoModelFactory):
    """A token whose secret is `token.secret`."""

    class Meta:
        model = Token

    class Params:
        secret = factory.Sequence("secret-{}".format)

    user = factory.SubFactory(UserFactory)
    project = factory.SubFactory(ProjectFactory)
    digest = factory.LazyAttribute(lambda made: digest_of(made.secret))
    scopes = factory.LazyFunction(lambda: [str(scope) for scope in Scope])


def member(project, role, *sites):
    """A new user with that role in the project."""
    return MembershipFactory(project=project, role=str(role), sites=sites).user


def client_of(user, project, scopes=None):
    """An API client with a token of the user in the project: every scope their role allows, unless named."""
    if scopes is None:
        held = Membership.objects.filter(user=user, project=project).first()
        scopes = ALLOWED_SCOPES[Role(held.role)] if held else set(Scope)
    secret = f"secret of {user.pk} in {project.pk}: {sorted(scopes)}"
    if not Token.objects.filter(digest=digest_of(secret)).exists():
        TokenFactory(user=user, project=project, scopes=sorted(map(str, scopes)), secret=secret)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return client
