#include <cstdio>
#include <tautrack/tracker/tracker.hpp>

// x^3 - 0.3 x = tau - 1/2: an S-shaped curve, no network at all.
struct Cubic {
  int size() const { return 1; }
  void derivatives(const tautrack::Vector& x, double tau, tautrack::Vector& H,
                   tautrack::Matrix& H_x, tautrack::Vector& H_tau) const {
    H(0) = x(0) * x(0) * x(0) - 0.3 * x(0) - (tau - 0.5);
    H_x(0, 0) = 3.0 * x(0) * x(0) - 0.3;
    H_tau(0) = -1.0;
  }
};

int main() {
  Cubic cubic;
  tautrack::Tracker tracker(cubic, tautrack::Vector::Constant(1, -0.9188));
  for (const tautrack::PathPoint& point : tracker)
    std::printf("tau = %.6f  x = %+.6f\n", point.tau, point.x(0));
  for (const tautrack::Fold& fold : tracker.result().folds)
    std::printf("fold at tau = %.15f\n", fold.point.tau);
  return tracker.result().ok() && tracker.result().folds.size() == 2 ? 0 : 1;
}
