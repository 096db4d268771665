"""Setting what a project's gate asks."""

from django.db import transaction

from inference import rules
from inference.models import GateTerms
from people.models import Project, User
from people.services import audit
from people.services.announcements import announce, project_topic

MOST_IMAGES = 1_000_000


class TermsRefused(ValueError):
    """Terms that cannot be; `field` is the one that is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field, self.reason = field, reason


@transaction.atomic
def set_gate_terms(
    *,
    user: User | None,
    project: Project,
    margin: float,
    least_images: int,
    most_ece: float | None,
    must_be_proven: bool,
) -> GateTerms:
    """Say how much worse a part may be, from how many images on it is judged, how far off a confidence may be (None:
    any) and whether the interval has to prove that the challenger is better. Raises PermissionDenied and TermsRefused.
    """
    if user is not None:
        rules.check_set_gate(user, project)
    if not 0 <= margin <= 1:
        raise TermsRefused("margin", "must be from 0 to 1.")
    if not 1 <= least_images <= MOST_IMAGES:
        raise TermsRefused("least_images", f"must be from 1 to {MOST_IMAGES}.")
    if most_ece is not None and not 0 < most_ece <= 1:
        raise TermsRefused("most_ece", "must be above 0 and at most 1, or null.")
    given = {
        "margin": margin,
        "least_images": least_images,
        "most_ece": most_ece,
        "must_be_proven": must_be_proven,
    }
    made, _ = GateTerms.objects.update_or_create(project=project, defaults=given)
    audit.record(actor=user, action="gate.set", target=made, project_id=project.pk, detail=given)
    announce(project_topic(project.pk), "models.changed", [project.pk])
    return made
