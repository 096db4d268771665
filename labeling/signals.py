"""What labeling tells the apps above it. Sent once per batch, inside the transaction that did it."""

from django.dispatch import Signal

answers_recorded = Signal()
"""`answers`: the Answer rows just stored."""

images_resolved = Signal()
"""`resolutions`: the Resolution rows now in force; `replaced`: those no longer so."""

images_erased = Signal()
"""`erasures`: the Erasure rows just written; the bytes of their images are still there."""

images_redacted = Signal()
"""`images`: Images whose bytes before are being removed; what was made from these is to go too. Sent again later."""

project_created = Signal()
"""`project`: the Project just made, with its labels and queues."""
