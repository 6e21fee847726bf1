"""Roman numerals, 1 to 3999."""

SIGNS = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)


def to_roman(number):
    """Writes a number as a Roman numeral."""
    if not 1 <= number <= 3999:
        raise ValueError(f"no Roman numeral for {number}")
    text = ""
    for value, sign in SIGNS:
        text += sign * (number // value)
        number %= value
    return text


def from_roman(text):
    """Reads a Roman numeral."""
    rest, number = text, 0
    for value, sign in SIGNS:
        while rest.startswith(sign):
            number += value
            rest = rest[len(sign):]
    if rest or not text:
        raise ValueError(f"not a Roman numeral: {text!r}")
    return number
