"""Leap years of the Gregorian calendar."""


def is_leap(year):
    """Every fourth year, not every hundredth, but every four hundredth."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
