"""solve(), and what its result can do, against the program and against other methods."""

import csv
import json
import os
import subprocess

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

import tautrack
from conftest import ROOT, comparable

X2 = np.array([[3.0], [1.0]])
Y2 = np.array([0.3, 0.8])


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ({"bias": False}, ["--no-bias"]),
        ({"bias": False, "graph": True, "seed": 4}, ["--no-bias", "--graph", "--seed", "4"]),
        ({"bias": False, "box": (-5, 5)}, ["--no-bias", "--box", "-5,5"]),
        ({"bias": False, "certify": False, "exhaustive": False}, ["--no-bias", "--no-certify", "--no-exhaustive"]),
        ({"ridge": 0.01, "rounds": 2}, ["--ridge", "0.01", "--rounds", "2"]),
        ({"fix": {"(bias)": 0.1}}, ["--fix", "(bias)=0.1"]),
    ],
)
def test_arguments_are_the_options_of_the_program(arguments, options, program):
    result = tautrack.solve(X2, Y2, **arguments)
    assert comparable(result.to_dict()) == comparable(program("solve", X2, Y2, *options))


@pytest.mark.parametrize("case", ["s2_multimin", "s1_folds_multi", "s2_logistic", "s1_many"])
def test_all_points_of_the_reference_are_found(case, reference):
    known = reference(case)
    result = tautrack.solve(np.array(known["X"]), known["y"], bias=False, activation=known["activation"])
    truth = known["stationary_points_at_tau_1"]
    found = result.stationary_points
    assert len(found) == len(truth)
    for point, true in zip(found, sorted(truth, key=lambda p: p["E"])):
        assert point.energy == pytest.approx(true["E"], rel=1e-11)
        assert point.morse_index == true["index"]
        assert point.status == "certified"


def test_curves_of_four_parameters_of_the_reference(reference):
    for known in reference("amplitude")["four"]:
        truth = known["best"]
        result = tautrack.solve(known["x"], known["y"], range=(None, None))
        if truth["where"] == "finite":
            assert result.energy == pytest.approx(truth["energy"], rel=1e-9), known["name"]
        else:
            assert result.best is None
            assert result.at_infinity[0].kind.startswith(truth["where"]), known["name"]
            assert result.at_infinity[0].energy == pytest.approx(truth["energy"], rel=1e-8), known["name"]


def test_a_curve_of_four_parameters(assay, program):
    x, y = assay
    result = tautrack.solve(x, y, range=(None, None), columns=["log10(conc)"])
    wanted = program("solve", x, y, "--range", "free,free", columns=["log10(conc)"])
    assert comparable(result.to_dict()) == comparable(wanted)
    assert result.unique == "yes" and result.global_is_proven and result.solved
    # A local optimiser that begins at the fit stays there, and has the same standard errors.
    def curve(u, slope, shift, low, high):
        return low + (high - low) * (1 + np.tanh(slope * u + shift)) / 2

    start = [*result.weights, *result.best.range]
    found, covariance = scipy.optimize.curve_fit(curve, x, y, p0=start)
    np.testing.assert_allclose(found, start, rtol=1e-5)
    order = [result.parameter_names.index(name) for name in ["log10(conc)", "(bias)", "low", "high"]]
    np.testing.assert_allclose(result.standard_errors[order], np.sqrt(np.diag(covariance)), rtol=1e-4)
    np.testing.assert_allclose(result.estimates[order], start, rtol=1e-14)
    np.testing.assert_allclose(result.residuals, y - curve(x, *start), atol=1e-12)
    np.testing.assert_allclose(result.fitted + result.residuals, y, atol=1e-14)
    np.testing.assert_allclose(result.predict(x), result.fitted, atol=1e-14)


def test_intervals_are_the_profiles_of_the_program(assay, program):
    x, y = assay
    result = tautrack.solve(x, y, range=(None, None))
    ends = result.intervals(0.9)
    parameters = program("solve", x, y, "--range", "free,free", "--intervals", "0.9")["fit"]["parameters"]
    assert [p["name"] for p in parameters] == result.parameter_names
    np.testing.assert_allclose(ends, [p["interval"] for p in parameters], rtol=1e-9)
    # At an end the sum of squares has grown by the quantile: fit the others with one held there.
    assert np.all(ends[:, 0] < result.estimates) and np.all(result.estimates < ends[:, 1])
    held = tautrack.solve(x, y, range=(None, None), fix={"x1": ends[0, 1]})
    count, parameters_fitted = len(y), 4
    s2 = 2 * result.energy / (count - parameters_fitted)
    quantile = scipy.stats.f.ppf(0.9, 1, count - parameters_fitted)
    assert 2 * (held.energy - result.energy) / s2 == pytest.approx(quantile, rel=1e-6)


