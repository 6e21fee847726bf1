"""Shapes and their areas."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Rect:
    width: float
    height: float

    def area(self):
        return self.width * self.height


@dataclass(frozen=True)
class Circle:
    radius: float

    def area(self):
        return math.pi * self.radius**2
