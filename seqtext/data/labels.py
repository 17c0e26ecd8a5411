"""Labels as they are written: one of a text, or several in one string."""

#: What stands between the labels of a text, where they are one string.
SEPARATOR = "|"


def split_labels(written: str) -> tuple[str, ...]:
    """The labels of a text, each once, in order.

    >>> split_labels("late | rude|late"), split_labels(" ")
    (('late', 'rude'), ())
    """
    return tuple(sorted({name for part in written.split(SEPARATOR) if (name := part.strip())}))
