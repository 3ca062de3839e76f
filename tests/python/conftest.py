"""What tests of the Python module share: data, the program, and independently computed answers."""

import csv
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read_table(path):
    """Names of columns, and their cells as texts."""
    with open(path, newline="") as file:
        header, *rows = list(csv.reader(file))
    return header, rows


@pytest.fixture(scope="session")
def iris():
    """X, names of its columns, and the targets of each species by name."""
    header, rows = read_table(ROOT / "src/data/iris.csv")
    X = np.array([[float(cell) for cell in row[:-1]] for row in rows])
    species = np.array([row[-1] for row in rows])
    targets = {name: np.where(species == name, 0.9, -0.9) for name in sorted(set(species))}
    return X, header[:-1], targets


@pytest.fixture(scope="session")
def breast_cancer():
    """X, names of its columns, and targets, as the program makes them from the file."""
    header, rows = read_table(ROOT / "tests/data/breast_cancer.csv")
    X = np.array([[float(cell) for cell in row[:-1]] for row in rows])
    labels = [row[-1] for row in rows]
    positive = sorted(set(labels))[-1]
    return X, header[:-1], np.array([0.9 if label == positive else -0.9 for label in labels])


@pytest.fixture(scope="session")
def assay():
    """log10 of concentrations, and densities."""
    header, rows = read_table(ROOT / "tests/data/assay.csv")
    assert header == ["well", "conc", "density"]
    numbers = np.array([[float(cell) for cell in row[1:]] for row in rows])
    return np.log10(numbers[:, 0]), numbers[:, 1]


@pytest.fixture(scope="session")
def reference():
    """A function: an answer that was computed independently, by its name; strings of digits are numbers."""

    def numbers(value):
        if isinstance(value, dict):
            return {name: numbers(part) for name, part in value.items()}
        if isinstance(value, list):
            return [numbers(part) for part in value]
        try:
            return float(value) if isinstance(value, str) else value
        except ValueError:
            return value

    return lambda name: numbers(json.loads((ROOT / "tests/data/reference" / f"{name}.json").read_text()))


@pytest.fixture
def program(tmp_path):
    """A function that has the program do its work on arrays: text, or the problem in its JSON."""

    def run(command, X, y, *options, columns=None, name="y", json_wanted=True, files=None):
        X = np.asarray(X, dtype=float)
        X = X[:, None] if X.ndim == 1 else X
        columns = columns or [f"x{j + 1}" for j in range(X.shape[1])]
        Y = np.asarray(y, dtype=float)
        Y = Y[:, None] if Y.ndim == 1 else Y
        names = [name] if Y.shape[1] == 1 else [f"{name}{k + 1}" for k in range(Y.shape[1])]
        data = tmp_path / "arrays.csv"
        with open(data, "w", newline="") as file:
            table = csv.writer(file)
            table.writerow([*columns, *names])
            table.writerows([repr(float(cell)) for cell in row] for row in np.hstack([X, Y]))
        arguments = [os.environ["TAUTRACK_PROGRAM"], command, str(data), "--quiet", *options]
        if json_wanted:
            arguments += ["--json", "-"]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if done.returncode == 2:
            raise ValueError(done.stderr.strip())
        if not json_wanted:
            return done.stdout
        report = json.loads(done.stdout)
        return report["problems"][0] if "problems" in report else report

    return run


# How a table was read, which arrays are not; and seconds.
_TABLE = ["separator", "decimal", "target", "unused", "baselines", "dropped", "notes"]


def comparable(problem):
    """The report of a problem without what says how a table was read and how long it took."""
    problem = json.loads(json.dumps(problem))
    for field in _TABLE:
        problem.get("data", {}).pop(field, None)

    def drop_seconds(value):
        if isinstance(value, dict):
            value.pop("seconds", None)
            for part in value.values():
                drop_seconds(part)
        elif isinstance(value, list):
            for part in value:
                drop_seconds(part)

    drop_seconds(problem)
    return problem
