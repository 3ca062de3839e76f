"""Long work stops when Python raises something, and keeps what it has. Nothing here looks at a clock."""

import os
import signal
import threading

import numpy as np
import pytest

import tautrack

RNG = np.random.default_rng(7)
X, Y = RNG.normal(size=(60, 6)), RNG.uniform(-0.9, 0.9, 60)


class Enough(Exception):
    """Raised by the caller's own function."""


def interrupt(text, seconds):
    assert isinstance(text, str) and seconds >= 0
    raise KeyboardInterrupt


def press(text, seconds):
    """As Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("way", [interrupt, press])
def test_what_was_found_is_on_the_exception(way):
    with pytest.raises(KeyboardInterrupt) as raised:
        tautrack.solve(X, Y, seconds=1e6, rounds=10**6, exhaustive=False, progress=way)
    result = raised.value.result
    assert isinstance(result, tautrack.SolveResult)
    assert not result.solved
    assert any("stopped" in text or "interrupted" in text for text in result.unresolved)
    assert "y" in repr(result) and result.to_dict()["name"] == "y"


def test_an_exception_of_progress_comes_out_with_the_result():
    calls = []

    def tell(text, seconds):
        calls.append(text)
        raise Enough(text)

    for call in (
        lambda: tautrack.solve(X, Y, seconds=1e6, rounds=10**6, exhaustive=False, progress=tell),
        lambda: tautrack.geometry(X, Y, seconds=1e6, infinity_seconds=1e6, progress=tell),
        lambda: tautrack.track(X, Y, progress=tell),
        lambda: tautrack.track(X[:, :2], Y, hidden=3, ridge=0.03, progress=tell),
        lambda: tautrack.batch(X, np.tile(Y[:, None], (1, 50000)), progress=tell),
        lambda: tautrack.layers(X, [(np.eye(6), np.zeros(6))], homology=True, progress=tell),
    ):
        calls.clear()
        with pytest.raises(Enough) as raised:
            call()
        assert len(calls) == 1, "nobody is told more after an exception"
        assert not getattr(raised.value.result, "solved", False)
        assert repr(raised.value.result)


@pytest.mark.skipif(not tautrack.parts()["GUDHI"], reason="the library was built without GUDHI")
@pytest.mark.parametrize("way", [interrupt, press])
def test_barcodes_that_are_not_finished_are_said(way):
    cloud = RNG.normal(size=(2000, 10))  # A barcode of it takes minutes.
    with pytest.raises(KeyboardInterrupt) as raised:
        tautrack.layers(cloud, [(2 * np.eye(10), np.zeros(10))], homology=True, points=2000, progress=way)
    result = raised.value.result
    assert not result.solved and len(result.unresolved) == 2
    assert "the barcode was not finished, because the run was stopped" in repr(result)
    for stage in result.stages:
        assert [part.status for part in stage.homology] == ["stopped"]
        assert stage.homology[0].betti is None
    assert result.stages[1].layer.homeomorphism.answer == "yes"
    assert result.points(1).shape == (2000, 10)


def test_a_batch_that_is_stopped_says_which_targets_are_left_out():
    with pytest.raises(Enough) as raised:
        tautrack.batch(X, np.tile(Y[:, None], (1, 50000)), progress=_enough)
    found = raised.value.result
    left_out = found.status == found.status_names.index("stopped_by_observer")
    assert left_out.any()
    assert np.isnan(found.weights[left_out]).all() and np.isnan(found.energy[left_out]).all()
    assert np.isfinite(found.weights[found.ok]).all()


def _enough(text, seconds):
    raise Enough


def test_intervals_are_interrupted_with_those_that_are_known(assay):
    x, y = assay
    result = tautrack.solve(x, y, range=(None, None))
    with pytest.raises(Enough) as raised:
        result.profile(0.95, progress=_enough)
    assert len(raised.value.result["parameters"]) == len(result.parameter_names)


def test_progress_is_told_and_changes_nothing(capsys):
    x, y = X[:8, :1], Y[:8]
    told = []
    with_progress = tautrack.solve(x, y, progress=lambda text, seconds: told.append((text, seconds)))
    without = tautrack.solve(x, y)
    assert told and all(isinstance(text, str) for text, _ in told)
    assert [p.energy for p in with_progress.stationary_points] == [p.energy for p in without.stationary_points]
    assert capsys.readouterr().err == ""
    tautrack.solve(x, y, progress=True)
    assert "tautrack" in capsys.readouterr().err


def test_other_threads_of_python_work_meanwhile():
    """The GIL is released: a thread that waits for its turn gets it while the work goes on."""
    ticks = []
    begun, seen = threading.Event(), threading.Event()

    def other():
        begun.wait()
        ticks.append(1)
        seen.set()

    def tell(text, seconds):
        begun.set()
        if seen.is_set():
            raise Enough

    thread = threading.Thread(target=other)
    thread.start()
    # Ends only when the other thread was seen at work.
    with pytest.raises(Enough):
        tautrack.solve(X, Y, seconds=1e6, rounds=10**6, exhaustive=False, progress=tell)
    thread.join()
    assert ticks == [1]


def test_threads_of_python_share_the_work():
    wanted = [tautrack.track(X[:, :2], np.roll(Y, k)).energy for k in range(8)]
    found = [None] * 8

    def work(k):
        found[k] = [tautrack.track(X[:, :2], np.roll(Y, k)).energy for _ in range(20)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[energy] * 20 for energy in wanted]


def test_a_call_outside_of_the_main_thread_hears_exceptions_of_progress():
    caught = []

    def work():
        try:
            tautrack.solve(X, Y, seconds=1e6, rounds=10**6, exhaustive=False, progress=_enough)
        except Enough as error:
            caught.append(error.result)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(caught) == 1 and isinstance(caught[0], tautrack.SolveResult)
