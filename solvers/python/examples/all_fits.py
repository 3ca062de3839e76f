"""All fits of seven observations: four minima, five saddles and two maxima, proven to be all."""

import sys

import matplotlib.pyplot as plt
import numpy as np

import tautrack

X = np.array([[-7.875, 6.75], [-7.875, -2.0], [-4.0, 19.0], [0.625, -1.5], [-0.5, 31.0], [1.15625, 0.96875], [-2.5, -19.0]])
y = np.array([-0.6875, -0.25, -0.765625, -0.875, -0.1875, -0.5625, 0.875])

result = tautrack.solve(X, y, bias=False, columns=["w1", "w2"])
print(f"{len(result.stationary_points)} points, {result.completeness.level}; the only minimum: {result.unique}")

w1, w2 = np.meshgrid(np.linspace(-5.2, 1, 401), np.linspace(-1.3, 0.8, 401))
outputs = np.tanh(w1[..., None] * X[:, 0] + w2[..., None] * X[:, 1])
energy = 0.5 * np.sum((outputs - y) ** 2, axis=-1)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
left.contourf(w1, w2, energy, 40, cmap="Blues_r")
for kind, marker in (("minimum", "o"), ("saddle", "^"), ("maximum", "v")):
    chosen = [point.weights for point in result.stationary_points if point.kind == kind]
    left.plot(*np.transpose(chosen), marker, mec="black", mfc="white", ms=6, label=kind)
left.set(xlabel="w1", ylabel="w2", xlim=(-5.2, 1), ylim=(-1.3, 0.8), title="contours of the energy")
left.legend(loc="lower right", fontsize=8)
result.plot(right)
figure.savefig(sys.argv[1] if len(sys.argv) > 1 else "all_fits.png", dpi=100, bbox_inches="tight")
plt.close(figure)
