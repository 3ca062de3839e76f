"""A million targets over the same ten inputs: every fit has noise of its own."""

import os
import sys
import time

import matplotlib.pyplot as plt
import numpy as np

import tautrack

count = int(os.environ.get("TARGETS", 1_000_000))
rng = np.random.default_rng(1)
x = np.linspace(-2, 2, 10)
Y = np.tanh(0.8 * x + 0.3)[:, None] * 0.95 + 0.1 * rng.normal(size=(10, count))

start = time.perf_counter()
found = tautrack.batch(x, Y, threads=os.cpu_count())
seconds = time.perf_counter() - start
print(f"{seconds / count * 1e6:.2f} microseconds a target", file=sys.stderr)
print(found)

slope, bias = found.weights[found.ok].T
figure, axes = plt.subplots(figsize=(6, 4.2))
axes.hexbin(slope, bias, gridsize=80, extent=(0.4, 1.6, -0.1, 0.8), cmap="Blues", bins="log")
axes.plot(0.8, 0.3, "+", color="C3", ms=12, label="without noise and shrinkage")
axes.set(xlabel="weight of x", ylabel="bias", title="ends of the natural paths")
axes.legend()
figure.savefig(sys.argv[1] if len(sys.argv) > 1 else "million_targets.png", dpi=100, bbox_inches="tight")
plt.close(figure)
