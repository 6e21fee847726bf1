"""Working days."""

import json
from datetime import date, timedelta
from pathlib import Path

_DAYS = json.loads((Path(__file__).parent / "holidays.json").read_text())


def is_working_day(day):
    """Whether offices are open: no weekend, no holiday of the table."""
    return day.weekday() < 5 and day.isoformat() not in _DAYS.get(str(day.year), [])


def next_working_day(day):
    """The first working day after a day."""
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
