"""A stirred tank reactor: steady states over the rate of flow, through ignition and extinction."""

import sys

import matplotlib.pyplot as plt
import numpy as np

import tautrack

heat, damkohler = 6.0, 0.1  # Of the reaction, per flow of one.


def H(x, tau):
    """Conversion x[0] and temperature x[1]; tau is the flow, from slow at 0 to fast at 1."""
    rate = damkohler * np.exp(x[1]) * (1 - x[0])
    flow = 0.5 + 3.5 * tau
    return np.array([rate - flow * x[0], heat * rate - flow * x[1]])


def H_x(x, tau):
    rate, slope = damkohler * np.exp(x[1]) * (1 - x[0]), damkohler * np.exp(x[1])
    flow = 0.5 + 3.5 * tau
    return np.array([[-slope - flow, rate], [-heat * slope, heat * rate - flow]])


def H_tau(x, tau):
    return -3.5 * x


x0 = np.array([0.99, 5.9])
for _ in range(20):  # Newton's method: a first steady state.
    x0 = x0 - np.linalg.solve(H_x(x0, 0.0), H(x0, 0.0))
tracker = tautrack.Tracker(H, x0, H_x, H_tau, longest_step=0.05)
flows, conversions = [], []
for point in tracker:
    flows.append(point.tau)
    conversions.append(point.x[0])
print(tracker.message)
for fold in tracker.folds:
    print(f"fold at flow {0.5 + 3.5 * fold.tau:.10f}, conversion {fold.x[0]:.6f}")

figure, axes = plt.subplots(figsize=(6, 4.2))
axes.plot(0.5 + 3.5 * np.array(flows), conversions)
axes.plot([0.5 + 3.5 * fold.tau for fold in tracker.folds], [fold.x[0] for fold in tracker.folds], "o", color="C3", label="folds")
axes.set(xlabel="flow", ylabel="conversion", title="steady states of a stirred tank")
axes.legend()
figure.savefig(sys.argv[1] if len(sys.argv) > 1 else "own_homotopy.png", dpi=100, bbox_inches="tight")
plt.close(figure)
