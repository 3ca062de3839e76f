"""Reports of the program as objects: fields as attributes, lists of numbers as arrays."""

import numpy as np

# Objects whose keys are names of columns.
_BY_COLUMN = frozenset(["held", "baselines"])
# What is an array also where it is empty.
_NUMBERS = frozenset(
    ["weights", "eigenvalues", "tangent", "other_tangent", "direction", "signs", "linear_rate",
     "covariance", "fitted", "residuals", "curvatures", "focal_distances", "products"]
)


class Record:
    """Part of a result. ``vars(record)`` has its fields; the names are those of the program's JSON (docs/reference.md).

    Lists of numbers are numpy arrays in which numbers that are infinite or undefined are NaN, other missing values are
    ``None``.
    """

    def __init__(self, fields):
        for name, value in fields.items():
            setattr(self, name, plain(name, value))

    def __repr__(self):
        fields = ", ".join(f"{name}={_short(value)}" for name, value in vars(self).items())
        return f"Record({fields})"

    def __eq__(self, other):
        return isinstance(other, Record) and repr(self) == repr(other)

    __hash__ = None


def _short(value):
    if isinstance(value, list) and len(value) > 3:
        return f"[{len(value)} entries]"
    if isinstance(value, np.ndarray):
        return np.array2string(value, threshold=6, precision=8, separator=", ")
    return repr(value)


def _is_number(value):
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _array(values):
    if any(value is None for value in values):
        values = [np.nan if value is None else value for value in values]
    return np.array(values)


def plain(name, value):
    """The value of the field ``name`` of a report."""
    if isinstance(value, dict):
        return dict(value) if name in _BY_COLUMN else Record(value)
    if not isinstance(value, list):
        return value
    if not value:
        return np.empty(0) if name in _NUMBERS else []
    if all(_is_number(entry) for entry in value) and any(entry is not None for entry in value):
        return _array(value)
    if all(isinstance(row, list) and row and all(map(_is_number, row)) for row in value) and (
        len({len(row) for row in value}) == 1
    ):
        return np.array([_array(row) for row in value], dtype=float)
    return [plain("", entry) for entry in value]
