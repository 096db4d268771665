"""Watching what the cameras send: the usual learnt, new predictions held against it, one alarm a change."""

import numpy as np
from django.db import transaction

from feedback.queries.drift import harmed, in_force
from feedback.queries.serving import serving
from feedback.services import drift_explaining
from inference.domain.drift.features import STATISTICS, Features
from inference.domain.drift.kinds import Verdict, judge
from inference.domain.drift.panel import LEAST
from inference.domain.drift.watch import EVERYWHERE, Change, Watch
from inference.models import DriftCheck, DriftReference
from inference.queries import watched
from people.enums import AlarmKind
from people.models import Alarm, Project
from people.queries import alarms as standing_alarms
from people.services.alarms import raise_alarm, settle

ALARM = AlarmKind.DRIFT
SIZES = (LEAST, 120, 240, 480, 960, 1920)
"""Of a reference: it is learnt again when it has so many, and the larger it is the smaller a change is found."""
MOST_AT_ONCE = 2000


def look_everywhere() -> None:
    """Look at every project in which a model serves. Safe to run twice."""
    for project in Project.objects.order_by("pk"):
        look(project=project)


def look(*, project: Project) -> list[DriftCheck]:
    """Learn what is usual, or hold new predictions against it and open or settle the alarm; the checks made.

    Two at once would count the same captures twice: the job has a lock. What takes seconds is done before anything is
    written.
    """
    model = serving(project)
    if model is None:
        return []
    reference = in_force(project, model)
    if reference is None:
        first = watched.of_model(model).values_list("pk", flat=True).first()
        if first is None:
            return []
        reference = DriftReference.objects.create(project=project, model=model, first=first, seen_to=first)
    if not reference.captures:
        _learn(reference, reference.seen)
        return []
    coming = watched.read(model, start=reference.seen_to, after=True, limit=MOST_AT_ONCE)
    if not coming.ids:
        return []
    watch = Watch.from_json(reference.learnt, reference.state)
    was_changed = bool(watch.changed)
    begun = watch.absorb(coming.features)
    names = dict(project.sources.values_list("key", "name"))
    verdict = judge(watch, harmed=harmed(project, model), names=names)
    reference.state, reference.seen_to = watch.to_json(), coming.ids[-1]
    reference.seen += len(coming.ids)
    with transaction.atomic():
        reference.save(update_fields=["state", "seen_to", "seen"])
        checks = DriftCheck.objects.bulk_create(_checks(reference, watch, coming.features, verdict))
        _say(project, reference, watch, verdict, coming, begun if not was_changed else [])
    if not watch.changed:
        _learn(reference, reference.captures + reference.seen)
    return checks


def _learn(reference: DriftReference, known: int) -> None:
    """Learn the usual from as many captures as there are by now, if that is more than before."""
    wished = max((size for size in SIZES if size <= known), default=LEAST)
    if reference.captures and wished < 2 * reference.captures:
        return
    most = SIZES[-1] if not reference.captures else wished
    usual = watched.read(reference.model, start=reference.first, after=False, limit=most)
    size = max((size for size in SIZES if size <= len(usual.ids)), default=0)
    if size <= reference.captures:
        return
    features = usual.features[:size]
    watch = Watch.learn(features)
    keys, counts = np.unique(features.sources.astype(str), return_counts=True)
    reference.learnt, reference.state = watch.learnt_json(), {}
    reference.captures, reference.seen, reference.seen_to = size, 0, usual.ids[size - 1]
    reference.sources = {str(key): int(count) for key, count in zip(keys, counts, strict=True)}
    reference.save(update_fields=["learnt", "state", "captures", "seen", "seen_to", "sources"])


def _checks(
    reference: DriftReference, watch: Watch, features: Features, verdict: Verdict
) -> list[DriftCheck]:
    checks = []
    for source in sorted({*features.sources, EVERYWHERE}):
        own = features if source == EVERYWHERE else features.of_source(source)
        panel = watch.panels.get(source)
        changed = panel.changed if panel else False
        checks.append(
            DriftCheck(
                reference=reference,
                source=source,
                captures=len(own),
                changed=changed,
                loudness={group: round(ratio, 4) for group, ratio in panel.loudness().items()}
                if panel
                else {},
                figures=figures(own),
                kind=verdict.kind.value if changed else "",
                sentence=verdict.sentence if changed else "",
            )
        )
    return checks


def figures(features: Features) -> dict[str, float | dict[str, float]]:
    """Means of STATISTICS and of the confidence's log odds, and the labels' shares, 0..1."""
    names = (*STATISTICS, "confidence_log_odds")
    means = features.scalars.mean(axis=0)
    labels, counts = np.unique(features.labels.astype(str), return_counts=True)
    return {
        **{name: round(float(mean), 4) for name, mean in zip(names, means, strict=True)},
        "labels": {
            str(label): round(count / len(features), 4) for label, count in zip(labels, counts, strict=True)
        },
    }


def _say(
    project: Project,
    reference: DriftReference,
    watch: Watch,
    verdict: Verdict,
    coming: watched.Seen,
    begun: list[Change],
) -> None:
    """Open the alarm of the project when a change begins, keep its words up to date, settle it when all is as before.

    One that a person has settled while the change goes on is not raised again for the same change.
    """
    open_: Alarm | None = standing_alarms.standing(project, ALARM).first()
    if not watch.changed:
        if open_ is not None:
            settle(user=None, alarm=open_)
        return
    if open_ is None and not begun:
        return
    since = str(coming.ids[begun[0].finding.at]) if begun else open_.detail.get("since")
    found = begun[0].finding if begun else None
    detail = {
        "kind": verdict.kind.value,
        "sources": list(verdict.sources),
        "since": since,
        "reference": str(reference.pk),
        "found_by": f"{found.group}, {found.detector}" if found else open_.detail.get("found_by"),
        "reference_captures": reference.captures,
        "captures_since": reference.seen,
    }
    if not begun and "explanation" in open_.detail:
        detail["explanation"] = open_.detail["explanation"]
    alarm, _ = raise_alarm(
        project=project,
        kind=ALARM,
        words=verdict.sentence,
        detail=detail,
        source=verdict.sources[0] if len(verdict.sources) == 1 else "",
    )
    drift_explaining.ask(alarm)
