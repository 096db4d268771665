"""Colours that tell labels apart, also for who sees red and green alike."""

import math

OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442")
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW = OKABE_ITO
LIGHTNESS, CHROMA = 0.68, 0.13
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


def colour(position: int) -> str:
    """The colour of the label at this position, from 0: Okabe and Ito (2008), then OKLCH of equal lightness."""
    if position < len(OKABE_ITO):
        return OKABE_ITO[position]
    return _oklch(LIGHTNESS, CHROMA, GOLDEN_ANGLE * (position - len(OKABE_ITO)))


def _oklch(lightness: float, chroma: float, hue: float) -> str:
    """OKLCH to sRGB (Ottosson 2020, "A perceptual color space for image processing"), hue in radians."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _gamma(channel)):02x}" for channel in linear)


def _gamma(channel: float) -> float:
    channel = min(max(channel, 0.0), 1.0)
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
