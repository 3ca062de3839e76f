"""Nothing is left behind."""

import gc
import resource

import numpy as np

import tautrack

X = np.linspace(-3, 3, 12)
Y = np.tanh(X) * 0.9 + 0.05 * np.cos(5 * X)


def largest_kilobytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_a_thousand_calls_leave_no_objects_and_no_memory():
    big_X, big_Y = np.random.default_rng(1).normal(size=(2000, 20)), np.random.default_rng(2).uniform(-0.9, 0.9, 2000)

    def calls():
        tautrack.track(X, Y).to_dict()
        repr(tautrack.track(X, Y, ridge=0.1))
        tautrack.track(X, Y).path.weights.sum()
        tautrack.batch(X, Y[:, None])
        tautrack.Tracker(lambda x, tau: x - tau, [0.0], lambda x, tau: [[1.0]], lambda x, tau: [-1.0]).run()
        try:
            tautrack.track(X, Y, ridge=-1)
        except ValueError:
            pass

    def large():
        tautrack.track(big_X, big_Y)  # Holds 0.3 MB of inputs.

    for _ in range(50):
        calls()
        large()
    gc.collect()
    objects, kilobytes = len(gc.get_objects()), largest_kilobytes()
    for _ in range(1000):
        calls()
    for _ in range(200):
        large()
    gc.collect()
    assert len(gc.get_objects()) - objects < 100
    # 200 copies of the inputs alone would be 64 MB.
    assert largest_kilobytes() - kilobytes < 32000


def test_results_outlive_their_arrays():
    x, y = X.copy(), Y.copy()
    result = tautrack.solve(x, y)
    before = repr(result)
    x[:], y[:] = np.nan, np.nan
    del x, y
    gc.collect()
    assert repr(result) == before
    np.testing.assert_allclose(result.predict(X), result.fitted, atol=1e-14)
