"""The module as it is installed: by pip in an empty environment that has the system's packages, and by CMake."""

import os
import pathlib
import shutil
import subprocess
import sys
import venv
import zipfile

from conftest import ROOT

BUILD = pathlib.Path(os.environ["TAUTRACK_PROGRAM"]).parent

USE = (
    "import sys, tautrack, numpy\n"
    "result = tautrack.track([-1.0, 0, 1, 2], [-0.7, 0.1, 0.6, 0.9])\n"
    "assert result.solved\n"
    "assert not sys.argv[1:] or tautrack.__file__.startswith(sys.argv[1]), tautrack.__file__\n"
    "print(tautrack.__version__)\n"
)


def environment():
    """Without the path that the tests use."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def test_pip_installs_one_wheel_with_the_library_inside(tmp_path):
    # What of the checkout pip needs where the build is there already; it writes beside its sources.
    checkout = tmp_path / "checkout"
    (checkout / "solvers").mkdir(parents=True)
    shutil.copy(ROOT / "CMakeLists.txt", checkout)
    shutil.copytree(ROOT / "solvers/python", checkout / "solvers/python", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    place = tmp_path / "venv"
    venv.create(place, system_site_packages=True, with_pip=True)
    python = place / "bin/python"
    given = {**environment(), "TAUTRACK_PYTHON_BUILD": str(BUILD)}
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(tmp_path),
                    str(checkout / "solvers/python")], check=True, capture_output=True, env=given)
    (wheel,) = tmp_path.glob("tautrack-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert len([name for name in names if name.endswith(".so")]) == 1
    assert {"tautrack/__init__.py", "tautrack/__init__.pyi", "tautrack/py.typed"} <= set(names)
    subprocess.run([*pip, "install", "--no-index", "--no-deps", str(wheel)], check=True, capture_output=True, env=environment())
    said = subprocess.run([str(python), "-c", USE, str(place)], check=True, capture_output=True, text=True,
                          env=environment(), cwd=tmp_path)
    assert said.stdout.strip() in wheel.name


def test_cmake_installs_a_component(tmp_path):
    subprocess.run(["cmake", "--install", str(BUILD), "--component", "python", "--prefix", str(tmp_path)], check=True,
                   capture_output=True)
    (package,) = tmp_path.glob("lib/python3*/site-packages/tautrack")
    files = {path.name for path in package.iterdir()}
    assert {"__init__.py", "__init__.pyi", "py.typed"} <= files
    assert sum(name.endswith(".so") for name in files) == 1
    subprocess.run([sys.executable, "-c", USE, str(tmp_path)], check=True,
                   env={**environment(), "PYTHONPATH": str(package.parent)}, cwd=tmp_path)


def test_the_extension_shows_nothing_but_its_entry():
    (extension,) = (BUILD / "python/tautrack").glob("_tautrack*.so")
    said = subprocess.run(["nm", "-D", "--defined-only", str(extension)], check=True, capture_output=True, text=True)
    assert [line.split()[-1] for line in said.stdout.splitlines()] == ["PyInit__tautrack"]
