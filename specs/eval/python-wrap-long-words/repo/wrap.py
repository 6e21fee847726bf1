"""Text in lines of a width."""


def wrap(text, width):
    """Breaks text between words so that no line is longer than width."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        lines.append(line)
    return lines


def indent(text, width, prefix="  "):
    """Wrapped text with a prefix on every line."""
    return "\n".join(prefix + line for line in wrap(text, width - len(prefix)))
