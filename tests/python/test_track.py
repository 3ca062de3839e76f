"""track() and batch() against the program, and against answers that were computed independently."""

import numpy as np
import pandas
import pytest
import scipy.sparse

import tautrack
from conftest import comparable

SMALL = ["s1_folds", "s1_folds4", "s2_folds", "s3_folds", "s2_logistic", "s1_many", "s2_ends_at_maximum"]


def test_every_species_of_the_bundled_data_is_tracked_as_by_the_program(iris, program):
    X, columns, targets = iris
    for name, y in targets.items():
        result = tautrack.track(X, y, columns=columns)
        report = program("track", X, y, columns=columns)
        assert comparable(result.to_dict()) == comparable(report), name
        assert result.solved and result.status == "reached_target"


@pytest.mark.parametrize("case", SMALL)
def test_reference_paths(case, reference, program):
    known = reference(case)
    X, y = np.array(known["X"]), np.array(known["y"])
    options = {"activation": known["activation"], "bias": False}
    result = tautrack.track(X, y, **options)
    assert comparable(result.to_dict()) == comparable(
        program("track", X, y, "--no-bias", "--activation", known["activation"])
    )
    assert len(result.folds) == known["path"]["number_of_folds"]
    for fold, truth in zip(result.folds, known["path"]["folds"]):
        assert fold.tau == pytest.approx(truth["tau"], rel=0, abs=1e-13)
    np.testing.assert_allclose(result.weights, known["path"]["end"]["w"], rtol=1e-11, atol=1e-13)
    assert result.energy == pytest.approx(known["path"]["end"]["E"], rel=1e-12)
    assert result.morse_index == known["path"]["end"]["index"]


def test_the_six_folds_of_breast_cancer(breast_cancer, reference, program):
    X, columns, y = breast_cancer
    result = tautrack.track(X, y, columns=columns)
    truth = reference("real_breast_cancer")["path"]
    np.testing.assert_allclose([fold.tau for fold in result.folds], truth["fold_taus"], rtol=0, atol=1e-12)
    assert result.energy == pytest.approx(truth["E1"], rel=1e-12)
    assert comparable(result.to_dict()) == comparable(program("track", X, y, columns=columns))
    assert result.path.weights.shape == (len(result.path), 31)
    assert [kind for kind in result.path.kind if kind == "fold"] == ["fold"] * 6


OPTIONS = [
    ({"ridge": 0.1}, ["--ridge", "0.1"]),
    ({"ridge": 0.1, "ridge_standardised": True}, ["--ridge", "0.1", "--ridge-standardised"]),
    ({"range": (-2, 3.5)}, ["--range", "-2,3.5"]),
    ({"range": (None, None)}, ["--range", "free,free"]),
    ({"range": (-1.5, None)}, ["--range", "-1.5,free"]),
    ({"activation": "arctan", "predictor": "tangent"}, ["--activation", "arctan", "--predictor", "tangent"]),
    ({"fix": {"x1": 0.25}}, ["--fix", "x1=0.25"]),
    ({"fix": {"(bias)": 0}, "keep_replicates": True}, ["--fix", "(bias)=0", "--keep-replicates"]),
    ({"tau": [0.25, 0.5], "max_steps": 500}, ["--tau", "0.25,0.5", "--max-steps", "500"]),
    ({"certify": "unique"}, ["--certify", "unique"]),
    ({"certify": ["unique", "path"], "threads": 2}, ["--certify", "unique,path", "--threads", "2"]),
    ({"audit": "all", "tolerance": 1e-9}, ["--audit", "all", "--tolerance", "1e-9"]),
    ({"matrix_free": True}, ["--matrix-free"]),
    ({"hidden": 2, "ridge": 0.03}, ["--hidden", "2", "--ridge", "0.03"]),
    ({"hidden": 2, "ridge_hidden": 0.02, "ridge_output": 0.05, "output": "sigmoid"},
     ["--hidden", "2", "--ridge-hidden", "0.02", "--ridge-output", "0.05", "--output", "sigmoid"]),
]