def test_the_half_point_as_a_dose_has_the_error_of_a_fit_in_the_dose(assay):
    x, y = assay
    result = tautrack.solve(x, y, range=(None, None), columns=["log10(conc)"])

    def curve(u, slope, dose, low, high):
        return low + (high - low) * (1 + np.tanh(slope * (u - np.log10(dose)))) / 2

    at = result.parameter_names.index("half point, conc")
    start = [result.weights[0], result.estimates[at], *result.best.range]
    _, covariance = scipy.optimize.curve_fit(curve, x, y, p0=start)
    assert result.standard_errors[at] == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-4)
    assert np.isfinite(result.standard_errors).all()


def test_what_has_no_errors_or_profiles_is_nan_and_says_why(assay):
    x, y = assay
    penalised = tautrack.solve(x, y / 3, ridge=0.1)
    assert np.isnan(penalised.standard_errors).all() and np.isnan(penalised.intervals()).all()
    assert "penalised" in penalised.fit.reason and "penalised" in penalised.profile().reason
    exact = tautrack.solve(x, np.zeros_like(y), bias=False)
    assert np.isnan(exact.intervals()).all()
    assert exact.profile().intervals_reason == "the fit is exact up to rounding, and profiles need residuals"


def test_predictions_are_those_of_the_program(assay, tmp_path):
    x, y = assay
    data, new = tmp_path / "data.csv", tmp_path / "new.csv"
    at = np.array([-2.0, -0.3, 0.0, 1.7])
    for path, header, columns in [(data, ["x1", "y"], [x, y]), (new, ["x1"], [at])]:
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([header, *[[repr(float(v)) for v in row] for row in zip(*columns)]])
    program = os.environ["TAUTRACK_PROGRAM"]
    options = ["--range", "free,free", "--quiet", "--json", str(tmp_path / "fit.json")]
    subprocess.run([program, "solve", str(data), *options], check=True, capture_output=True)
    said = subprocess.run([program, "predict", str(tmp_path / "fit.json"), str(new), "--level", "0.9", "--json", "-"],
                          check=True, capture_output=True, text=True)
    rows = json.loads(said.stdout)["problems"][0]["rows"]
    found = tautrack.solve(x, y, range=(None, None)).predict(at, level=0.9)
    np.testing.assert_allclose(found.output, [row["output"] for row in rows], rtol=1e-13)
    np.testing.assert_allclose(np.stack([found.low, found.high], 1), [row["interval"] for row in rows], rtol=1e-12)
    np.testing.assert_allclose(np.stack([found.measurement_low, found.measurement_high], 1),
                               [row["measurement_interval"] for row in rows], rtol=1e-12)


def test_data_without_a_finite_best_fit():
    x, y = np.array([0.0, 1, 2, 3]), np.array([-1.0, -1, 1, 1])
    result = tautrack.solve(x, y)
    assert not result.solved and result.best is None and result.weights is None and result.energy is None
    assert result.at_infinity and "at_infinity" in result.to_dict()
    for ask in (lambda: result.predict(x), lambda: result.intervals(), lambda: result.standard_errors,
                lambda: result.residuals):
        with pytest.raises(ValueError, match="no best fit with finite weights"):
            ask()


def test_a_dose_of_zero_is_the_logarithm_of_it(program, tmp_path):
    doses = np.array([0, 0.1, 0.3, 1, 3, 10, 30])
    y = np.array([0.02, 0.05, 0.12, 0.45, 0.8, 0.95, 1.02])
    with np.errstate(divide="ignore"):
        result = tautrack.solve(np.log10(doses), y, range=(None, None), columns=["log10(x1)"])
    wanted = program("solve", doses, y, "--range", "free,free", "--log", "x1")
    assert comparable(result.to_dict()) == comparable(wanted)


# ---------------------------------------------------------------------------------- hidden layers

XOR = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])
XOR_Y = np.array([-0.9, 0.9, 0.9, -0.9])


def test_exclusive_or(program):
    result = tautrack.solve(XOR, XOR_Y, hidden=2, ridge=0.03, max_curves=20, exhaustive=False)
    wanted = program("solve", XOR, XOR_Y, "--hidden", "2", "--ridge", "0.03", "--max-curves", "20", "--no-exhaustive")
    assert comparable(result.to_dict()) == comparable(wanted)
    best = result.best
    A = np.hstack([XOR, np.ones((4, 1))])
    z = np.tanh(A @ best.hidden_weights.T) @ best.output_weights[:, 0] + best.output_bias[0]
    np.testing.assert_allclose(result.predict(XOR), z, atol=1e-13)
    weights = np.concatenate([best.hidden_weights.ravel(), best.output_weights.ravel(), best.output_bias])
    energy = 0.5 * np.sum((z - XOR_Y) ** 2) + 0.015 * np.sum(weights**2)
    assert result.energy == pytest.approx(energy, rel=1e-12)
    np.testing.assert_allclose(result.residuals, XOR_Y - z, atol=1e-13)


