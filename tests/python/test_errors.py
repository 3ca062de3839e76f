"""Arguments that break a rule raise ValueError with the sentence of the program."""

import pickle
import re

import numpy as np
import pytest

import tautrack
from tautrack import _tautrack

X = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
Y = np.array([-0.92, -0.85, -0.55, 0.05, 0.61, 0.83, 0.95])


def python_names(sentence):
    """--max-steps is max_steps."""
    return re.sub(r"--([a-z-]+)", lambda match: match[1].replace("-", "_"), sentence)


@pytest.mark.parametrize(
    ("command", "arguments", "options"),
    [
        ("track", {"ridge": -1}, ["--ridge", "-1"]),
        ("track", {"activation": "tan"}, ["--activation", "tan"]),
        ("track", {"range": (1, 0)}, ["--range", "1,0"]),
        ("track", {"range": (0, 1, 2)}, ["--range", "0,1,2"]),
        ("track", {"range": (0, None), "ridge": 1}, ["--range", "0,free", "--ridge", "1"]),
        ("track", {"range": (0, None), "certify": "path"}, ["--range", "0,free", "--certify", "path"]),
        ("track", {"fix": {"x2": 1}}, ["--fix", "x2=1"]),
        ("track", {"fix": {"bias": 1}}, ["--fix", "bias=1"]),
        ("track", {"max_steps": 0}, ["--max-steps", "0"]),
        ("track", {"tau": [0.5, 2]}, ["--tau", "0.5,2"]),
        ("track", {"certify": "global"}, ["--certify", "global"]),
        ("track", {"matrix_free": True, "audit": "all"}, ["--matrix-free", "--audit", "all"]),
        ("track", {"hidden": 2}, ["--hidden", "2"]),
        ("track", {"hidden": 0}, ["--hidden", "0"]),
        ("track", {"ridge_hidden": 1}, ["--ridge-hidden", "1"]),
        ("solve", {"seconds": 0}, ["--seconds", "0"]),
        ("solve", {"exhaustive": False, "box": (-1, 1)}, ["--no-exhaustive", "--box", "-1,1"]),
        ("solve", {"box": [(-1, 1)]}, ["--box", "-1:1"]),
        ("solve", {"box": (1, -1)}, ["--box", "1,-1"]),
        ("solve", {"intervals": 1.5}, ["--intervals", "1.5"]),
        ("solve", {"range": (None, None), "graph": True}, ["--range", "free,free", "--graph"]),
        ("geometry", {"at": [1, 2, 3]}, ["--at", "1,2,3"]),
        ("geometry", {"tau": 1.5}, ["--tau", "1.5"]),
    ],
)
def test_the_sentence_is_that_of_the_program(command, arguments, options, program):
    with pytest.raises(ValueError) as raised:
        getattr(tautrack, command)(X, Y, **arguments)
    with pytest.raises(ValueError) as said:
        program(command, X, Y, *options)
    sentence = str(said.value).removeprefix("tautrack: ").split(" (see tautrack")[0]
    wanted = python_names(sentence.replace("--no-exhaustive", "exhaustive=False"))
    assert str(raised.value) == wanted


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ((X, Y[:3]), "y has size 3"),
        ((X, np.append(Y[:6], np.nan)), "row 7"),
        ((np.append(X[:6], np.inf), Y), "row 7"),
        ((np.ones((7, 1, 1)), Y), "3 dimensions"),
        ((X, ["a"] * 7), "class labels"),
        ((X, np.stack([Y, Y], 1)), "batch"),
        ((np.empty((0, 1)), np.empty(0)), "at least one row"),
        ((X + 1j, Y), "real numbers"),
        ((np.ma.masked_equal(X, 0), Y), "masked"),
        ((X, np.ma.masked_greater(Y, 0.9)), "masked"),
        ((np.ones((7, 0)), Y), None),
    ],
)
def test_unusable_arrays(arrays, sentence):
    if sentence is None:  # No inputs but the bias: a model of one constant.
        assert tautrack.track(*arrays).weights.shape == (1,)
        return
    with pytest.raises(ValueError, match=sentence):
        tautrack.track(*arrays)


def test_wrong_pattern_weights_and_names():
    for weights in (np.ones(3), -np.ones(7), np.ones((7, 1))):
        with pytest.raises(ValueError, match="pattern.weight"):
            tautrack.track(X, Y, pattern_weights=weights)
    with pytest.raises(ValueError, match="columns"):
        tautrack.track(X, Y, columns=["a", "b"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"range": "0,1,2"}, "two ends"),
        ({"range": 3}, "two ends"),
        ({"fix": [1]}, "a dict is needed"),
        ({"progress": 3}, "progress"),
        ({"ridge": float("nan")}, "'nan' is not a number"),
        ({"threads": 0}, "threads"),
        ({"activation": 3}, "is none of tanh"),
    ],
)
def test_values_of_another_kind(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        tautrack.solve(X, Y, **arguments)


def test_predictions_for_inputs_that_are_not_finite_are_refused():
    result = tautrack.solve(X, Y)
    for inputs in ([np.nan], [np.inf]):
        with pytest.raises(ValueError, match="not finite"):
            result.predict(inputs)
    assert result.predict([-np.inf]) == -1  # A dose of zero: the plateau there.
    with pytest.raises(ValueError, match="1 columns are needed"):
        result.predict([[1, 2]])
    with pytest.raises(ValueError, match="hidden layer"):
        tautrack.layers(X[:, None], result)
    with pytest.raises(TypeError, match="to_dict"):
        pickle.dumps(result)


def test_an_unknown_argument_is_an_error_of_python():
    with pytest.raises(TypeError):
        tautrack.track(X, Y, regularisation=1)


def test_defaults_are_those_of_the_program():
    """A default that stands in a signature says what the program does without the option."""
    texts = _tautrack.defaults()
    seen = 0
    for command in ("track", "solve", "geometry", "layers"):
        function = getattr(tautrack, command)
        for name, default in function.__kwdefaults__.items():
            text = texts[command].get("--" + name.replace("_", "-"))
            if default is None or isinstance(default, (bool, tuple)) or text in (None, ""):
                continue
            seen += 1
            assert str(default) == text or float(default) == float(text), (command, name)
    assert seen >= 10


def test_every_option_is_an_argument():
    """But for those that are about files, tables, runs and classes."""
    others = {"format", "columns", "ignore", "missing", "separator", "decimal", "one-hot", "log", "target", "targets",
              "classes", "positive", "level", "json", "csv", "plot", "quiet", "verbose", "run", "from", "split-rows",
              "outputs", "label", "weights", "fit", "problem"}
    negated = {"no-bias": "bias", "no-certify": "certify", "no-exhaustive": "exhaustive"}
    gone = {"track": {"seed"}, "geometry": {"fix"}, "solve": {"points"}, "layers": set()}
    for command, options in _tautrack.defaults().items():
        arguments = getattr(tautrack, command).__kwdefaults__
        for option in options:
            name = option.removeprefix("--")
            if name == option or name in others or name in gone[command]:
                continue
            assert negated.get(name, name).replace("-", "_") in arguments, (command, option)
