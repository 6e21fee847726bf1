"""Comma-separated values."""


def _field(value):
    text = str(value)
    if any(char in text for char in ',"\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def to_csv(rows):
    """Rows as lines of CSV."""
    return "".join(",".join(map(_field, row)) + "\n" for row in rows)
