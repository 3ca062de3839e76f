"""Array-likes become what the extension takes."""

import numpy as np

from . import _tautrack

_NO_WEIGHTS = np.empty(0)
_MOST_ENTRIES = 2**31 - 1  # Indices of sparse inputs are int in the library.


def _names_of(frame):
    names = [str(name) for name in frame.columns]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"X: two columns are named '{name}'")
    return names


def numbers_of(values, what):
    if np.ma.is_masked(values):
        raise ValueError(f"{what}: it has masked entries; leave those rows out")
    if np.iscomplexobj(values):
        raise ValueError(f"{what}: real numbers are needed")
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        hint = "; of class labels make numbers, such as np.where(y == 'a', 0.9, -0.9)" if what in ("y", "Y") else ""
        raise ValueError(f"{what}: numbers are needed, but {error}{hint}") from None


def _csr(X):
    """Entries, and (indices, indptr, columns), of a sparse matrix of any kind; the matrix stays as it is."""
    matrix = X.tocsr()
    if np.iscomplexobj(matrix.data):
        raise ValueError("X: real numbers are needed")
    if not matrix.has_canonical_format or not np.all(matrix.data):
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    rows, columns = matrix.shape
    if max(matrix.nnz + rows, columns + 1) > _MOST_ENTRIES:
        raise ValueError(f"X: it may have up to {_MOST_ENTRIES} entries and columns, the bias included")
    return matrix.data, (matrix.indices, matrix.indptr, columns)


def matrix(X):
    """Numbers (rows x columns), what a sparse matrix has besides, or None, and names of columns, or []."""
    if type(X) is not np.ndarray:
        if hasattr(X, "tocsr"):
            data, indices = _csr(X)
            return data, indices, []
        if hasattr(X, "columns") and hasattr(X, "to_numpy"):
            return numbers_of(X.to_numpy(), "X"), None, _names_of(X)
        if hasattr(X, "to_frame") and hasattr(X, "name"):  # One column of a table.
            return numbers_of(X, "X")[:, None], None, [str(X.name)] if X.name is not None else []
    numbers = numbers_of(X, "X")
    if numbers.ndim == 1:
        numbers = numbers[:, None]
    if numbers.ndim != 2:
        raise ValueError(f"X: rows and columns are needed, but it has {numbers.ndim} dimensions")
    return numbers, None, []


def _targets(y):
    """L x K, and K names."""
    if type(y) is not np.ndarray:
        if hasattr(y, "columns") and hasattr(y, "to_numpy"):
            return numbers_of(y.to_numpy(), "y"), [str(name) for name in y.columns]
        name = getattr(y, "name", None)
        names = [str(name)] if name is not None else ["y"]
    else:
        names = ["y"]
    numbers = numbers_of(y, "y")
    if numbers.ndim == 1:
        return numbers[:, None], names
    if numbers.ndim != 2 or numbers.shape[1] < 1:
        raise ValueError(f"y: one number a row is needed, but its shape is {numbers.shape}")
    if numbers.shape[1] > 1:
        names = [f"y{k + 1}" for k in range(numbers.shape[1])]
    return numbers, names


def inputs(X, y, columns, pattern_weights, bias, several=None):
    """The inputs of one network, of one or more targets.

    :param several: a sentence that there may not be so many targets; None: there may.
    """
    targets, names = _targets(y)
    if several is not None and targets.shape[1] > 1:
        raise ValueError(several.format(targets.shape[1]))
    return inputs_of(X, targets, names, columns, pattern_weights, bias)


def inputs_of(X, targets, target_names, columns, pattern_weights, bias):
    """The same where targets are numbers already (L x K), with their names."""
    numbers, indices, names = matrix(X)
    if columns is not None:
        names = [str(name) for name in columns]
        width = numbers.shape[1] if indices is None else indices[2]
        if len(names) != width:
            raise ValueError(f"columns: {len(names)} names are given for {width} columns of X")
    weights = _NO_WEIGHTS if pattern_weights is None else numbers_of(pattern_weights, "pattern_weights")
    if weights.ndim != 1:
        raise ValueError(f"pattern_weights: one number a row is needed, but its shape is {weights.shape}")
    return _tautrack.Inputs(numbers, indices, targets, target_names, names, weights, bool(bias))
