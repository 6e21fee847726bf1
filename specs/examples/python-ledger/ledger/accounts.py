"""The chart of accounts."""

from dataclasses import dataclass

KINDS = ("asset", "liability", "income", "expense")


class UnknownAccount(KeyError):
    """An entry names an account that is not in the chart."""


@dataclass(frozen=True)
class Account:
    code: str
    name: str
    kind: str

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")

    @property
    def debit_normal(self):
        """Whether a debit makes the balance greater."""
        return self.kind in ("asset", "expense")


class Chart:
    """Accounts by their code."""

    def __init__(self, accounts=()):
        self._accounts = {}
        for account in accounts:
            self.add(account)

    def add(self, account):
        if account.code in self._accounts:
            raise ValueError(f"account {account.code} is there already")
        self._accounts[account.code] = account

    def __getitem__(self, code):
        try:
            return self._accounts[code]
        except KeyError:
            raise UnknownAccount(code) from None

    def __iter__(self):
        return iter(sorted(self._accounts.values(), key=lambda account: account.code))

    def __len__(self):
        return len(self._accounts)
