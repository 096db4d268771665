"""Mint a token for a person or a machine."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from people.enums import Role, Scope
from people.keys import validate_key
from people.models import Membership, Project, Site, User
from people.services.tokens import ScopeTooWide, create_token


def scopes(text: str) -> list[Scope]:
    """`ingest,read` as scopes. Raises ValueError."""
    return [Scope(name.strip()) for name in text.split(",")]


class Command(BaseCommand):
    help = "Mint a token: the user (a machine where new) and its membership are made where absent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "user", help="Username; one that is new becomes a machine's, which cannot sign in."
        )
        parser.add_argument("--role", required=True, choices=[str(role) for role in Role])
        parser.add_argument(
            "--project",
            required=True,
            help="Slug. One that does not exist yet is reserved: see --role engineer.",
        )
        parser.add_argument(
            "--site", action="append", default=[], metavar="KEY", help="For an associate; repeatable."
        )
        parser.add_argument(
            "--scope",
            required=True,
            type=scopes,
            metavar="S[,S]",
            help="Of ingest, answer, read, admin, edge.",
        )
        parser.add_argument("--expires-days", type=int, metavar="N", help="Never, unless given.")

    def handle(self, *args: Any, **options: Any) -> None:
        role, slug, days = Role(options["role"]), options["project"], options["expires_days"]
        self._check_username(options["user"])
        try:
            validate_key(slug)
        except ValidationError as error:
            raise CommandError(f"--project: {error.messages[0]}") from None
        if days is not None and not 0 < days <= 36_500:
            raise CommandError("--expires-days must be 1 to 36500.")
        project = Project.objects.filter(slug=slug).first()
        if project is None and role != Role.ENGINEER:
            raise CommandError(
                f"There is no project {slug!r}; only a token with --role engineer can be made before its project."
            )
        sites = list(Site.objects.filter(key__in=options["site"]))
        if missing := sorted(set(options["site"]) - {site.key for site in sites}):
            raise CommandError(f"There is no site {missing[0]!r}; open it first: POST /api/v1/sites/.")
        with transaction.atomic():
            user, new = User.objects.get_or_create(username=options["user"], defaults={"is_machine": True})
            if new:
                user.set_unusable_password()
                user.save(update_fields=["password"])
            self._check_membership(user, project, role, sites)
            try:
                _, secret = create_token(
                    user=user,
                    role=role,
                    project=project,
                    slug=slug,
                    scopes=options["scope"],
                    sites=sites,
                    expires_at=timezone.now() + timedelta(days=days) if days else None,
                )
            except ScopeTooWide as error:
                raise CommandError(str(error)) from None
        self.stderr.write(f"Token of {user.username}, {role} in {slug}: {', '.join(options['scope'])}.")
        if project is None:
            self.stderr.write(
                f"There is no project {slug!r} yet: this token is reserved for creating it, with "
                "POST /api/v1/projects/, and belongs to it from then on."
            )
        self.stderr.write("It is shown this once; only its digest is kept.")
        self.stdout.write(secret)

    def _check_username(self, name: str) -> None:
        try:
            User._meta.get_field("username").clean(name, None)
        except ValidationError as error:
            raise CommandError(f"USER: {error.messages[0]}") from None

    def _check_membership(self, user: User, project: Project | None, role: Role, sites: list[Site]) -> None:
        held = Membership.objects.filter(user=user, project=project).first() if project else None
        if held is not None and held.role != role:
            raise CommandError(
                f"{user.username} is {held.role} in {project.slug} already; a person has one role a project."
            )
        if role == Role.ASSOCIATE and not sites and (held is None or not held.sites.exists()):
            raise CommandError("An associate works at named sites: give --site KEY.")
