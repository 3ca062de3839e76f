"""What functions come to: objects over reports that are made when they are asked for."""

import numpy as np

from . import _plots
from ._inputs import matrix
from ._progress import Progress
from ._records import Record


def _field(name, doc):
    return property(lambda self: getattr(self._fields, name, None), doc=doc)


class Result:
    """Base of results. ``repr`` is the text of the program, ``to_dict()`` the object that its JSON has for the problem."""

    def __init__(self, native):
        self._native = native
        self._cache = None

    @property
    def _fields(self):
        if self._cache is None:
            self._cache = Record(self._native.to_dict())
        return self._cache

    @property
    def solved(self):
        """bool: everything that was asked for is there (exit status 0 of the program)."""
        return self._native.is_solved

    def to_dict(self):
        """A dict of plain Python objects, equal to the problem in the program's JSON (docs/reference.md, JSON).

        Numbers that are infinite or undefined are None.
        """
        return self._native.to_dict()

    def __repr__(self):
        return self._native.text()

    def __reduce__(self):
        raise TypeError(f"a {type(self).__name__} is not pickled; its to_dict() can be")

    name = _field("name", "str: of the target.")
    data = _field("data", "Record: sizes, columns, rank and network.")
    unresolved = _field("unresolved", "list of str: what is missing, and what may help; empty where ``solved``.")


class Path:
    """The points of a natural path: P accepted points in the order met.

    tau, one_minus_tau : (P,) arrays; the second one in full precision next to tau = 1.
    weights : (P, s) array, in the units of the data, the bias last.
    energy : (P,) array.
    morse_index : list of int or None, None where an eigenvalue is zero to working precision.
    kind : list of str, 'start', 'regular', 'landing' or 'fold'.
    folds_before : (P,) array of int; where it is even, tau grows.
    """

    def __init__(self, points):
        self.tau = np.array([point["tau"] for point in points], dtype=float)
        self.one_minus_tau = np.array([point["one_minus_tau"] for point in points], dtype=float)
        self.weights = np.array([point["weights"] for point in points], dtype=float)
        self.energy = np.array([point["energy"] for point in points], dtype=float)
        self.morse_index = [point["morse_index"] for point in points]
        self.kind = [point["kind"] for point in points]
        self.folds_before = np.array([point["folds_before"] for point in points], dtype=int)

    def __len__(self):
        return len(self.tau)

    def __repr__(self):
        return f"Path of {len(self)} points"


class TrackResult(Result):
    """What :func:`track` comes to: the natural path, and where it ends."""

    @property
    def status(self):
        """str: 'reached_target', 'infinite_weights', ... (docs/reference.md, Statuses)."""
        return self._native.status

    @property
    def message(self):
        """str: one sentence on how the path ended."""
        return self._native.message

    @property
    def weights(self):
        """(s,) array: the weights at the end, in the units of the data, the bias last; empty without an end."""
        return self._native.weights

    @property
    def energy(self):
        """float: E there; None without an end."""
        return self._native.energy

    @property
    def path(self):
        """Path: the accepted points. With ``points=False`` there may be few or none."""
        return Path(self._native.to_dict()["path"]["points"])

    @property
    def folds(self):
        """list of Record: points with ``tau``, ``weights``, ``energy``, ``index_before``, ``index_after``, ``tangent``, ..."""
        return self._fields.path.folds

    @property
    def branch_points(self):
        """list of Record: points with ``tangent`` and ``other_tangent``."""
        return self._fields.path.branch_points

    @property
    def morse_index(self):
        """int: negative eigenvalues of the Hessian at the end, 0 at a minimum; None where it is not known."""
        return None if self.end is None else self.end.morse_index

    @property
    def work(self):
        """Record: ``steps``, ``evaluations``, ``seconds``, ..."""
        return self._fields.path.work

    end = _field("end", "Record: the point at tau = 1 with the evidence that it is one; None without an end.")
    infinity = _field("infinity", "Record: the limit of weights that grow without bound, or None.")
    certificate = _field("certificate", "Record: of ``certify='unique'``, or None.")
    path_certificate = _field("path_certificate", "Record: of ``certify='path'``, or None.")
    audit = _field("audit", "Record: of ``audit``, or None.")

    def plot(self, ax=None):
        """Draws the path, followed again in short steps, with its folds: energy over tau.

        :param ax: matplotlib axes; None: new ones. :returns: the axes. :raises ImportError: without matplotlib.
        """
        return _plots.path(self, ax)


