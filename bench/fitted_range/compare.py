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


def outcome(answer, energy):
    """What a peer's energy (nan: an error) is beside the proven list."""
    if math.isnan(energy):
        return "error"
    if answer["kind"] != "finite":
        return "finite answer"
    return "best" if energy <= answer["energy"] * (1.0 + SAME_ENERGY) else "another"


def table(folder):
    answers = solved(folder)
    peers = {name: peer(folder, name) for name in ("curve_fit", "nls")}
    for name, found in peers.items():
        for label, answer in answers.items():
            if found[label][0] < answer["energy"] * (1.0 - SAME_ENERGY):
                raise SystemExit(f"{name} is better on {label}: {found[label][0]} < {answer['energy']}")
    heads = ["data", "one infimum", "the best is finite", *(f"{name}: best, another, error" for name in peers),
             "none is the best", *(f"{name}: finite answer, error" for name in peers)]
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for kind, title in KINDS.items():
        here = {name: one for name, one in answers.items() if name.startswith(kind + "-")}
        cells = [title, sum(one["one"] for one in here.values())]
        for is_finite, outcomes in ((True, ("best", "another", "error")), (False, ("finite answer", "error"))):
            names = [name for name, one in here.items() if (one["kind"] == "finite") == is_finite]
            cells.append(len(names))
            for found in peers.values():
                said = [outcome(here[name], found[name][0]) for name in names]
                cells.append(", ".join(str(said.count(one)) for one in outcomes))
        print("| " + " | ".join(map(str, cells)) + " |")
    kinds = [one["kind"] for one in answers.values()]
    print("best:", {kind: kinds.count(kind) for kind in sorted(set(kinds))})
    print("proven:", sum(one["proven"] for one in answers.values()), "of", len(answers))
    for name, found in peers.items():
        print(f"finite answers of {name} with a warning:",
              sum(not math.isnan(energy) and said != "" for energy, said in found.values()))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]))
    else:
        {"fit": fit, "table": table}[sys.argv[1]](sys.argv[2])
