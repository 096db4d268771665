"""What a project's gate asks."""

from inference.models import GateTerms
from people.models import Project

MARGIN, LEAST_IMAGES, MOST_ECE = 0.05, 30, 0.1
"""What is asked where nobody said otherwise."""


def gate_terms(project: Project) -> GateTerms:
    """The project's terms; those of everybody, not stored, where nobody set any."""
    found = GateTerms.objects.filter(project=project).first()
    return found or GateTerms(
        project=project, margin=MARGIN, least_images=LEAST_IMAGES, most_ece=MOST_ECE, must_be_proven=False
    )