class TreeResult(Result):
    """What :func:`track` comes to with a hidden layer: the branches of the natural homotopy."""

    tree = _field("tree", "Record: ``branches``, ``pitchforks``, ``finished``, ``message``.")
    audit = _field("audit", "Record: of ``audit``, or None.")

    def plot(self, ax=None):
        """Draws the energies of all branches over tau. See :meth:`TrackResult.plot`."""
        return _plots.tree(self, ax)


class SolveResult(Result):
    """What :func:`solve` comes to: all fits, best first, and what the best is worth."""

    stationary_points = _field(
        "stationary_points",
        "list of Record by energy: ``weights``, ``energy``, ``kind``, ``morse_index``, ``status``, ``radius``, ...",
    )
    at_infinity = _field("at_infinity", "list of Record: limits at infinite weights, or of fitted plateaus.")
    completeness = _field("completeness", "Record: ``level`` ('heuristic' to 'complete') and ``message``.")
    fit = _field("fit", "Record: of the best fit, None without one: ``parameters``, ``rmse``, ``covariance``, ...")
    certificate = _field("certificate", "Record: what geometry proves of the best fit, or None.")
    graph = _field("graph", "Record: with ``graph=True``, ``links`` and ``escapes``.")
    tree = _field("tree", "Record: branches from tau = 0, of hidden layers; else None.")

    @property
    def best(self):
        """Record: the stationary point that is the best fit, None where no finite fit is the best."""
        index = self._fields.global_minimum
        return None if index is None else self.stationary_points[index]

    @property
    def weights(self):
        """(s,) array: weights of the best fit, in the units of the data, the bias last; None without one."""
        return None if self.best is None else self.best.weights

    @property
    def energy(self):
        """float: E of the best fit; None without one."""
        return None if self.best is None else self.best.energy

    @property
    def unique(self):
        """str: whether the best fit is the only minimum at finite weights, 'yes', 'no' or 'unknown'."""
        return self._fields.unique.answer

    @property
    def unique_reason(self):
        """str: why, in a sentence."""
        return self._fields.unique.why

    @property
    def global_is_proven(self):
        """bool: no weights, finite or not, have less energy: proven."""
        return getattr(self._fields, "global").proven

    @property
    def _is_hidden(self):
        return getattr(self.data, "hidden", None) is not None

    def _need_fit(self):
        if self._is_hidden:
            raise ValueError("standard errors and intervals are not known of networks with a hidden layer")
        if self.fit is None:
            raise ValueError("there is no best fit with finite weights")
        return self.fit

    @property
    def parameter_names(self):
        """list of str: names of the numbers that the fit comes to: weights, fitted plateaus, half point and slope."""
        return [parameter.name for parameter in self._need_fit().parameters]

    @property
    def estimates(self):
        """(p,) array: their values."""
        return np.array([parameter.estimate for parameter in self._need_fit().parameters], dtype=float)

    @property
    def standard_errors(self):
        """(p,) array: their standard errors, of the linearised model; NaN where there are none (``fit.reason`` says why)."""
        return np.array([p.standard_error for p in self._need_fit().parameters], dtype=float)

    @property
    def fitted(self):
        """(L,) array, (L, K) of several outputs: outputs of the best fit."""
        return self.predict(self._native.data()[0]) if self._is_hidden else self._need_fit().fitted

    @property
    def residuals(self):
        """(L,) array: targets less outputs of the best fit, by row, in the units of the targets."""
        if not self._is_hidden:
            return self._need_fit().residuals
        targets = self._native.data()[1]
        return targets.reshape(self.fitted.shape) - self.fitted

    def intervals(self, level=0.95, *, seconds=60.0, progress=None):
        """Profile intervals of the parameters of the best fit, followed to their ends.

        :param level: in (0, 1).
        :param seconds: time for all of them; what is cut off is NaN.
        :returns: (p, 2) array in the order of ``parameter_names``; infinite ends are unbounded, NaN ones not known.
            What stands at each end, and remarks, has ``profile(level)``; where there are no profiles at all, its
            ``reason`` or ``intervals_reason`` says why.
        :raises ValueError: without a finite best fit, with a hidden layer, and for other levels.
        """
        rows = []
        for parameter in self.profile(level, seconds=seconds, progress=progress).parameters:
            if parameter.interval_method != "profile":
                rows.append(np.full(2, np.nan))
                continue
            ends = np.array([np.nan if end is None else end for end in parameter.interval], dtype=float)
            pieces = getattr(parameter, "pieces", None)
            if pieces:
                for side, how in enumerate((pieces[0].ends[0], pieces[-1].ends[1])):
                    if np.isnan(ends[side]) and how in ("limit", "unbounded"):
                        ends[side] = (-np.inf, np.inf)[side]
            elif pieces is None and rows:  # The half point as a dose, of its logarithm, which stands before it.
                ends = np.where(np.isnan(ends), 10.0 ** rows[-1], ends)
            rows.append(ends)
        return np.array(rows)

    def profile(self, level=0.95, *, seconds=60.0, progress=None):
        """The same with all that is known: a Record like ``fit``, whose ``parameters`` have ``interval``, ``pieces``, ``remarks``."""
        self._need_fit()
        with Progress(progress) as tell:
            return Record(self._native.intervals(float(level), float(seconds), tell))

    def predict(self, X, *, level=None):
        """Outputs of the best fit for new rows.

        :param X: array-like with the columns that were fitted, without bias.
        :param level: of intervals, in (0, 1); None: none are wanted.
        :returns: (rows,) array, with a hidden layer of several outputs (rows, K). With ``level`` a Record of such
            arrays: ``output``, ``low`` and ``high`` of the curve, ``measurement_low`` and ``measurement_high`` of a new
            measurement; empty where no errors are known.
        :raises ValueError: without a finite best fit, and for other columns.
        """
        numbers, indices, _ = matrix(X)
        if indices is not None:
            numbers = np.asarray(X.todense(), dtype=float)
        found = self._native.predict(numbers, 0.95 if level is None else float(level))
        if level is not None:
            return Record(found)
        output = found["output"]
        return output[:, 0] if output.ndim == 2 and output.shape[1] == 1 else output

    def plot(self, ax=None, *, kind=None, level=0.95):
        """Draws the best curve over the data with its interval band, or the energies of all points.

        :param kind: 'curve' (of one input) or 'energies'; None: the first one where there is one input and a best fit.
        :param level: of the band. See :meth:`TrackResult.plot`.
        """
        return _plots.fits(self, ax, kind, level)


