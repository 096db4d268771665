"""How a challenger and the champion compare, image by image, on everything that both were measured on."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from feedback.domain import gate_comparison
from feedback.domain.gate import GOLD, RECENT, Compared
from feedback.domain.gate_comparison import Pair, pair
from inference.domain.outcomes import Outcomes
from inference.enums import Over
from inference.models import MeasuredSet, ModelVersion
from inference.queries.known_answers import SPAN
from labeling.models import Image
from people.queries.ids import id_floor

KEPT_SECONDS = 600
CHUNK = 1000
MOST_SLICED = 20_000
"""So many test images are told apart by camera, site and condition: they are a sample, by hash."""
MOST_SLICES = 60
MOST_VALUES = 20
"""A key of the contexts with more values than these is no condition."""
MOST_DECISIONS = 100_000

DECIDED = """
SELECT DISTINCT ON (image.sha256) image.sha256, decision.action <> 'review', decision.inclusion_probability,
       decision.burst
FROM labeling_image AS image
JOIN inference_capture AS capture ON capture.image_id = image.id AND capture.id >= %(floor)s
JOIN feedback_routingdecision AS decision ON decision.capture_id = capture.id AND decision.action <> 'accept'
WHERE image.project_id = %(project)s AND image.sha256 = ANY(%(hashes)s)
ORDER BY image.sha256, decision.id DESC
"""
SIZES = """
SELECT action <> 'review', inclusion_probability, count(*) FROM (
    SELECT action, inclusion_probability FROM feedback_routingdecision
    WHERE project_id = %(project)s AND id >= %(floor)s ORDER BY id DESC LIMIT %(most)s
) AS lately GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Facts:
    """What is known of an image apart from what it shows: its burst, if any, and the slices it falls into."""

    burst: str | None = None
    slices: tuple[str, ...] = ()


def measured(models: Sequence[ModelVersion], test_hash: str) -> bool:
    """Whether each of the models was measured image by image: on that test set, its corruptions and beyond."""
    rows = MeasuredSet.objects.filter(model__in=models)
    found: dict[UUID, set[str]] = defaultdict(set)
    for model_id, over, name in rows.values_list("model", "over", "set_hash"):
        if over in (Over.GOLD, Over.RECENT) or name == test_hash:
            found[model_id].add(over)
    return all(found[model.pk] == {str(over) for over in Over} for model in models)


def compared(challenger: ModelVersion, champion: ModelVersion, test_hash: str) -> list[Compared]:
    """On the test set in all, by label, slice and corruption; on known answers; on what was verified lately.

    Kept for ten minutes: the time is that of a bootstrap, about a second. Empty where nothing was measured.
    """
    ids = _ids(challenger, test_hash), _ids(champion, test_hash)
    key = f"gate.{'.'.join(f'{over}{pk}' for each in ids for over, pk in sorted(each.items()))}"
    held: list[Compared] = cache.get_or_set(key, lambda: _compared(champion, *ids), KEPT_SECONDS)
    return held


def pair_on(challenger: ModelVersion, champion: ModelVersion, test_hash: str, over: Over) -> Pair | None:
    """Both models on one of the sets; None where one of them was not measured on it."""
    ours, theirs = _ids(challenger, test_hash), _ids(champion, test_hash)
    if over.value not in ours or over.value not in theirs:
        return None
    return _pair(ours[over.value], theirs[over.value])


def _ids(model: ModelVersion, test_hash: str) -> dict[str, int]:
    """By kind of set the row that says what the model said; test sets by their hash, of the others the newest."""
    rows = MeasuredSet.objects.filter(model=model).order_by("pk").values_list("over", "set_hash", "pk")
    return {over: pk for over, name, pk in rows if over in (Over.GOLD, Over.RECENT) or name == test_hash}


def _pair(ours: int, theirs: int) -> Pair:
    rows = dict(MeasuredSet.objects.filter(pk__in=[ours, theirs]).values_list("pk", "content"))
    return pair(Outcomes.unpack(rows[ours]), Outcomes.unpack(rows[theirs]))


def _compared(champion: ModelVersion, ours: dict[str, int], theirs: dict[str, int]) -> list[Compared]:
    found: list[Compared] = []
    for over in (over for over in Over if over.value in ours and over.value in theirs):
        both = _pair(ours[over.value], theirs[over.value])
        found += PARTS[over](champion, both) if both.hashes else []
    return found


