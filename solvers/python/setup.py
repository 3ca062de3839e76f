"""Builds the extension with the CMake project that this folder is a part of."""

import os
import pathlib
import re
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# setuptools may run from a copy of this folder, but then there is no project around it.
root = pathlib.Path(__file__).resolve().parents[2]


def version():
    match = re.search(r"project\(tautrack VERSION ([0-9.]+)", (root / "CMakeLists.txt").read_text())
    return match[1]


class CMakeBuild(build_ext):
    """The one extension, tautrack._tautrack, as CMake makes it."""

    def build_extension(self, ext):
        target = pathlib.Path(self.get_ext_fullpath(ext.name)).resolve()
        # A build that is there already, of the same sources, may be taken as it is.
        given = os.environ.get("TAUTRACK_PYTHON_BUILD")
        build = self.make(pathlib.Path(self.build_temp).resolve()) if not given else pathlib.Path(given)
        made = next((build / "python" / "tautrack").glob("_tautrack*" + target.suffix))
        target.parent.mkdir(parents=True, exist_ok=True)
        self.copy_file(str(made), str(target))

    @staticmethod
    def make(build):
        build.mkdir(parents=True, exist_ok=True)
        jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or str(os.cpu_count() or 1)
        configure = [
            "cmake", "-S", str(root), "-B", str(build),
            "-DCMAKE_BUILD_TYPE=Release",
            f"-DPython3_EXECUTABLE={sys.executable}",
            "-DTAUTRACK_BUILD_PROGRAM=ON",
            "-DTAUTRACK_BUILD_FIGURES=OFF",
            "-DTAUTRACK_BUILD_TESTS=OFF",
            "-DTAUTRACK_BUILD_BENCHMARKS=OFF",
            "-DTAUTRACK_WITH_MPI=OFF",  # One process; and the extension does not load its libraries.
            "-DTAUTRACK_WITH_PYTHON=ON",
        ]
        configure += os.environ.get("TAUTRACK_CMAKE_ARGS", "").split()
        if not (build / "CMakeCache.txt").exists():
            try:
                subprocess.run(["ninja", "--version"], check=True, capture_output=True)
                configure += ["-G", "Ninja"]
            except (OSError, subprocess.CalledProcessError):
                pass  # The generator of the system.
        subprocess.run(configure, check=True)
        subprocess.run(
            ["cmake", "--build", str(build), "--config", "Release", "--target", "tautrack_python",
             "-j", jobs],
            check=True,
        )
        return build


setup(
    version=version(),
    ext_modules=[Extension("tautrack._tautrack", [])],
    cmdclass={"build_ext": CMakeBuild},
)
