"""Half-open intervals of whole numbers."""


def merge(intervals):
    """Joins intervals that overlap; the result is sorted."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def length(intervals):
    """How much the intervals cover together."""
    return sum(end - start for start, end in merge(intervals))
