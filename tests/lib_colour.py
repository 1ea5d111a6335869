# SPDX-License-Identifier: GPL-2.0-only
"""What people see of colours: the contrast of WCAG 2, and how far apart two colours are, also to the colour-blind."""

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), severity 1,
# on linear RGB.
VISIONS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
# sRGB, D65
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)


def parse(text):
    """#rgb, #rrggbb or rgb(r, g, b) as three numbers from 0 to 255."""
    text = text.strip()
    if text.startswith("#"):
        digits = text[1:] if len(text) == 7 else "".join(2 * digit for digit in text[1:])
        return tuple(int(digits[at:at + 2], 16) for at in (0, 2, 4))
    return tuple(int(part) for part in text[text.index("(") + 1:text.index(")")].split(",")[:3])


def linear(rgb):
    return [value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in rgb]


def times(matrix, vector):
    return [sum(factor * value for factor, value in zip(row, vector)) for row in matrix]


def contrast(one, other):
    """From 1 to 21."""
    lights = sorted(times(TO_XYZ, linear(rgb))[1] for rgb in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(rgb, vision):
    xyz = times(TO_XYZ, [min(1, max(0, value)) for value in times(VISIONS[vision], linear(rgb))])
    x, y, z = (value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116
               for value in (value / white for value, white in zip(xyz, WHITE)))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one, other, vision):
    """CIE 1976: 2.3 can just be noticed side by side."""
    return sum((a - b) ** 2 for a, b in zip(lab(one, vision), lab(other, vision))) ** 0.5
