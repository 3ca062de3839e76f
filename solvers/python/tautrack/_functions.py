"""The subcommands of the program, on arrays."""

import json

import numpy as np

from . import _tautrack
from ._inputs import inputs, inputs_of, matrix, numbers_of
from ._options import options
from ._progress import Progress
from ._results import BatchResult, GeometryResult, LayersResult, SolveResult, TrackResult, TreeResult

_ONE_TARGET = (
    "y: it has {} columns; batch() follows one path for each, and hidden=H has them share a hidden layer"
)


def _given(function, values):
    return options(values, function.__kwdefaults__)


def track(X, y, *, activation="tanh", ridge=0.0, ridge_standardised=False, range=None, bias=True,
          pattern_weights=None, fix=None, hidden=None, output="linear", ridge_hidden=None, ridge_output=None,
          keep_replicates=False, double_precision=False,
          matrix_free=False, predictor="taylor", tolerance=None, max_steps=None, tau=None,
          certify=None, audit=None, threads=1, columns=None, points=True, progress=None):
    """Follows the path from the linear to the sigmoid fit.

    The natural path of the perceptron y = sigma(X w): stationary points of E(w, tau) = 1/2 |f(X w, tau) - y|^2 +
    ridge/2 |w|^2 with f(u, tau) = (1 - tau) u + tau sigma(u), from linear least squares at tau = 0 to tau = 1.

    Parameters
    ----------
    X : (L, s) array-like; a DataFrame names the columns; scipy.sparse stays sparse beyond 1000 weights
        Inputs, one pattern a row, in any units; (L,) is one column. A column of ones is appended (``bias``).
    y : (L,) array-like
        Targets, in the units of the outputs.
    activation : 'tanh', 'logistic', 'arctan' or 'erf'
    ridge : float >= 0
        Penalty R/2 |w|^2, on weights in the units of the data; ``ridge_standardised``: of columns of standard deviation one.
    range : (low, high) or None
        Plateaus of the outputs, in the units of y; an end that is None is fitted, (None, None) is the four-parameter
        model. None: those of the activation.
    bias : bool
        Append a column of ones, whose weight is the last.
    pattern_weights : (L,) array-like of positive numbers, or None
        Weights of the squared residuals.
    fix : dict of column: value, or None
        Weights that are held; ``'(bias)'`` is the bias.
    hidden : int or None
        Units of a hidden layer: then all branches from tau = 0 are followed. Needs a ridge, or ``ridge_hidden`` and
        ``ridge_output``; ``output`` is 'linear' or 'sigmoid'.
    keep_replicates : bool
        Equal rows stay separate patterns instead of one with their mean.
    double_precision : bool
        Keep no copy of large inputs in single precision, from which the way along a path is found; what is reported is
        computed in double precision anyway.
    matrix_free : bool
        Form no s x s matrix, whatever the size; less is examined.
    predictor : 'taylor', ...; tolerance : float; max_steps : int
        Of the tracker; None: the program's defaults.
    tau : sequence of floats in (0, 1), or None
        Stop exactly there, each time.
    certify : 'unique', 'path', or both in a list, or None
        Prove up to which tau there is no other stationary point; prove that one curve joins the linear fit to this end.
    audit : 'none', 'suspects', 'all' or None
        Track again with tighter steps and compare.
    threads : int; no result depends on it.
    columns : sequence of str, or None
        Names of the columns of X.
    points : bool
        False: the points on the way are not wanted; small paths then take other steps, in less time.
    progress : True, a callable (text, seconds), or None

    Returns
    -------
    TrackResult, with ``hidden`` a TreeResult. A path that does not arrive is a result with a status.

    Raises
    ------
    ValueError : an argument breaks a rule; the sentence says which.
    KeyboardInterrupt : what was found is its attribute ``result``. So it is with what ``progress`` raises.
    """
    given = _given(track, locals())
    arrays = inputs(X, y, columns, pattern_weights, bias, _ONE_TARGET.replace(", and hidden", "; in solve() hidden"))
    wrap = TrackResult if hidden is None else TreeResult
    if progress is None:
        return _tautrack.track(arrays, given, points, None, wrap)
    with Progress(progress) as tell:
        return _tautrack.track(arrays, given, points, tell, wrap)


def solve(X, y, *, activation="tanh", ridge=0.0, ridge_standardised=False, range=None, bias=True,
          pattern_weights=None, fix=None, hidden=None, output="linear", ridge_hidden=None, ridge_output=None,
          keep_replicates=False, double_precision=False,
          seconds=60, rounds=None, descents=None, max_curves=None, max_points=None,
          max_steps=None, certify=True, seed=None, threads=1, exhaustive=None, box=None, search_seconds=None,
          global_seconds=None, global_nodes=None, infinity_seconds=None, intervals=None, graph=False, columns=None,
          progress=None):
    """Finds all fits, best first, and says what the best is worth.

    Parameters are those of :func:`track`, and

    Parameters
    ----------
    X : as in track(); with range and one column -inf stands for the logarithm of a dose of zero
    y : (L,) array-like; with ``hidden`` also (L, K): K outputs share the layer
    seconds : float > 0
        Time for all that follows.
    rounds, descents, max_curves, max_points, max_steps : int or None
        Of the search along curves.
    certify : bool
        Prove each point in ball arithmetic.
    seed : int or None
        Of the random directions.
    exhaustive : bool or None
        Search by intervals; None: where few weights let it get on.
    box : (low, high), or one such pair a weight
        Where to search by intervals; None: a region proven to hold all.
    search_seconds, global_seconds, infinity_seconds : float; global_nodes : int
        Shares of ``seconds`` and budgets of the interval search, the lower bound and the limits.
    intervals : float in (0, 1) or None
        Profile intervals of that level at once; ``result.intervals(level)`` makes them later.
    graph : bool
        Keep which points the curves joined.

    Returns
    -------
    SolveResult

    Raises
    ------
    ValueError : an argument breaks a rule; the sentence says which.
    KeyboardInterrupt : within half a second; what was found is its attribute ``result``.
    """
    given = _given(solve, locals())
    arrays = inputs(X, y, columns, pattern_weights, bias, _ONE_TARGET if hidden is None else None)
    with Progress(progress) as tell:
        result = _tautrack.solve(arrays, given, tell, SolveResult)
    return result