def _on_test(champion: ModelVersion, both: Pair) -> list[Compared]:
    facts = _facts(champion.project_id, both.hashes[:MOST_SLICED])
    parts = [
        *gate_comparison.whole(both),
        *gate_comparison.old_labels(both, champion.labels),
        *gate_comparison.labels_of(both),
        *gate_comparison.slices(both, _members(both, facts)),
    ]
    return gate_comparison.compare(both, parts, _bursts(both, facts))


def _corrupted(champion: ModelVersion, both: Pair) -> list[Compared]:
    facts = _facts(champion.project_id, both.hashes)
    return gate_comparison.compare(both, gate_comparison.corruptions(both), _bursts(both, facts))


def _on_gold(champion: ModelVersion, both: Pair) -> list[Compared]:
    facts = _facts(champion.project_id, both.hashes)
    return gate_comparison.compare(both, gate_comparison.whole(both, GOLD), _bursts(both, facts))


def _lately(champion: ModelVersion, both: Pair) -> list[Compared]:
    """Each verified image stands for the decisions that had its chance of being verified (Horvitz & Thompson 1952,
    post-stratified): people look mostly at what the champion was unsure of, where any other model looks good."""
    terms: dict[str, Any] = {
        "project": champion.project_id,
        "floor": id_floor(timezone.now() - SPAN),
        "most": MOST_DECISIONS,
        "hashes": list(both.hashes),
    }
    with connection.cursor() as cursor:
        cursor.execute(DECIDED, terms)
        known = {sha256: (passed, inclusion, burst) for sha256, passed, inclusion, burst in cursor.fetchall()}
        cursor.execute(SIZES, terms)
        sizes = {(passed, inclusion): count for passed, inclusion, count in cursor.fetchall()}
    drawn = Counter(known[sha256][:2] for sha256 in both.hashes if sha256 in known)
    weights = np.array(
        [
            sizes.get(known[sha256][:2], 0) / drawn[known[sha256][:2]] if sha256 in known else 0.0
            for sha256 in both.hashes
        ]
    )
    of_a_draw = weights > 0
    if not of_a_draw.any():
        return []
    part = gate_comparison.Part(RECENT, "", int(of_a_draw.sum()), mask=of_a_draw)
    bursts = [(known[sha256][2] if sha256 in known else "") or None for sha256 in both.hashes]
    return gate_comparison.compare(both, [part], bursts, weights)


PARTS = {Over.TEST: _on_test, Over.CORRUPTED: _corrupted, Over.GOLD: _on_gold, Over.RECENT: _lately}


def _facts(project: UUID, hashes: Sequence[str]) -> dict[str, Facts]:
    found: dict[str, Facts] = {}
    for start in range(0, len(hashes), CHUNK):
        rows = Image.objects.filter(project=project, sha256__in=hashes[start : start + CHUNK]).values_list(
            "sha256", "group", "source__name", "source__site__name", "context"
        )
        for sha256, burst, source, site, context in rows:
            named = {"camera": source, "site": site, **context}
            slices = tuple(
                f"{key}: {value}"
                for key, value in named.items()
                if isinstance(value, str | bool) and value != ""
            )
            found[sha256] = Facts(burst or None, slices)
    return found


def _bursts(both: Pair, facts: Mapping[str, Facts]) -> list[str | None]:
    return [facts[sha256].burst if sha256 in facts else None for sha256 in both.hashes]


def _members(both: Pair, facts: Mapping[str, Facts]) -> dict[str, list[int]]:
    """The places of the images of each slice, the largest MOST_SLICES; a slice that holds them all is none."""
    members: dict[str, list[int]] = defaultdict(list)
    for place, sha256 in enumerate(both.hashes):
        for name in facts[sha256].slices if sha256 in facts else ():
            members[name].append(place)
    values = Counter(name.split(": ", 1)[0] for name in members)
    told = [
        name
        for name, places in members.items()
        if values[name.split(": ", 1)[0]] <= MOST_VALUES and len(places) < len(both.hashes)
    ]
    told.sort(key=lambda name: (-len(members[name]), name))
    return {name: members[name] for name in told[:MOST_SLICES]}
