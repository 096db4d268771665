"""The one role a user has in a project, and for an associate the sites it holds for."""

from django.conf import settings
from django.db import models

from people.enums import Role
from people.models.project import Project
from people.models.site import Site


class Membership(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(str(r), str(r)) for r in Role])
    sites = models.ManyToManyField(Site, blank=True, related_name="memberships")
    manages = models.BooleanField(
        default=False,
        db_default=False,
        help_text="An associate who manages the sites: signs phones in, and hears of alerts nobody answered.",
    )
    # Brought along by `rules.membership`.
    site_ids: list[int]

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_role_a_project", fields=["user", "project"]),
            models.CheckConstraint(
                name="membership_role", condition=models.Q(role__in=[str(r) for r in Role])
            ),
            models.CheckConstraint(
                name="associates_manage_sites",
                condition=models.Q(manages=False) | models.Q(role=Role.ASSOCIATE.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} in {self.project}"
