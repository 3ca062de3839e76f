"""tautrack: all fits of single-layer perceptrons by least squares, and what they are worth.

You fitted a sigmoid neuron, a dose-response or psychometric curve. Is the fit the one that grows out of the linear one,
what other fits are there, is this the best one, is it the only one, do the data have a finite fit at all?

    >>> import tautrack
    >>> result = tautrack.solve(log_dose, response, range=(None, None))   # four parameters
    >>> print(result)                                                     # what the program tautrack prints
    >>> result.weights, result.unique, result.intervals(0.95)

track       the path from the linear to the sigmoid fit
solve       all fits, best first, with proofs
geometry    curvature and reach: is the fit provably unique?
layers      what layers do to the shape of data
batch       many targets over the same inputs
Tracker     your own equations H(x, tau) = 0
SigmoidRegressor    the global fit, after the conventions of scikit-learn
"""

from ._functions import batch, geometry, layers, solve, track
from ._records import Record
from ._regressor import SigmoidRegressor
from ._results import (
    BatchResult,
    GeometryResult,
    LayersResult,
    Path,
    Result,
    SolveResult,
    TrackResult,
    TreeResult,
)
from ._tautrack import __version__, parts
from ._tracker import BranchPoint, Fold, PathPoint, Tracker

__all__ = [
    "BatchResult",
    "BranchPoint",
    "Fold",
    "GeometryResult",
    "LayersResult",
    "Path",
    "PathPoint",
    "Record",
    "Result",
    "SigmoidRegressor",
    "SolveResult",
    "TrackResult",
    "Tracker",
    "TreeResult",
    "__version__",
    "batch",
    "geometry",
    "layers",
    "parts",
    "solve",
    "track",
]
