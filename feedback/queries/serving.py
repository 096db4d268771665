"""Which model the routing is about: the champion, or where others predict, the one that did last."""

from feedback.models import RoutingDecision
from inference.enums import Stage
from inference.models import ModelVersion, Prediction
from people.models import Project


def serving(project: Project) -> ModelVersion | None:
    """None where nothing serves and nothing was ever predicted."""
    champion = ModelVersion.objects.filter(project=project, stage=Stage.CHAMPION).first()
    if champion is not None:
        return champion
    last = RoutingDecision.objects.filter(project_id=project.pk).order_by("-id").first()
    if last is None:
        return None
    said = Prediction.objects.select_related("model").filter(pk=last.prediction_id).first()
    return said.model if said else None
