"""The synthetic shop's cameras, labels and light conditions, as plain descriptions."""

from dataclasses import dataclass

CANVAS = (720, 540)
"""Width and height, in pixels, of the straight-on drawing that a camera then looks at."""
FRAME = (480, 360)
"""Width and height, in pixels, of a finished photograph."""

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Tier:
    """One shelf: where its opening begins and where its board's front edge lies, in canvas pixels."""

    top: int
    floor: int

    @property
    def clear(self) -> int:
        return self.floor - self.top


@dataclass(frozen=True)
class Camera:
    """A camera of the shop.

    `vanishing` is the canvas point that depth recedes to. `view` is the canvas quadrilateral the camera sees
    (top left, top right, bottom right, bottom left): turning a camera is a homography, so this is exact.
    """

    key: str
    name: str
    site: str
    wall: Colour
    board: Colour
    rail: Colour
    backing: str
    tiers: tuple[Tier, ...]
    vanishing: Point
    view: tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Label:
    """A label of the demo's project."""

    key: str
    name: str


@dataclass(frozen=True)
class Condition:
    """The circumstances of a photograph: its light (lux at the shelf) and what is unusual about it."""

    key: str
    name: str
    lighting: str
    lux: int
    packaging: str = "classic"
    lens: str = "clean"


CAMERAS = (
    Camera(
        key="dairy",
        name="Shelf 12, dairy",
        site="north",
        wall=(196, 207, 214),
        board=(222, 229, 233),
        rail=(238, 242, 244),
        backing="slats",
        tiers=(Tier(34, 172), Tier(192, 338), Tier(358, 510)),
        vanishing=(360, 130),
        view=((64, 22), (656, 22), (622, 512), (98, 512)),
    ),
    Camera(
        key="drinks",
        name="Shelf 4, drinks",
        site="north",
        wall=(70, 76, 84),
        board=(104, 110, 118),
        rail=(46, 50, 57),
        backing="plain",
        tiers=(Tier(20, 168), Tier(188, 342), Tier(362, 522)),
        vanishing=(230, 210),
        view=((52, 62), (690, 8), (690, 534), (52, 474)),
    ),
    Camera(
        key="snacks",
        name="Shelf 7, snacks",
        site="south",
        wall=(178, 150, 116),
        board=(214, 186, 148),
        rail=(120, 86, 58),
        backing="pegs",
        tiers=(Tier(-10, 166), Tier(186, 346), Tier(366, 526)),
        vanishing=(500, 30),
        view=((24, 20), (664, 58), (640, 500), (96, 538)),
    ),
)

LABELS = (
    Label("in_stock", "In stock"),
    Label("low_stock", "Low stock"),
    Label("out_of_stock", "Out of stock"),
    Label("blocked", "View blocked"),
)

CONDITIONS = (
    Condition("morning", "Morning", lighting="daylight", lux=700),
    Condition("evening", "Evening", lighting="lamps", lux=320),
    Condition("afternoon_glare", "Afternoon glare", lighting="low sun", lux=4200),
    Condition("dirty_lens", "Dirty lens", lighting="daylight", lux=650, lens="smeared"),
    Condition("new_packaging", "New packaging", lighting="daylight", lux=700, packaging="new"),
)


def _find(kind: str, choices: tuple, key: str):
    for choice in choices:
        if choice.key == key:
            return choice
    raise ValueError(f"no {kind} {key!r}: choose one of {', '.join(choice.key for choice in choices)}")


def find_camera(key: str) -> Camera:
    """The camera of that key; ValueError names the ones there are."""
    return _find("camera", CAMERAS, key)


def find_label(key: str) -> Label:
    """The label of that key; ValueError names the ones there are."""
    return _find("label", LABELS, key)


def find_condition(key: str) -> Condition:
    """The condition of that key; ValueError names the ones there are."""
    return _find("condition", CONDITIONS, key)


def context(condition: str) -> dict:
    """What a photograph taken under `condition` carries as its context: JSON-able, `lux` being typical."""
    found = find_condition(condition)
    return {
        "synthetic": "shop",
        "condition": found.key,
        "lighting": found.lighting,
        "lux": found.lux,
        "lens": found.lens,
        "packaging": found.packaging,
    }
