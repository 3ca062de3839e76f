"""Arguments become options of the program, in its own words: what they may be is decided in one place."""

import operator

import numpy as np


def _number(value):
    if isinstance(value, str):
        return value
    try:
        return str(operator.index(value))
    except TypeError:
        return repr(float(value))


def _list(values):
    if isinstance(values, str):
        return values
    if not np.iterable(values):
        values = [values]
    return ",".join(_number(value) for value in values)


def _range(ends):
    if isinstance(ends, str) or not np.iterable(ends):
        return _list(ends)
    return ",".join("free" if end is None else _number(end) for end in ends)


def _box(box):
    if not isinstance(box, str) and np.iterable(box) and any(np.iterable(interval) for interval in box):
        return ",".join(":".join(map(_number, interval)) for interval in box)
    return _list(box)


def _words(words):
    return words if isinstance(words, str) else ",".join(words)


def _yes_no(yes, no):
    def texts(value):
        flag = yes if value else no
        return [(flag, "")] if flag else []

    return texts


def _fix(held):
    if not hasattr(held, "items"):
        raise ValueError("fix: a dict is needed, of columns and the values that their weights are held at")
    return [("--fix", f"{name}={_number(value)}") for name, value in held.items()]


# What an argument of this name becomes; all others stand for themselves.
_SPECIAL = {
    "bias": _yes_no("", "--no-bias"),
    "exhaustive": _yes_no("--exhaustive", "--no-exhaustive"),
    "fix": _fix,
    "range": lambda ends: [("--range", _range(ends))],
    "box": lambda box: [("--box", _box(box))],
    "tau": lambda taus: [("--tau", _list(taus))],
    "at": lambda weights: [("--at", _list(weights))],
}


def _certify(value):
    if isinstance(value, (bool, np.bool_)):
        return [] if value else [("--no-certify", "")]
    return [("--certify", _words(value))]


_SPECIAL["certify"] = _certify

# Arguments that are no options of the program.
_OTHER = frozenset(["X", "y", "Y", "columns", "pattern_weights", "points", "progress", "labels"])


def options(values, defaults):
    """Pairs of an option and its text, of all arguments that are not the default itself.

    :param values: Arguments by name. :param defaults: Those of the function.
    """
    given = []
    for name, default in defaults.items():
        value = values[name]
        if value is default or name in _OTHER or value is None:
            continue
        special = _SPECIAL.get(name)
        if special is not None:
            given.extend(special(value))
        elif isinstance(value, (bool, np.bool_)):
            if value:
                given.append(("--" + name.replace("_", "-"), ""))
        else:
            given.append(("--" + name.replace("_", "-"), _number(value)))
    return given