def geometry(X, y, *, activation="tanh", ridge=0.0, ridge_standardised=False, range=None, bias=True,
             pattern_weights=None, keep_replicates=False, double_precision=False,
             at=None, tau=1, seconds=10, infinity_seconds=30, seed=None,
             threads=1, columns=None, progress=None):
    """Examines the data manifold at a fit: curvatures, reach, and whether the fit is provably unique.

    Parameters are those of :func:`track`, X (L, s) and y (L,) above all, and

    Parameters
    ----------
    at : (s,) array-like or None
        Weights to examine, in the units of the data, the bias last; None: the end of the natural path.
    tau : float in [0, 1]
        Data manifold to examine.
    seconds, infinity_seconds : float > 0
        Time for the search of the largest curvature, and for the limits at infinite weights.
    seed : int or None
        Of the random starts.

    Returns
    -------
    GeometryResult

    Raises
    ------
    ValueError, KeyboardInterrupt : as solve().
    """
    given = _given(geometry, locals())
    arrays = inputs(X, y, columns, pattern_weights, bias, _ONE_TARGET)
    with Progress(progress) as tell:
        return _tautrack.geometry(arrays, given, tell, GeometryResult)


def _layers_text(layers):
    """JSON of layers, and whether it is the report of a fit."""
    if isinstance(layers, SolveResult):
        if getattr(layers.data, "hidden", None) is None or layers.best is None:
            raise ValueError("layers: the result has no best fit of a hidden layer")
        return json.dumps(layers.to_dict()), True
    described = []
    for layer in layers:
        if not isinstance(layer, dict):
            layer = dict(zip(("W", "b", "activation"), layer))
        described.append({
            name: value if isinstance(value, str) else np.asarray(value).tolist() for name, value in layer.items()
        })
    return json.dumps(described), False


def layers(X, layers, *, labels=None, tau=1, homology=False, points=None, simplices=None, gap=None, threads=1,
           columns=None, progress=None):
    """Says what layers do to the shape of data.

    Parameters
    ----------
    X : (N, d) array-like
        Points, one a row.
    layers : sequence of (W, b) or (W, b, activation), or a SolveResult with a hidden layer
        W (m x n) and b (m) of each layer x -> sigma(W x + b); sigma is tanh by itself.
    labels : (N,) array-like or None
        Sets that are looked at by themselves, too.
    tau : float in [0, 1]
        0: linear layers, 1: sigmoid ones.
    homology : bool
        Count components, loops and voids before and after each layer.
    points, simplices : int or None
        Budgets: larger sets are thinned to ``points``.
    gap : float > 1 or None
        Bars count that are so many times as long as all that do not.

    Returns
    -------
    LayersResult

    Raises
    ------
    ValueError : an argument breaks a rule.
    KeyboardInterrupt : within half a second; barcodes that are not finished have the status 'stopped'.
    """
    given = _given(layers_function, locals())
    if points is not None:
        given.append(("--points", str(points)))
    numbers, indices, names = matrix(X)
    if indices is not None:
        raise ValueError("X: points are dense")
    if columns is not None:
        names = [str(name) for name in columns]
    elif not names:
        names = [f"x{column + 1}" for column in np.arange(numbers.shape[1])]
    label_names, of_row = [], []
    if labels is not None:
        label_names, of_row = np.unique(np.asarray(labels), return_inverse=True)
        if np.shape(labels) != (len(numbers),):
            raise ValueError(f"labels: one for each of {len(numbers)} rows is needed")
        label_names, of_row = [str(label) for label in label_names], of_row.tolist()
    text, is_fit = _layers_text(layers)
    marked = _tautrack.LabelledPoints(numbers, names, label_names, of_row)
    with Progress(progress) as tell:
        return _tautrack.layers(marked, text, is_fit, given, tell, LayersResult)


layers_function = layers  # Its second argument has the same name.


def batch(X, Y, *, activation="tanh", ridge=0.0, ridge_standardised=False, range=None, bias=True,
          pattern_weights=None, fix=None, double_precision=False,
          predictor="taylor", tolerance=None, max_steps=None, threads=1, columns=None,
          progress=None):
    """Follows the natural paths of many targets over the same inputs, without a loop in Python.

    Parameters are those of :func:`track`, and

    Parameters
    ----------
    Y : (L, k) array-like
        Targets, one problem a column.
    range : (low, high) or None
        Both ends are numbers.
    threads : int
        No path depends on it, nor on the others.

    Returns
    -------
    BatchResult : arrays.

    Raises
    ------
    ValueError : an argument breaks a rule.
    KeyboardInterrupt : its attribute ``result`` has what was found; the rest has the status 'stopped_by_observer'.
    """
    given = _given(batch, locals())
    targets = numbers_of(Y, "Y")
    if targets.ndim != 2 or targets.shape[1] < 1:
        raise ValueError(f"Y: one column a target is needed, but its shape is {targets.shape}")
    if hasattr(X, "tocsr"):
        raise ValueError("X: a batch takes dense inputs")
    arrays = inputs_of(X, targets, ["Y"], columns, pattern_weights, bias)
    with Progress(progress) as tell:
        return _tautrack.batch(arrays, given, tell, BatchResult)
