"""A line of text for a shape."""

from shapes import Rect


def describe(width, height):
    """The area in words."""
    return f"{Rect(width, height).area():.1f} square metres"
