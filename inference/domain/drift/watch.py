"""All cameras of a project: a panel for each and one for all together, under one joint rate of false alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.domain.drift.features import Features
from inference.domain.drift.panel import LEAST, Finding, Panel

RATE = 1e-4
"""False alarms a capture, of everything together, while nothing changes."""
EVERYWHERE = ""
"""The name of the panel that sees all sources. It finds sooner what happens at all of them."""


@dataclass(frozen=True)
class Change:
    """`finding` by the panel of `source` (EVERYWHERE: of all); its `at` counts the captures that were absorbed."""

    source: str
    finding: Finding


class Watch:
    """Panels by source.

    Half of RATE is the panel's that sees all sources. The other half is each source's: rates are by capture, each
    capture belongs to one source, and so together the sources' panels raise false alarms at that rate whatever their
    number (a Bonferroni correction in which the captures are the shares). A source with fewer than LEAST captures
    in the reference, or that came later, has no panel, and in the panel of all sources its captures do not count.
    """

    def __init__(self, panels: Mapping[str, Panel]) -> None:
        self.panels = dict(panels)

    @classmethod
    def learn(cls, reference: Features, *, rate: float = RATE, seed: int = 0) -> Watch:
        """From captures while all was well, oldest first. Raises ValueError for fewer than LEAST of them."""
        sources = sorted(set(reference.sources))
        alone = len(sources) == 1
        panels = {EVERYWHERE: Panel.learn(reference, per_capture=rate if alone else rate / 2, seed=seed)}
        for source in [] if alone else sources:
            own = reference.of_source(source)
            if len(own) >= LEAST:
                panels[source] = Panel.learn(own, per_capture=rate / 2, seed=seed)
        return cls(panels)

    def absorb(self, features: Features) -> list[Change]:
        """Take in captures of any sources, oldest first; the changes that begin in them, in order."""
        changes: list[Change] = []
        for source, panel in self.panels.items():
            known = panel.baseline.sources
            places = np.flatnonzero([each in known for each in features.sources])
            for finding in panel.absorb(features[places]):
                at = int(places[finding.at])
                changes.append(Change(source, Finding(at, finding.group, finding.detector, finding.ratio)))
        return sorted(changes, key=lambda change: change.finding.at)

    @property
    def changed(self) -> list[str]:
        """The panels that see a change now."""
        return [source for source, panel in self.panels.items() if panel.changed]

    def learnt_json(self) -> dict[str, Any]:
        """What it learnt from the reference: kept once."""
        return {source: panel.learnt_json() for source, panel in self.panels.items()}

    def to_json(self) -> dict[str, Any]:
        """What it has seen since: kept with every batch."""
        return {source: panel.to_json() for source, panel in self.panels.items()}

    @classmethod
    def from_json(cls, learnt: Mapping[str, Any], state: Mapping[str, Any]) -> Watch:
        """Know what `learnt_json` and `to_json` were taken from; an empty state has seen nothing."""
        return cls({name: Panel.from_json(kept, state.get(name, {})) for name, kept in learnt.items()})
