"""Stubs, docstrings, pictures and examples."""

import ast
import inspect
import os
import runpy
import sys

import matplotlib
import numpy as np
import pytest

import tautrack
from conftest import ROOT

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

EXAMPLES = sorted((ROOT / "solvers/python/examples").glob("*.py"))


def arguments_of(node):
    """Names and defaults of the arguments of a definition."""
    names = [a.arg for a in node.args.posonlyargs + node.args.args]
    defaults = [None] * (len(names) - len(node.args.defaults)) + [ast.unparse(d) for d in node.args.defaults]
    pairs = list(zip(names, defaults))
    pairs += [(a.arg, ast.unparse(d) if d else None) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults)]
    return pairs


def arguments_in(function):
    empty = inspect.Parameter.empty
    return [
        (p.name, None if p.default is empty else repr(p.default))
        for p in inspect.signature(function).parameters.values()
        if p.kind is not inspect.Parameter.VAR_KEYWORD
    ]


def test_stubs_say_what_is_there():
    tree = ast.parse((ROOT / "solvers/python/tautrack/__init__.pyi").read_text())
    seen = {"__version__"}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            seen.add(node.name)
            if node.name != "parts":
                assert arguments_of(node) == arguments_in(getattr(tautrack, node.name)), node.name
        if not isinstance(node, ast.ClassDef):
            continue
        seen.add(node.name)
        cls = getattr(tautrack, node.name)
        methods = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
        for name, part in methods.items():
            if name == "__getattr__":
                continue
            there = inspect.getattr_static(cls, name)
            if any(getattr(d, "id", "") == "property" for d in part.decorator_list):
                assert isinstance(there, property), (node.name, name)
            elif name not in ("set_params",):
                assert arguments_of(part) == arguments_in(there), (node.name, name)
        public = {name for name in vars(cls) if not name.startswith("_")}
        assert public <= set(methods), (node.name, public - set(methods))
    assert seen == set(tautrack.__all__)


def test_everything_public_has_a_docstring():
    for name in tautrack.__all__:
        there = getattr(tautrack, name)
        if name in ("__version__", "parts"):
            continue
        assert there.__doc__, name
        if inspect.isclass(there):
            for part, value in vars(there).items():
                if not part.startswith("_"):
                    assert inspect.getdoc(value), (name, part)


X = np.array([-3.0, -2, -1, 0, 1, 2, 3])
Y = np.array([-0.92, -0.85, -0.55, 0.05, 0.61, 0.83, 0.95])


def test_pictures(breast_cancer):
    big_X, _, big_Y = breast_cancer
    path = tautrack.track(big_X, big_Y).plot()
    line, folds = path.lines[:2]
    assert len(line.get_xdata()) > 300, "the long steps of the tracker would show as corners"
    assert len(folds.get_xdata()) == 6
    assert np.max(line.get_xdata()) == 1.0
    curve = tautrack.solve(X, Y).plot()
    assert len(curve.collections) == 2 and len(curve.lines) == 2  # Two bands, the curve and the data.
    energies = tautrack.solve(X, Y).plot(kind="energies")
    assert energies.lines[0].get_ydata()[0] == tautrack.solve(X, Y).energy
    tautrack.geometry(X, Y).plot()
    tautrack.track(X, Y, hidden=2, ridge=0.03).plot()
    tautrack.layers(np.stack([X, Y], 1), [(np.eye(2), [0, 0])]).plot(layer=0)
    given = plt.subplots()[1]
    assert tautrack.track(X, Y).plot(given) is given
    with pytest.raises(ValueError, match="kind"):
        tautrack.solve(X, Y).plot(kind="pie")
    plt.close("all")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_run_and_stand_in_the_page(example, tmp_path, monkeypatch, capsys):
    picture = tmp_path / "picture.png"
    monkeypatch.setattr(sys, "argv", [str(example), str(picture)])
    monkeypatch.setitem(os.environ, "TARGETS", "3000")
    runpy.run_path(str(example), run_name="__main__")
    assert picture.stat().st_size > 5000
    page = (ROOT / "docs/python.md").read_text()
    assert example.read_text() in page, "docs/python.md does not have the example as it is"
    printed = capsys.readouterr().out
    if example.stem != "million_targets":  # Which says how many there were.
        assert printed and printed in page, "docs/python.md does not have what the example prints"
    assert (ROOT / "docs/python" / f"{example.stem}.png").exists()


def test_there_are_four_examples():
    assert [path.stem for path in EXAMPLES] == ["all_fits", "dose_response", "million_targets", "own_homotopy"]
