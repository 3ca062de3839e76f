"""A user's own equations."""

import numpy as np

from . import _tautrack
from ._inputs import numbers_of


class PathPoint:
    """An accepted point of the curve.

    kind : 'start', 'regular', 'landing' or 'fold'.
    x : (n,) array; tau : float; arclength : float, so far.
    tangent : (n + 1,) array, (dx, dtau), of length one.
    tau_direction : +1: tau grows from here on, -1: it falls.
    orientation : sign of the determinant of [H_x H_tau; tangent].
    residual : |H| where the last Newton step was taken from; error : estimated distance to the curve.
    reciprocal_condition : of the bordered matrix.
    morse_index : negative eigenvalues of H_x, where that is symmetric; else None.
    """

    def __init__(self, fields):
        self.__dict__.update(fields)

    def __repr__(self):
        return f"{type(self).__name__}({self.kind}, tau={self.tau:.12g}, x={np.array2string(self.x, threshold=6)})"


class Fold(PathPoint):
    """A point at which tau has an extremum, located to full precision.

    Besides: index_before, index_after; bracket : arclengths on both sides; precision : of the last Newton step;
    tau_error : float; null_vector : (n,) array with H_x phi = 0; second_derivative : of tau by arclength.
    """


class BranchPoint(PathPoint):
    """A point at which curves cross.

    Besides: index_before, index_after; bracket; precision; multiplicity : eigenvalues that change sign;
    other_tangent : (n + 1,) array of the crossing branch, or None; followed : str, which branch the tracker went on on.
    """


def _difference_x(H, n):
    """Jacobian by central differences; relative error about 1e-10 for H of size one."""
    step = np.finfo(float).eps ** (1.0 / 3.0)

    def H_x(x, tau):
        columns = np.empty((n, n))
        for j in range(n):
            h = step * max(1.0, abs(x[j]))
            up, down = x.copy(), x.copy()
            up[j] += h
            down[j] -= h
            columns[:, j] = (np.asarray(H(up, tau)) - np.asarray(H(down, tau))) / (up[j] - down[j])
        return columns

    return H_x


def _difference_tau(H):
    step = np.finfo(float).eps ** (1.0 / 3.0)

    def H_tau(x, tau):
        up, down = tau + step, tau - step
        return (np.asarray(H(x, up)) - np.asarray(H(x, down))) / (up - down)

    return H_tau


class Tracker:
    """Follows the curve H(x, tau) = 0 from a point of it, by pseudo-arclength continuation, through every fold.

        for point in tautrack.Tracker(H, x0, H_x, H_tau):
            print(point.tau, point.x)

    Points come one by one, as they are asked for; ``break`` ends the walk, and a second loop goes on behind it.

    Parameters
    ----------
    H : callable (x, tau) -> (n,) array, of an (n,) array and a float
    x0 : (n,) array-like
        A point of the curve at ``tau_start``, up to what Newton's method mends.
    H_x : callable -> (n, n) array; H_tau : callable -> (n,) array
        Derivatives. Where one is missing, ``finite_differences=True`` takes central differences (2 n, and 2, more calls
        of H each time; folds are then located to about eight digits).
    tau_start, tau_target : float
        Where it begins and where it ends.
    symmetric : bool
        H_x is symmetric: then points have a Morse index.
    landings : sequence of floats
        Taus at which it stops exactly.
    predictor, tolerance, max_steps, first_step, longest_step
        Of the tracker; None: the library's defaults. Lengths are Euclidean in (x, tau).

    Raises
    ------
    ValueError : an argument breaks a rule, a derivative is missing, or a function returns another shape. What the
        functions raise comes out of the loop as it is, and the walk is over.
    """

    def __init__(self, H, x0, H_x=None, H_tau=None, *, tau_start=0.0, tau_target=1.0, symmetric=False,
                 finite_differences=False, landings=None, predictor=None, tolerance=None, max_steps=None,
                 first_step=None, longest_step=None):
        start = np.atleast_1d(numbers_of(x0, "x0"))
        if start.ndim != 1 or start.size < 1:
            raise ValueError(f"x0: one number for each unknown is needed, but its shape is {start.shape}")
        if not finite_differences and (H_x is None or H_tau is None):
            missing = " and ".join(name for name, f in (("H_x", H_x), ("H_tau", H_tau)) if f is None)
            raise ValueError(
                f"{missing}: the derivative is missing; finite differences, which cost digits and calls of H, "
                "are taken with finite_differences=True"
            )
        options = {
            "tau_start": tau_start, "tau_target": tau_target, "landings": landings, "predictor": predictor,
            "tolerance": tolerance, "max_steps": max_steps, "first_step": first_step, "longest_step": longest_step,
        }
        self._native = _tautrack.Tracker(
            start, H, H_x or _difference_x(H, start.size), H_tau or _difference_tau(H), bool(symmetric),
            **{name: value for name, value in options.items() if value is not None},
        )

    def __iter__(self):
        return self

    def __next__(self):
        fields = self._native.next()
        if fields is None:
            raise StopIteration
        return PathPoint(fields)

    def stop(self):
        """Ends the walk where it stands; the status is then 'stopped_by_observer'."""
        self._native.stop()

    def run(self):
        """Walks to the end. :returns: the tracker itself."""
        for _ in self:
            pass
        return self

    @property
    def status(self):
        """str: 'running', 'reached_target', 'step_too_small', ... (docs/reference.md, Statuses)."""
        return self._native.status

    @property
    def ok(self):
        """bool: it arrived at tau_target."""
        return self._native.ok

    @property
    def message(self):
        """str: one sentence on how it ended."""
        return self._native.message

    @property
    def points(self):
        """list of PathPoint: all points so far."""
        return [PathPoint(fields) for fields in self._native.points]

    @property
    def folds(self):
        """list of Fold: those met so far."""
        return [Fold(fields) for fields in self._native.folds]

    @property
    def branch_points(self):
        """list of BranchPoint: those met so far."""
        return [BranchPoint(fields) for fields in self._native.branch_points]

    @property
    def work(self):
        """dict: ``steps``, ``rejected``, ``factorisations``, ``evaluations``, ``seconds``."""
        return self._native.work

    def __repr__(self):
        return f"Tracker({self.status}: {self.message})"
