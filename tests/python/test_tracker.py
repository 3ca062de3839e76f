"""The user's own homotopy."""

import numpy as np
import pytest

import tautrack


def cubic(x, tau):
    """x^3 - 0.3 x = tau - 1/2: folds at x = -+sqrt(0.1)."""
    return np.array([x[0] ** 3 - 0.3 * x[0] - (tau - 0.5)])


def cubic_x(x, tau):
    return [[3 * x[0] ** 2 - 0.3]]


def cubic_tau(x, tau):
    return [-1]


START = [-0.9188]


def fold_tau(x):
    return 0.5 + x**3 - 0.3 * x


def test_points_come_one_by_one_through_both_folds():
    tracker = tautrack.Tracker(cubic, START, cubic_x, cubic_tau, symmetric=True)
    assert tracker.status == "running"
    points = list(tracker)
    assert tracker.status == "reached_target" and tracker.ok
    assert points[0].kind == "start" and points[0].tau == 0.0
    assert points[-1].tau == 1.0
    assert [p.arclength for p in points] == sorted(p.arclength for p in points)
    for point in points:
        assert abs(cubic(point.x, point.tau)[0]) < 1e-12
        assert np.linalg.norm(point.tangent) == pytest.approx(1, rel=1e-12)
    first, second = tracker.folds
    assert isinstance(first, tautrack.Fold) and isinstance(points[0], tautrack.PathPoint)
    root = np.sqrt(0.1)
    assert first.tau == pytest.approx(fold_tau(-root), abs=1e-13) and first.x[0] == pytest.approx(-root, abs=1e-9)
    assert second.tau == pytest.approx(fold_tau(root), abs=1e-13)
    # Without a Morse index on the curve's own start, only signs of H_x tell: one negative eigenvalue between the folds.
    assert (first.index_before, first.index_after) == (0, 1)
    assert (second.index_before, second.index_after) == (1, 0)
    assert len(tracker.points) == len(points)


def test_a_walk_may_stop_and_go_on():
    whole = [p.tau for p in tautrack.Tracker(cubic, START, cubic_x, cubic_tau)]
    tracker = tautrack.Tracker(cubic, START, cubic_x, cubic_tau)
    seen = []
    for point in tracker:
        seen.append(point.tau)
        if len(seen) == 3:
            break
    seen += [point.tau for point in tracker]
    assert seen == whole
    stopped = tautrack.Tracker(cubic, START, cubic_x, cubic_tau)
    next(stopped)
    stopped.stop()
    assert list(stopped) == [] and stopped.status == "stopped_by_observer"


def test_landings_and_another_target():
    tracker = tautrack.Tracker(cubic, START, cubic_x, cubic_tau, tau_target=0.9, landings=[0.25, 0.5]).run()
    landed = [p.tau for p in tracker.points if p.kind == "landing"]
    # On the way up, back and up again.
    assert landed == [0.25, 0.5, 0.5, 0.5, 0.9] or landed[:4] == [0.25, 0.5, 0.5, 0.5]
    assert tracker.points[-1].tau == 0.9


def test_many_unknowns_against_closed_forms():
    """x_i' = tau c_i in turn, by exp(x) = 1 + tau c: H is not symmetric after a rotation of its rows."""
    c = np.array([0.5, 2.0, -0.4, 3.0])
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    tracker = tautrack.Tracker(
        lambda x, tau: turn @ (np.exp(x) - 1 - tau * c), np.zeros(4), lambda x, tau: turn @ np.diag(np.exp(x)),
        lambda x, tau: -turn @ c,
    ).run()
    assert tracker.ok and tracker.folds == []
    np.testing.assert_allclose(tracker.points[-1].x, np.log1p(c), rtol=1e-12)
    assert tracker.points[-1].morse_index is None


def test_a_branch_point():
    """x (x^2 - tau) = 0: a pitchfork at tau = 0."""
    tracker = tautrack.Tracker(
        lambda x, tau: x * (x**2 - tau), [0.0], lambda x, tau: [[3 * x[0] ** 2 - tau]], lambda x, tau: -x, tau_start=-1,
        symmetric=True,
    ).run()
    assert tracker.ok
    (branch,) = tracker.branch_points
    assert isinstance(branch, tautrack.BranchPoint)
    assert branch.tau == pytest.approx(0, abs=1e-8) and branch.x[0] == pytest.approx(0, abs=1e-8)
    assert (branch.index_before, branch.index_after) == (0, 1)
    assert abs(branch.other_tangent[0]) == pytest.approx(1, abs=1e-6)


def test_finite_differences_are_taken_only_if_they_are_asked_for():
    with pytest.raises(ValueError, match="H_x and H_tau.*finite_differences=True"):
        tautrack.Tracker(cubic, START)
    with pytest.raises(ValueError, match="H_tau: the derivative is missing"):
        tautrack.Tracker(cubic, START, cubic_x)
    tracker = tautrack.Tracker(cubic, START, finite_differences=True).run()
    assert tracker.ok and len(tracker.folds) == 2
    assert tracker.folds[0].tau == pytest.approx(fold_tau(-np.sqrt(0.1)), abs=1e-8)


def test_what_a_function_raises_comes_out_and_ends_the_walk():
    class Unwell(Exception):
        pass

    def sick(x, tau):
        if tau > 0.3:
            raise Unwell
        return cubic(x, tau)

    tracker = tautrack.Tracker(sick, START, cubic_x, cubic_tau)
    with pytest.raises(Unwell):
        tracker.run()
    assert tracker.status == "stopped_by_observer" and list(tracker) == []
    assert tracker.points and all(p.tau <= 0.3 for p in tracker.points)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"H": lambda x, tau: [1.0, 2.0]}, r"H returned an array of shape \(2,\), but \(1,\) is needed"),
        ({"H_x": lambda x, tau: [1.0]}, r"H_x returned an array of shape \(1,\), but \(1, 1\) is needed"),
        ({"H_tau": lambda x, tau: [[1.0]]}, r"H_tau returned"),
        ({"tau_target": 0.0}, "tau_target"),
        ({"max_steps": 0}, "max_steps"),
        ({"predictor": "magic"}, "predictor"),
        ({"landings": [7.0]}, "landing"),
    ],
)
def test_unusable_arguments(arguments, sentence):
    functions = {"H": cubic, "H_x": cubic_x, "H_tau": cubic_tau, **arguments}
    with pytest.raises(ValueError, match=sentence):
        tautrack.Tracker(functions.pop("H"), START, functions.pop("H_x"), functions.pop("H_tau"), **functions).run()


def test_a_start_that_is_none_and_values_that_are_not_finite_are_statuses():
    wrong = tautrack.Tracker(cubic, [5.0], cubic_x, cubic_tau)
    assert wrong.status == "invalid_start" and list(wrong) == []
    nowhere = tautrack.Tracker(lambda x, tau: cubic(x, tau) if tau < 0.2 else [np.nan], START, cubic_x, cubic_tau).run()
    assert not nowhere.ok and nowhere.status not in ("running", "not_started")
    assert all(np.isfinite(p.x).all() for p in nowhere.points)
