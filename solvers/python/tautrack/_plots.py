"""Pictures, with matplotlib where it is there."""

import numpy as np


def _axes(ax):
    if ax is not None:
        return ax
    import matplotlib.pyplot as pyplot

    return pyplot.subplots()[1]


def path(result, ax):
    ax = _axes(ax)
    curve = result._native.curve()
    ax.plot(curve["tau"], curve["energy"], color="C0", lw=1.5)
    folds = result.folds
    if folds:
        ax.plot([f.tau for f in folds], [f.energy for f in folds], "o", color="C3", ms=5, label="folds")
        ax.legend()
    if result.end is not None:
        ax.plot(result.end.tau, result.energy, "s", color="C0", ms=6)
    ax.set_xlabel("tau")
    ax.set_ylabel("energy E")
    ax.set_title(f"natural path of {result.name}")
    return ax


def tree(result, ax):
    ax = _axes(ax)
    for number, branch in enumerate(result.tree.branches):
        ax.plot([p.tau for p in branch.points], [p.energy for p in branch.points], lw=1.2, color=f"C{number % 10}")
    forks = result.tree.pitchforks
    if forks:
        ax.plot([f.tau for f in forks], [f.energy for f in forks], "o", color="black", ms=4, label="pitchforks")
        ax.legend()
    ax.set_xlabel("tau")
    ax.set_ylabel("energy E")
    ax.set_title(f"branches of {result.name}")
    return ax


def fits(result, ax, kind, level):
    X, y = result._native.data()
    if kind is None:
        kind = "curve" if X.shape[1] == 1 and result.best is not None and y.shape[1] == 1 else "energies"
    if kind == "curve":
        if X.shape[1] != 1 or result.best is None:
            raise ValueError("kind: 'curve' needs one input column and a best fit with finite weights")
        return _curve(result, _axes(ax), X[:, 0], y[:, 0], level)
    if kind != "energies":
        raise ValueError(f"kind: '{kind}' is neither 'curve' nor 'energies'")
    return _energies(result, _axes(ax))


def _curve(result, ax, x, y, level):
    low, high = np.min(x[np.isfinite(x)]), np.max(x[np.isfinite(x)])
    grid = np.linspace(low - 0.08 * (high - low), high + 0.08 * (high - low), 401)
    found = result.predict(grid, level=level)
    output = np.ravel(found.output)
    if len(np.ravel(getattr(found, "low", []))):
        ax.fill_between(grid, found.measurement_low, found.measurement_high, color="C0", alpha=0.1, lw=0,
                        label=f"{100 * level:g} % of a measurement")
        ax.fill_between(grid, found.low, found.high, color="C0", alpha=0.3, lw=0, label=f"{100 * level:g} % of the curve")
    ax.plot(grid, output, color="C0", label=f"best fit, the only one: {result.unique}")
    ax.plot(x, y, "o", color="black", ms=4, label="data")
    ax.set_xlabel(result.data.columns[0])
    ax.set_ylabel(result.name)
    ax.legend()
    return ax


def _energies(result, ax):
    points = result.stationary_points
    markers = {"minimum": ("o", "C0"), "saddle": ("^", "C1"), "maximum": ("v", "C3"), "degenerate": ("x", "black")}
    for kind, (marker, color) in markers.items():
        chosen = [(i + 1, p.energy) for i, p in enumerate(points) if p.kind == kind]
        if chosen:
            ax.plot(*zip(*chosen), marker, color=color, label=kind)
    for limit in result.at_infinity:
        if limit.energy is not None:
            ax.axhline(limit.energy, color="grey", lw=0.8, ls=":")
    ax.set_xlabel("stationary point, by energy")
    ax.set_ylabel("energy E")
    ax.set_title(f"{result.name}: {result.completeness.level}")
    if points:
        ax.legend()
    return ax


def curvatures(result, ax):
    ax = _axes(ax)
    towards = result.geometry.towards_target
    products = np.empty(0) if towards is None else towards.products
    ax.bar(np.arange(1, len(products) + 1), products, color="C0")
    ax.axhline(1.0, color="C3", lw=1.0, label="one: on the caustic")
    ax.set_xlabel("principal direction")
    ax.set_ylabel("distance times curvature")
    ax.legend()
    return ax


def points(result, ax, layer):
    ax = _axes(ax)
    at = result.points(layer)
    labels = result._native.label_of_row()
    second = at[:, 1] if at.shape[1] > 1 else np.zeros(len(at))
    colors = {"c": labels, "cmap": "tab10"} if len(labels) else {"color": "C0"}
    ax.scatter(at[:, 0], second, s=6, **colors)
    count = len(result.stages)
    number = layer % count
    ax.set_title("as given" if number == 0 else f"after layer {number}")
    ax.set_aspect("equal", adjustable="datalim")
    return ax