def test_outputs_that_share_a_layer(program):
    Y = np.stack([XOR_Y, 0.5 * XOR[:, 0]], axis=1)
    options = {"ridge": 0.05, "max_curves": 30, "exhaustive": False}
    result = tautrack.solve(XOR, Y, hidden=2, output="sigmoid", **options)
    wanted = program("solve", XOR, Y, "--hidden", "2", "--output", "sigmoid", "--outputs", "y1,y2", "--ridge", "0.05",
                     "--max-curves", "30", "--no-exhaustive")
    assert result.data.hidden.outputs == ["y1", "y2"]
    assert result.energy == pytest.approx(wanted["stationary_points"][wanted["global_minimum"]]["energy"], rel=1e-12)
    assert result.predict(XOR).shape == (4, 2)
    assert result.predict(XOR[:1]).shape == (1, 2)
    np.testing.assert_allclose(result.predict(XOR)[:1], result.predict(XOR[:1]), atol=1e-13)
    with pytest.raises(ValueError, match="hidden layer"):
        result.intervals()
    layer = tautrack.layers(XOR, result)
    assert len(layer.stages) == 3  # The data, the hidden layer and the outputs.
    np.testing.assert_allclose(layer.points(), result.predict(XOR), atol=1e-13)


# ----------------------------------------------------------------------------- geometry and layers


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ({}, []),
        ({"at": [0.5, 0.1], "tau": 0.5}, ["--at", "0.5,0.1", "--tau", "0.5"]),
        ({"tau": 0}, ["--tau", "0"]),
        ({"ridge": 0.1, "activation": "logistic"}, ["--ridge", "0.1", "--activation", "logistic"]),
        ({"range": (None, 1), "seconds": 20}, ["--range", "free,1", "--seconds", "20"]),
    ],
)
def test_geometry_is_that_of_the_program(arguments, options, program):
    x = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
    y = np.array([-0.92, -0.85, -0.55, 0.05, 0.61, 0.83, 0.95])
    result = tautrack.geometry(x, y, **arguments)
    assert comparable(result.to_dict()) == comparable(program("geometry", x, y, *options))
    if not arguments:
        assert result.unique and result.curvatures.shape == (2,)
        assert tautrack.solve(x, y).unique == "yes"


def test_layers_are_those_of_the_program(tmp_path):
    k = np.arange(200)
    radius = np.sqrt(0.2 + 0.8 * (k + 0.5) / 200)
    ring = np.stack([radius * np.cos(2.399963 * k), radius * np.sin(2.399963 * k)], axis=1)
    layers = [([[1.2, 0.5], [-0.4, 1]], [0.1, -0.2]), ([[1, 0], [0, 4], [0, 4]], [0, 2, -2], "logistic")]
    labels = np.where(radius > 0.7, "outer", "inner")
    result = tautrack.layers(ring, layers, labels=labels, homology=True, points=120, threads=2)
    data, net = tmp_path / "ring.csv", tmp_path / "net.json"
    with open(data, "w", newline="") as file:
        rows = [[*(repr(float(v)) for v in point), label] for point, label in zip(ring, labels)]
        csv.writer(file).writerows([["x1", "x2", "labels"], *rows])
    net.write_text(json.dumps([dict(zip(("W", "b", "activation"), layer)) for layer in layers]))
    said = subprocess.run([os.environ["TAUTRACK_PROGRAM"], "layers", str(data), "--weights", str(net), "--homology",
                           "--points", "120", "--json", "-", "--quiet"], capture_output=True, text=True, check=False)
    wanted = comparable(json.loads(said.stdout))
    found = comparable(result.to_dict())
    for other in ("source", "weights"):
        found.pop(other), wanted.pop(other)
    assert found == wanted
    W, b = np.array(layers[0][0]), np.array(layers[0][1])
    np.testing.assert_allclose(result.points(1), np.tanh(ring @ W.T + b), atol=1e-14)
    assert result.points().shape == (200, 3)
    with pytest.raises(ValueError, match="there are 2 of them"):
        result.points(3)


def test_unusable_layers_are_refused():
    for layers, sentence in [([([[1, 2]], [0, 0])], "layer"), ([], "layer"), ([([[1.0]], [0.0])], "inputs|coordinates")]:
        with pytest.raises(ValueError, match=sentence):
            tautrack.layers(np.eye(3, 2), layers)
    with pytest.raises(ValueError, match="labels"):
        tautrack.layers(np.eye(3, 2), [(np.eye(2), [0, 0])], labels=["a"])
    with pytest.raises(ValueError, match="finite"):
        tautrack.layers(np.full((3, 2), np.nan), [(np.eye(2), [0, 0])])


def test_the_bundled_text_of_help_names_shapes_and_errors():
    for function in (tautrack.track, tautrack.solve, tautrack.geometry, tautrack.layers, tautrack.batch):
        assert "Returns" in function.__doc__ and "Raises" in function.__doc__
        assert "(L, " in function.__doc__ or "(N, " in function.__doc__
    assert (ROOT / "solvers/python/tautrack/py.typed").exists()
    project = (ROOT / "CMakeLists.txt").read_text()
    assert f"project(tautrack VERSION {tautrack.__version__} " in project
