"""Amounts of money as people write them."""

from decimal import Decimal, InvalidOperation

CENT = Decimal("0.01")


def parse_amount(text):
    """Reads an amount such as "1234.50"; raises ValueError for anything else."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"not an amount: {text!r}") from None
    return amount.quantize(CENT)


def show_amount(amount):
    """Writes an amount with two digits and thousands separators."""
    return f"{amount.quantize(CENT):,}"
