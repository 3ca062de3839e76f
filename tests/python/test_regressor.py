"""SigmoidRegressor against the conventions of scikit-learn, and against solve()."""

import pickle
import subprocess
import sys

import numpy as np
import pandas
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

import tautrack

X = np.linspace(-3, 3, 25)[:, None]
Y = 2 + 3 * np.tanh(1.3 * X[:, 0] - 0.4) + 0.05 * np.sin(40 * X[:, 0])


def test_it_is_the_best_of_all_fits():
    regressor = tautrack.SigmoidRegressor().fit(X, Y)
    result = tautrack.solve(X, Y, range=(None, None))
    np.testing.assert_allclose([*regressor.coef_, regressor.intercept_], result.weights, rtol=1e-12)
    assert (regressor.low_, regressor.high_) == tuple(result.best.range)
    np.testing.assert_allclose(regressor.predict(X), result.fitted, atol=1e-13)
    assert regressor.unique_ == "yes" and regressor.completeness_ == "complete" and regressor.proven_
    assert len(regressor.all_fits_) == len(result.stationary_points)
    assert regressor.score(X, Y) == pytest.approx(result.fit.r_squared, rel=1e-12)
    assert "answer" in regressor.summary_


def test_conventions(monkeypatch):
    regressor = tautrack.SigmoidRegressor(ridge=0.1, range=(-2, 6), seconds=3)
    copy = clone(regressor)
    assert copy.get_params() == regressor.get_params() and copy is not regressor
    assert repr(regressor) == "SigmoidRegressor(range=(-2, 6), ridge=0.1, seconds=3)"
    assert regressor.set_params(ridge=0.0).ridge == 0.0
    with pytest.raises(ValueError, match="Invalid parameter 'rigde'"):
        regressor.set_params(rigde=1)
    with pytest.raises(Exception, match="not fitted yet"):
        regressor.predict(X)
    regressor.fit(X, Y)
    again = pickle.loads(pickle.dumps(regressor))
    assert np.array_equal(again.predict(X), regressor.predict(X))
    scores = cross_val_score(tautrack.SigmoidRegressor(), X, Y, cv=3)
    assert scores.shape == (3,)


def test_weights_of_rows_count_them():
    weights = np.arange(25) % 3
    weighted = tautrack.SigmoidRegressor().fit(X, Y, sample_weight=weights)
    repeated = np.repeat(np.arange(25), weights)
    counted = tautrack.SigmoidRegressor().fit(X[repeated], Y[repeated])
    np.testing.assert_allclose(weighted.coef_, counted.coef_, rtol=1e-9)


def test_names_of_features():
    frame = pandas.DataFrame(X, columns=["dose"])
    regressor = tautrack.SigmoidRegressor().fit(frame, Y)
    assert list(regressor.feature_names_in_) == ["dose"]
    with pytest.raises(ValueError, match="feature names"):
        regressor.predict(frame.rename(columns={"dose": "other"}))


def test_data_without_a_finite_fit_are_refused():
    with pytest.raises(ValueError, match="finite weights"):
        tautrack.SigmoidRegressor(range=(-1, 1)).fit([[0.0], [1], [2], [3]], [-1, -1, 1, 1])


@pytest.mark.filterwarnings("ignore")
def test_all_checks_of_scikit_learn():
    """With a ridge and a known range, where every data set has a finite fit. The search ends by itself, by no clock."""
    check_estimator(tautrack.SigmoidRegressor(range=(-500, 500), ridge=1e-3, seconds=1e6, exhaustive=False))


def test_scikit_learn_need_not_be_there():
    code = (
        "import sys\n"
        "for name in ('sklearn', 'scipy', 'pandas', 'matplotlib', 'tqdm'): sys.modules[name] = None\n"
        "import numpy as np, tautrack\n"
        "x = np.linspace(-2, 2, 9)[:, None]\n"
        "r = tautrack.SigmoidRegressor().fit(x, np.tanh(x[:, 0]) + 0.01 * x[:, 0] ** 2)\n"
        "assert r.score(x, np.tanh(x[:, 0])) > 0.99\n"
        "try: tautrack.track(x, x[:, 0] / 3).plot()\n"
        "except ImportError: pass\n"
        "else: raise SystemExit('a picture without matplotlib')\n"
        "tautrack.solve(x, x[:, 0] / 3, progress=True)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
