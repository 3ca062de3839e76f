#!/usr/bin/env python3
"""What a call from Python costs, and what others say of the same data.

    PYTHONPATH=build/release/python python3 bench/python/measure.py

Needs scipy and scikit-learn (Debian: python3-scipy, python3-sklearn). Times are of the processor, the least of several
repetitions; one thread.
"""

import csv
import pathlib
import time
import warnings

import numpy as np
import scipy.optimize
from sklearn.neural_network import MLPRegressor

import tautrack

warnings.simplefilter("ignore")
checkout = pathlib.Path(__file__).resolve().parents[2]


def microseconds(function, calls, repetitions=7):
    """Processor time of a call, in microseconds."""
    best = np.inf
    for _ in range(repetitions):
        start = time.process_time()
        for _ in range(calls):
            function()
        best = min(best, time.process_time() - start)
    return best / calls * 1e6


def calls():
    """P1: ten patterns, three weights."""
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(10, 2)), rng.uniform(-0.8, 0.8, 10)
    inside = min(tautrack.track(X, y).work.seconds for _ in range(300)) * 1e6
    whole = microseconds(lambda: tautrack.track(X, y), 2000)
    print(f"track, 10 x 3: {whole:.1f} us a call, of which the tracker {inside:.1f} us; beyond it {whole - inside:.1f} us")
    print(f"  with points=False {microseconds(lambda: tautrack.track(X, y, points=False), 2000):.1f} us")
    print(f"  and to_dict() {microseconds(tautrack.track(X, y).to_dict, 2000):.1f} us")
    Y = rng.uniform(-0.8, 0.8, size=(10, 1_000_000))
    print(f"batch, 10 x 3: {microseconds(lambda: tautrack.batch(X, Y), 1, 3) / 1e6:.3f} us a target of 1,000,000")

    def cubic(x, tau):
        return np.array([x[0] ** 3 - 0.3 * x[0] - (tau - 0.5)])

    def walk():
        return tautrack.Tracker(cubic, [-0.9188], lambda x, tau: np.array([[3 * x[0] ** 2 - 0.3]]),
                                lambda x, tau: np.array([-1.0])).run()

    work = walk().work
    at = np.array([0.4])
    function = 3 * microseconds(lambda: cubic(at, 0.3), 20000)
    a_step = microseconds(walk, 50) / (work["steps"] + work["rejected"])
    print(f"Tracker, one unknown: {a_step:.1f} us a step of {work['evaluations'] / (work['steps'] + work['rejected']):.1f} "
          f"evaluations, each of about {function:.1f} us in the user's functions")


def curve(u, slope, shift, low, high):
    return low + (high - low) * (1 + np.tanh(slope * u + shift)) / 2


def four_parameters(name, x, y):
    """The least sum of squares that each finds, in what time, and what it says about other fits."""
    print(f"\n{name}: {len(y)} rows")
    rows = []

    def tried(who, function, says):
        start = time.process_time()
        try:
            squares = function()
        except (RuntimeError, ValueError) as error:
            rows.append((who, time.process_time() - start, str(error).splitlines()[0][:60], says))
            return
        rows.append((who, time.process_time() - start, f"{squares:.8g}", says))

    result = []

    def global_fit():
        result.append(tautrack.solve(x, y, range=(None, None)))
        fit = result[-1].fit
        return fit.sum_of_squares if fit is not None else 2 * result[-1].at_infinity[0].energy

    def curve_fit(start):
        with np.errstate(all="ignore"):
            found, _ = scipy.optimize.curve_fit(curve, x, y, p0=start, maxfev=20000)
            return np.sum((curve(x, *found) - y) ** 2)

    def least_squares(start):
        with np.errstate(all="ignore"):
            return 2 * scipy.optimize.least_squares(lambda p: curve(x, *p) - y, start).cost

    def perceptron():
        network = MLPRegressor((1,), activation="tanh", solver="lbfgs", alpha=0.0, max_iter=20000, tol=1e-12, random_state=0)
        return np.sum((network.fit(x[:, None], y).predict(x[:, None]) - y) ** 2)

    start = [4 / np.ptp(x), -4 * np.median(x) / np.ptp(x), y.min(), y.max()]
    tried("tautrack.solve", global_fit, "")
    verdict = f"unique: {result[0].unique}; global: {'proven' if result[0].global_is_proven else 'not proven'}"
    rows[0] = (*rows[0][:3], verdict + ("" if result[0].fit is not None else ", a limit: " + result[0].at_infinity[0].kind))
    tried("curve_fit, start guessed from the data", lambda: curve_fit(start), "nothing")
    tried("curve_fit, no start (ones)", lambda: curve_fit(np.ones(4)), "nothing")
    tried("least_squares, start guessed", lambda: least_squares(start), "nothing")
    tried("least_squares, start of ones", lambda: least_squares(np.ones(4)), "nothing")
    tried("MLPRegressor, one tanh unit", perceptron, "nothing")
    for who, seconds, squares, says in rows:
        print(f"  {who:40s} {1e3 * seconds:9.2f} ms  {squares:62s} {says}"[:190].rstrip())


def table(path, inputs, target):
    with open(checkout / path, newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([float(row[inputs]) for row in rows]), np.array([float(row[target]) for row in rows])


if __name__ == "__main__":
    calls()
    dose, density = table("tests/data/assay.csv", "conc", "density")
    four_parameters("assay, log10(conc)", np.log10(dose), density)
    four_parameters("assay, conc itself as input", dose, density)
    x = np.array([9.0, 14, 21, 28, 42, 57, 63, 70, 79])
    y = np.array([8.93, 10.8, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08])
    four_parameters("pasture (Ratkowsky 1983)", x, y)
    four_parameters("pasture, its first five rows", x[:5], y[:5])
    rng = np.random.default_rng(4)
    u = np.sort(rng.uniform(0, 1000, 12))
    four_parameters("a hook that is no sigmoid", u, np.sin(u / 150) + 0.1 * rng.normal(size=12))
