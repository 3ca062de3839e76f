#include <exception>
#include <iostream>
#include <tautrack/data/dataset.hpp>
#include <tautrack/version.hpp>

int main() {
  try {
    tautrack::Matrix X(3, 2);
    X << 1.0, 1.0, 2.0, 1.0, 3.0, 1.0;
    tautrack::Vector y(3);
    y << -0.9, 0.1, 0.9;
    const tautrack::Problem problem = tautrack::make_problem(X, y);
    std::cout << "tautrack " << tautrack::version << ": a problem with " << problem.X.rows()
              << " patterns and " << problem.X.cols() << " weights\n";
    return problem.X.rows() == 3 && problem.X.cols() == 2 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
