"""Random data for four-parameter curves, curve_fit's answers, and the table of all answers: see compare.sh."""

import csv
import json
import math
import os
import random
import sys
import warnings

KINDS = {
    "s05": "S-shape, 5 % noise",
    "s20": "S-shape, 20 % noise",
    "hook": "hook",
    "noise": "noise alone",
}
# Energies nearer than this, relative, are the same fit: both peers stop at about 1e-8 of the sum of squares.
SAME_ENERGY = 1e-6


def logistic(u):
    return 0.5 + 0.5 * math.tanh(0.5 * u)


def targets(kind, x, rng):
    """Noise of so much of the rise; a hook falls again by a third to two thirds of it behind its top."""
    if kind == "noise":
        return [rng.gauss(0.0, 1.0) for _ in x]
    width = x[-1] - x[0]
    middle = x[0] + width * rng.uniform(0.3, 0.7)
    slope = rng.uniform(6.0, 16.0) / width
    y = [logistic(slope * (one - middle)) for one in x]
    if kind == "hook":
        top, drop = x[0] + width * rng.uniform(0.75, 0.9), rng.uniform(0.33, 0.67)
        y = [one - drop * logistic(2.0 * slope * (at - top)) for one, at in zip(y, x)]
    noise = {"s05": 0.05, "s20": 0.2, "hook": 0.03}[kind]
    return [one + noise * rng.gauss(0.0, 1.0) for one in y]


def make(folder, count):
    names = []
    for number, kind in enumerate(KINDS):
        for k in range(count):
            rng = random.Random(1000 * number + k)
            x = [float(j) for j in range(1, rng.randint(7, 13))]
            y = targets(kind, x, rng)
            names.append(f"{kind}-{k:03d}.csv")
            with open(os.path.join(folder, names[-1]), "w") as file:
                file.write("x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(x, y)))
    task = {"command": "solve", "range": "free,free", "data": names}
    with open(os.path.join(folder, "manifest.json"), "w") as file:
        json.dump({"tasks": [task]}, file)


def sets_of(folder):
    for name in sorted(os.listdir(folder)):
        if name.endswith(".csv"):
            with open(os.path.join(folder, name)) as file:
                rows = [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]
            yield name[: -len(".csv")], rows


def fit(folder):
    """curve_fit from the start that its users are told: extremes, the median, a slope by the range."""
    import numpy
    from scipy.optimize import OptimizeWarning, curve_fit

    def curve(x, low, high, middle, slope):
        return low + (high - low) / (1.0 + numpy.exp(-slope * (x - middle)))

    os.makedirs(os.path.join(folder, "fits"), exist_ok=True)
    with open(os.path.join(folder, "fits", "curve_fit.csv"), "w") as file:
        file.write("set,energy,said\n")
        for name, rows in sets_of(folder):
            x, y = numpy.array(rows).T
            falls = numpy.corrcoef(x, y)[0, 1] < 0.0
            start = [y.min(), y.max(), numpy.median(x), (-4.0 if falls else 4.0) / numpy.ptp(x)]
            energy, said = math.nan, ""
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    found, _ = curve_fit(curve, x, y, p0=start)
                    energy = 0.5 * float(numpy.sum((curve(x, *found) - y) ** 2))
                    if any(issubclass(one.category, OptimizeWarning) for one in caught):
                        said = "covariance could not be estimated"
                except RuntimeError as error:
                    said = str(error).replace(",", " ").replace("\n", " ")
            file.write(f"{name},{energy!r},{said}\n")


def solved(folder):
    """What tautrack says of each set: the energy of the best, where that is, and how much is proven."""
    answers = {}
    with open(os.path.join(folder, "records.jsonl")) as file:
        for line in file:
            record = json.loads(line)
            result = record["result"]
            finite = result["global_minimum"] is not None
            best = result["stationary_points"][result["global_minimum"]] if finite else result["at_infinity"][0]
            answers[record["label"].split(".csv")[0]] = {
                "energy": best["energy"],
                "kind": "finite" if finite else best["kind"],
                "proven": result["global"]["proven"] and result["completeness"]["level"] == "complete",
                "one": result["unique"]["answer"] == "yes",
            }
    return answers


def peer(folder, name):
    with open(os.path.join(folder, "fits", name + ".csv")) as file:
        return {row["set"]: (float(row["energy"].replace("NA", "nan")), row["said"]) for row in csv.DictReader(file)}


def table(folder):
    answers = solved(folder)
    peers = {name: peer(folder, name) for name in ("curve_fit", "nls")}
    print("| data | best finite | at a limit | proven | one infimum | " +
          " | ".join(f"{name}: best, other, error | {name}, none is best: finite answer, error" for name in peers) + " |")
    print("|---" * (5 + 2 * len(peers)) + "|")
    warned = dict.fromkeys(peers, 0)
    for kind, title in KINDS.items():
        here = {name: one for name, one in answers.items() if name.startswith(kind + "-")}
        finite = [name for name, one in here.items() if one["kind"] == "finite"]
        cells = [title, len(finite), len(here) - len(finite), sum(one["proven"] for one in here.values()),
                 sum(one["one"] for one in here.values())]
        for which, found in peers.items():
            counts = dict.fromkeys(("best", "other", "error", "finite answer", "refused"), 0)
            for name, one in here.items():
                energy, said = found[name]
                if one["kind"] == "finite":
                    same = energy <= one["energy"] * (1.0 + SAME_ENERGY)
                    counts["error" if math.isnan(energy) else "best" if same else "other"] += 1
                else:
                    counts["refused" if math.isnan(energy) else "finite answer"] += 1
                if energy < one["energy"] * (1.0 - SAME_ENERGY):
                    raise SystemExit(f"{which} is better than tautrack on {name}: {energy} < {one['energy']}")
                warned[which] += not math.isnan(energy) and said != ""
            cells += [f"{counts['best']}, {counts['other']}, {counts['error']}",
                      f"{counts['finite answer']}, {counts['refused']}"]
        print("| " + " | ".join(map(str, cells)) + " |")
    kinds = [one["kind"] for one in answers.values()]
    print("limits:", {kind: kinds.count(kind) for kind in sorted(set(kinds))}, "finite answers with a warning:", warned)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]))
    else:
        {"fit": fit, "table": table}[sys.argv[1]](sys.argv[2])
