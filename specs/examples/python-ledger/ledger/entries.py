"""Entries and the journal that keeps them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


class Unbalanced(ValueError):
    """Debits and credits of an entry differ."""


@dataclass(frozen=True)
class Posting:
    """One line of an entry: a positive amount is a debit, a negative one a credit."""

    account: str
    amount: Decimal


@dataclass(frozen=True)
class Entry:
    day: date
    text: str
    postings: tuple

    def difference(self):
        return sum((posting.amount for posting in self.postings), Decimal(0))


class Journal:
    """Entries in the order of their booking."""

    def __init__(self, chart):
        self._chart = chart
        self._entries = []

    def book(self, entry):
        """Keeps an entry; nothing is kept when it does not balance or names unknown accounts."""
        for posting in entry.postings:
            self._chart[posting.account]
        if entry.difference() != 0:
            raise Unbalanced(f"debits and credits differ by {entry.difference()}")
        self._entries.append(entry)

    def __iter__(self):
        return iter(self._entries)

    def __len__(self):
        return len(self._entries)