class GeometryResult(Result):
    """What :func:`geometry` comes to: the data manifold at a fit, and whether the fit is provably unique."""

    end = _field("end", "Record: where the natural path ends; None where none was followed.")
    geometry = _field("geometry", "Record: ``point``, ``towards_target``, ``largest_curvature``, ``bates_watts``, ``reach``, ...")

    @property
    def unique(self):
        """bool: the fit is proven to be the only stationary point."""
        certificate = self.geometry.certificate
        return certificate is not None and certificate.unique

    @property
    def curvatures(self):
        """array: principal curvatures towards the targets, the largest first, per unit of output; empty: none."""
        towards = self.geometry.towards_target
        return np.empty(0) if towards is None else towards.curvatures

    def plot(self, ax=None):
        """Draws distance times principal curvature, which is below one at a minimum. See :meth:`TrackResult.plot`."""
        return _plots.curvatures(self, ax)


class LayersResult(Result):
    """What :func:`layers` comes to: the data after each layer, and what became of their shape."""

    homeomorphism = _field("homeomorphism", "Record: the verdict of all layers: ``answer`` ('yes', 'no', 'undecided'), ``reason``.")
    stages = _field("stages", "list of Record: the data, then what is known after each layer.")
    conclusions = _field("conclusions", "list of Record: ``layer``, ``label``, ``shape``, ``sentence``.")

    def points(self, layer=-1):
        """(N, d) array: the points after this layer, counted from 1; 0: as given, -1: the last one."""
        count = len(self.stages)
        if not -count <= layer < count:
            raise ValueError(f"layer: there are {count - 1} of them")
        return self._native.points(layer % count)

    def plot(self, ax=None, *, layer=-1):
        """Draws the points after a layer, in their first two coordinates. See :meth:`TrackResult.plot`."""
        return _plots.points(self, ax, layer)


class BatchResult:
    """What :func:`batch` comes to: arrays with an entry, or a row, for each of k targets.

    weights : (k, s) C-contiguous array, in the units of the data, the bias last; NaN where a path has no end.
    energy : (k,) array; NaN where a path has no end.
    status : (k,) array of uint8, numbers of ``status_names``.
    folds : (k,) array of int32.
    columns : list of str, names of the weights.
    """

    def __init__(self, found):
        from . import _tautrack

        self.weights = found["weights"]
        self.energy = found["energy"]
        self.status = found["status"]
        self.folds = found["folds"]
        self.columns = found["columns"]
        self.status_names = _tautrack.status_names()

    @property
    def ok(self):
        """(k,) array of bool: the path arrived at tau = 1."""
        return self.status == self.status_names.index("reached_target")

    def __len__(self):
        return len(self.status)

    def __repr__(self):
        counts = np.bincount(self.status, minlength=len(self.status_names))
        parts = [f"{count} {name}" for count, name in zip(counts, self.status_names) if count]
        return f"BatchResult of {len(self)} targets: {', '.join(parts) or 'none'}"
