"""The global fit, after the conventions of scikit-learn, which need not be there."""

import inspect
import warnings

import numpy as np

from . import _tautrack
from ._functions import solve
from ._inputs import matrix


# Checks of scikit-learn with data that determine no curve with fitted plateaus, so that fit() raises ValueError: four
# different rows for five unknowns, and targets on a plane, to which sigmoids come as near as one likes.
_UNDETERMINED = (
    "check_sample_weights_shape", "check_sample_weights_not_overwritten", "check_sample_weights_invariance",
    "check_estimators_dtypes", "check_regressors_no_decision_function",
)


def _validation():
    """scikit-learn's checks of arrays, or None."""
    try:
        from sklearn.utils import validation
    except ImportError:
        return None
    return validation


def _not_fitted(estimator):
    message = f"This {type(estimator).__name__} instance is not fitted yet: call fit first."
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return AttributeError(message)
    return NotFittedError(message)


def _convergence_warning():
    try:
        from sklearn.exceptions import ConvergenceWarning
    except ImportError:
        return RuntimeWarning
    return ConvergenceWarning


class SigmoidRegressor:
    """y = low + (high - low) sigma01(X coef + intercept) by least squares: the global fit, with what is known of it.

    Many data have no best curve: better and better ones tend to a limit, such as a step or an exponential. Then the limit
    is the fit, ``is_finite_`` is False, and there is a warning (ConvergenceWarning of scikit-learn, or RuntimeWarning).

    Parameters
    ----------
    activation : 'tanh', 'logistic', 'arctan' or 'erf'
    range : (low, high) or None
        Plateaus; an end that is None is fitted. None: those of the activation. Default: both are fitted.
    ridge : float >= 0
        Penalty on the weights; needs a known range.
    fit_intercept : bool
    seconds : float
        Time of the search for all fits.
    exhaustive : bool or None
        Search by intervals, which proves lists complete and takes long with many weights; None: as solve() does.
    seed : int or None
    threads : int

    Attributes
    ----------
    coef_ : (s,) array; intercept_ : float; low_, high_ : float, the plateaus. Of a limit: NaN what has none.
    is_finite_ : bool, the fit has finite weights and plateaus; otherwise
    limit_ : Record of ``tautrack.solve(...).at_infinity``, or None.
    energy_ : float, half the sum of squares of the fit, the penalty included; of a limit its infimum.
    unique_ : 'yes', 'no' or 'unknown': whether it is the only minimum at finite weights.
    proven_ : bool, no weights have less energy: proven.
    completeness_ : 'heuristic', 'index-consistent', 'complete-in-box' or 'complete': of the list of fits.
    all_fits_ : list of Record, all stationary points by energy.
    summary_ : str, the text of the program.
    n_features_in_ : int; feature_names_in_ : array of str, where X named its columns.
    """

    _estimator_type = "regressor"

    def __init__(self, *, activation="tanh", range=(None, None), ridge=0.0, fit_intercept=True, seconds=10.0,
                 exhaustive=None, seed=None, threads=1):
        self.activation = activation
        self.range = range
        self.ridge = ridge
        self.fit_intercept = fit_intercept
        self.seconds = seconds
        self.exhaustive = exhaustive
        self.seed = seed
        self.threads = threads

    def get_params(self, deep=True):
        """dict: the parameters by name."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params):
        """Sets parameters by name. :returns: the regressor."""
        for name, value in params.items():
            if name not in self._names():
                raise ValueError(f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {self._names()}.")
            setattr(self, name, value)
        return self

    @classmethod
    def _names(cls):
        return list(inspect.signature(cls.__init__).parameters)[1:]

    def __repr__(self):
        defaults = inspect.signature(type(self).__init__).parameters
        changed = [
            f"{name}={getattr(self, name)!r}" for name in self._names()
            if getattr(self, name) is not defaults[name].default and getattr(self, name) != defaults[name].default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _has_free_plateau(self):
        return self.range is not None and None in self.range

    def _more_tags(self):  # Of scikit-learn before 1.6.
        undetermined = dict.fromkeys(_UNDETERMINED, "its data determine no curve with fitted plateaus")
        return {"poor_score": True, "requires_y": True, "_xfail_checks": undetermined if self._has_free_plateau() else {}}

    def __sklearn_tags__(self):
        from sklearn.utils import InputTags, RegressorTags, Tags, TargetTags

        return Tags(estimator_type="regressor", target_tags=TargetTags(required=True),
                    regressor_tags=RegressorTags(poor_score=True), input_tags=InputTags())

    def __sklearn_is_fitted__(self):
        return hasattr(self, "coef_")

    def fit(self, X, y, sample_weight=None):
        """Finds all fits of (n, s) inputs and (n,) targets, and takes the best; it may be a limit at infinite weights.

        :param sample_weight: (n,) weights of the squared residuals, or None; rows of weight zero are left out.
        :returns: the regressor.
        :raises ValueError: for unusable arguments, and where the rows are too few to determine a fit.
        """
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        names = self._feature_names(X)
        X, y = self._checked(X, y)
        if sample_weight is not None:
            sample_weight = np.broadcast_to(np.asarray(sample_weight, dtype=float), y.shape)
            kept = sample_weight != 0
            X, y, sample_weight = X[kept], y[kept], sample_weight[kept]
        if len(y) == 1 and self._has_free_plateau():
            raise ValueError("n_samples = 1: one row determines no plateau")
        result = solve(
            X, y, activation=self.activation, range=self.range, ridge=self.ridge, bias=bool(self.fit_intercept),
            pattern_weights=sample_weight, seconds=self.seconds, exhaustive=self.exhaustive, seed=self.seed,
            threads=self.threads, columns=None if names is None else list(names),
        )
        minima = [point for point in result.stationary_points if point.kind == "minimum"]
        found = [result.best] if result.best is not None else [*minima[:1], *result.at_infinity]
        if not found:
            sizes = f"n_samples = {X.shape[0]}, n_features = {X.shape[1]}"
            raise ValueError(f"no fit is found with {sizes}: " + "; ".join(result.unresolved))
        best = min(found, key=lambda fit: fit.energy)
        self.is_finite_ = any(best is point for point in [result.best, *minima])
        self.limit_ = None if self.is_finite_ else best
        plateaus = result.data.range if best.range is None else best.range
        self.low_, self.high_ = (np.nan if end is None else float(end) for end in plateaus)
        weights = np.array(best.weights) if self.is_finite_ else np.full(len(best.weights), np.nan)
        self.coef_ = weights[:-1] if self.fit_intercept else weights
        self.intercept_ = float(weights[-1]) if self.fit_intercept else 0.0
        if not self.is_finite_:
            warnings.warn(f"the best fit is a limit at infinite weights: {best.reason}", _convergence_warning(), stacklevel=2)
        self.energy_ = best.energy
        self.unique_ = result.unique
        self.proven_ = result.global_is_proven
        self.completeness_ = result.completeness.level
        self.all_fits_ = result.stationary_points
        self.summary_ = repr(result)
        self.n_features_in_ = X.shape[1]
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def predict(self, X):
        """(n,) array: outputs for (n, s) inputs."""
        if not hasattr(self, "coef_"):
            raise _not_fitted(self)
        names, fitted = self._feature_names(X), getattr(self, "feature_names_in_", None)
        if names is not None and fitted is not None and list(names) != list(fitted):
            raise ValueError(
                "The feature names should match those that were passed during fit.\n"
                f"Feature names were {list(fitted)} and are {list(names)}."
            )
        X = self._checked(X)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} features as input"
            )
        if self.is_finite_:
            return self._outputs(X, self.coef_, self.intercept_)
        return self._limit_outputs(X)

    def _outputs(self, X, coefficients, intercept):
        return _tautrack.outputs(X, coefficients, intercept, self.low_, self.high_, self.activation)

    def _limit_outputs(self, X):
        """What outputs tend to on the way to the limit."""
        limit = self.limit_
        rows = np.hstack([X, np.ones((len(X), 1))]) if self.fit_intercept else X
        if limit.exponential is not None:
            curve = limit.exponential
            return curve.offset + curve.factor * np.exp(rows @ curve.rate)
        if limit.line is not None:
            return limit.line.offset + rows @ limit.line.slope
        # A step: on the plateaus but for rows in its plane, which are on their way between them.
        along = rows @ limit.direction
        is_on_way = np.abs(along) <= 1e-9 * (np.abs(rows) @ np.abs(limit.direction))
        weights = np.array(limit.weights)
        outputs = np.where(along < 0, self.low_, self.high_)
        if is_on_way.any():
            coefficients, intercept = (weights[:-1], weights[-1]) if self.fit_intercept else (weights, 0.0)
            outputs[is_on_way] = self._outputs(X[is_on_way], coefficients, float(intercept))
        return outputs

    def score(self, X, y, sample_weight=None):
        """float: R^2 of the predictions."""
        y = np.asarray(y, dtype=float)
        residuals = y - self.predict(X)
        weights = np.ones_like(y) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        mean = np.average(y, weights=weights)
        total = np.sum(weights * (y - mean) ** 2)
        left = np.sum(weights * residuals**2)
        if total == 0:
            return 1.0 if left == 0 else 0.0
        return float(1.0 - left / total)

    @staticmethod
    def _feature_names(X):
        columns = getattr(X, "columns", None)
        if columns is None or not all(isinstance(name, str) for name in columns):
            return None
        return np.asarray(columns, dtype=object)

    def _checked(self, X, y=None):
        validation = _validation()
        if validation is None:
            numbers = matrix(X)[0]
            return numbers if y is None else (numbers, np.asarray(y, dtype=float))
        if y is None:
            return validation.check_array(X, dtype=float)
        return validation.check_X_y(X, y, dtype=float, y_numeric=True)
