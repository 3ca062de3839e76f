"""A dose-response curve, and the proof that it is the only one."""

import csv
import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np

import tautrack

checkout = pathlib.Path(__file__).resolve().parents[3]
with open(checkout / "tests/data/assay.csv", newline="") as file:
    rows = list(csv.DictReader(file))
log_dose = np.log10([float(row["conc"]) for row in rows])
density = np.array([float(row["density"]) for row in rows])

# Both plateaus are fitted: the four-parameter model.
result = tautrack.solve(log_dose, density, range=(None, None), columns=["log10(conc)"])
print(f"the only fit: {result.unique}; no better one anywhere: {result.global_is_proven}")
for name, estimate, error, (low, high) in zip(
    result.parameter_names, result.estimates, result.standard_errors, result.intervals(0.95)
):
    print(f"{name:12s} {estimate:9.5f} +- {error:.5f}   {low:.5f} to {high:.5f}")

axes = result.plot()
axes.set(ylabel="density", title="density by concentration")
axes.figure.savefig(sys.argv[1] if len(sys.argv) > 1 else "dose_response.png", dpi=100, bbox_inches="tight")
plt.close(axes.figure)