@pytest.fixture
def dose():
    """Inputs, targets; two rows are the same."""
    x = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 3.0])
    return x, np.array([-0.92, -0.85, -0.55, 0.05, 0.61, 0.83, 0.93, 0.95])


@pytest.mark.parametrize(("arguments", "options"), OPTIONS)
def test_arguments_are_the_options_of_the_program(arguments, options, dose, program):
    x, y = dose
    result = tautrack.track(x, y, **arguments)
    assert comparable(result.to_dict()) == comparable(program("track", x, y, *options))


def test_repr_is_the_text_of_the_program(dose, program):
    x, y = dose
    said = program("track", x, y, json_wanted=False).splitlines()
    # Behind the title the program says how it read the table.
    table = ["columns separated by commas, decimal points", "inputs: x1, (bias); target: y"]
    assert [line.strip() for line in said[1:3]] == table
    assert repr(tautrack.track(x, y)).splitlines()[1:] == said[3:]


def test_a_path_that_does_not_arrive_is_a_result_with_a_status(reference):
    known = reference("s2_diverges_outside")
    result = tautrack.track(np.array(known["X"]), known["y"], bias=False)
    assert result.status == "infinite_weights"
    assert not result.solved
    assert result.weights.shape == (0,) and result.energy is None and result.end is None
    assert result.infinity.direction.shape == (2,)


def test_pattern_weights_count_rows(dose, program):
    x, y = dose
    weights = np.array([1.0, 2.0, 1.0, 3.0, 1.0, 1.0, 2.0, 1.0])
    repeated = np.repeat(np.arange(8), weights.astype(int))
    weighted = tautrack.track(x, y, pattern_weights=weights)
    counted = tautrack.track(x[repeated], y[repeated])
    np.testing.assert_allclose(weighted.weights, counted.weights, rtol=1e-12)
    assert weighted.energy == pytest.approx(counted.energy, rel=1e-12)


def test_array_likes_are_one_another(dose):
    x, y = dose
    wanted = tautrack.track(x, y).to_dict()
    strided = np.zeros((8, 6))[:, ::3]
    strided[:, 0] = x
    for X in [x.tolist(), x[:, None], np.asfortranarray(x[:, None]), strided[:, :1], x.astype(np.float32),
              x.astype(int), scipy.sparse.csr_matrix(x[:, None]), scipy.sparse.coo_matrix(x[:, None])]:
        assert comparable(tautrack.track(X, y.tolist()).to_dict()) == comparable(wanted)


def test_names_of_a_data_frame_are_kept(dose):
    x, y = dose
    frame = pandas.DataFrame({"dose": x, "square": x**2})
    result = tautrack.track(frame, pandas.Series(y, name="response"))
    assert result.data.columns == ["dose", "square", "(bias)"]
    assert result.name == "response"
    assert tautrack.track(frame["dose"], y).data.columns == ["dose", "(bias)"]
    held = tautrack.track(frame, y, fix={"square": 0.125})
    assert held.weights[1] == 0.125
    with pytest.raises(ValueError, match="two columns are named 'a'"):
        tautrack.track(pandas.DataFrame(np.eye(3, 2), columns=["a", "a"]), [0.1, 0.2, 0.3])


def test_large_sparse_inputs_stay_sparse():
    rng = np.random.default_rng(5)
    X = scipy.sparse.random(300, 1200, density=0.01, random_state=5, format="csr")
    X = X.tolil()
    X[0, 7] = X[0, 7]
    X = X.tocsr()
    before = X.copy()
    y = rng.uniform(-0.8, 0.8, 300)
    result = tautrack.track(X, y, ridge=0.5)
    assert result.data.method == "matrix-free"
    assert (X != before).nnz == 0
    dense = tautrack.track(X.toarray(), y, ridge=0.5, matrix_free=True)
    np.testing.assert_allclose(result.weights, dense.weights, atol=1e-12)
    # Stationary: the gradient by numpy.
    A = np.hstack([X.toarray(), np.ones((300, 1))])
    z = np.tanh(A @ result.weights)
    gradient = A.T @ ((1 - z**2) * (z - y)) + 0.5 * result.weights
    assert np.max(np.abs(gradient)) < 1e-9


