"""Double-entry bookkeeping for a club."""

from .accounts import Account, Chart, UnknownAccount
from .entries import Entry, Journal, Posting, Unbalanced
from .money import parse_amount, show_amount
from .statement import balance_of, trial_balance

__all__ = [
    "Account",
    "Chart",
    "Entry",
    "Journal",
    "Posting",
    "Unbalanced",
    "UnknownAccount",
    "balance_of",
    "parse_amount",
    "show_amount",
    "trial_balance",
]
