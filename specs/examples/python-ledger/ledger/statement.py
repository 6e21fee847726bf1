"""What the books say."""

from decimal import Decimal


def balance_of(journal, account, until=None):
    """The balance of an account in its normal direction, up to and including a day."""
    total = Decimal(0)
    for entry in journal:
        if until is not None and entry.day >= until:
            continue
        for posting in entry.postings:
            if posting.account == account.code:
                total += posting.amount
    return total if account.debit_normal else -total


def trial_balance(journal, chart):
    """Code, name and balance of every account that has one."""
    rows = []
    for account in chart:
        balance = balance_of(journal, account)
        if balance != 0:
            rows.append((account.code, account.name, balance))
    return rows