def test_points_that_are_not_wanted_do_not_change_the_end(dose):
    x, y = dose
    with_points, without = tautrack.track(x, y), tautrack.track(x, y, points=False)
    np.testing.assert_allclose(without.weights, with_points.weights, rtol=1e-12)
    assert without.energy == pytest.approx(with_points.energy, rel=1e-12)


def test_no_result_depends_on_the_number_of_threads(breast_cancer):
    X, _, y = breast_cancer
    one, two = (comparable(tautrack.track(X, y, threads=threads).to_dict()) for threads in (1, 2))
    assert one == two


# ------------------------------------------------------------------------------------------ batch


def test_a_batch_is_one_track_for_each_target():
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(10, 2)), rng.uniform(-1.2, 1.2, size=(10, 200))
    found = tautrack.batch(X, Y)
    assert found.weights.shape == (200, 3) and found.weights.flags.c_contiguous
    assert {found.status_names[k] for k in found.status} > {"reached_target"}, "some should run away"
    for k in range(0, 200, 7):
        one = tautrack.track(X, Y[:, k])
        assert found.status_names[found.status[k]] == one.status
        assert found.folds[k] == len(one.folds)
        if one.end is None:
            assert np.isnan(found.weights[k]).all() and np.isnan(found.energy[k])
        else:
            np.testing.assert_allclose(found.weights[k], one.weights, rtol=1e-9, atol=1e-12)
            assert found.energy[k] == pytest.approx(one.energy, rel=1e-10, abs=1e-15)


def test_a_batch_does_not_depend_on_threads_or_order():
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(10, 2)), rng.uniform(-0.9, 0.9, size=(10, 20000))  # more than one piece
    one, two = tautrack.batch(X, Y, threads=1), tautrack.batch(X, np.asfortranarray(Y), threads=2)
    assert np.array_equal(one.weights, two.weights) and np.array_equal(one.energy, two.energy)
    back = tautrack.batch(X, Y[:, ::-1])
    assert np.array_equal(back.weights[::-1], one.weights)


def test_a_batch_has_ranges_held_weights_and_ridges(dose):
    x, y = dose
    Y = np.stack([10 + 5 * y, 10 + 4 * y], axis=1)
    options = {"range": (4, 16), "fix": {"x1": 0.5}, "ridge": 0.01, "activation": "logistic"}
    found = tautrack.batch(x, Y, **options)
    for k in range(2):
        one = tautrack.track(x, Y[:, k], **options)
        np.testing.assert_allclose(found.weights[k], one.weights, rtol=1e-10)
        assert found.energy[k] == pytest.approx(one.energy, rel=1e-10)
    assert found.columns == ["x1", "(bias)"]


def test_unusable_batches_are_refused(dose):
    x, y = dose
    for X, Y, arguments, sentence in [
        (x, y, {}, "one column a target"),
        (x, np.stack([y, y], 1)[:5], {}, "5 rows"),
        (x, np.stack([y, y * np.nan], 1), {}, "not finite"),
        (x, np.ma.masked_greater(np.stack([y, y], 1), 0.9), {}, "masked"),
        (x, [["a"]] * 8, {}, "numbers are needed"),
        (x, np.stack([y, y], 1), {"range": (0, None)}, "both ends must be numbers"),
        (scipy.sparse.csr_matrix(x[:, None]), np.stack([y, y], 1), {}, "dense"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            tautrack.batch(X, Y, **arguments)
