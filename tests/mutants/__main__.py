"""Inject the faults of faults.py, one at a time, and see which tests notice: `nox -s mutants`.

Every fault is put into a copy of the sources. For those in C++ the copy is built for one
instruction set, in one folder, so that a build is of what changed; of the C library's own sources
it is the library that is built. Then run, each until the first failure, the tests that the fault
names, and the quick part of the suite if none of them failed.

    python tests/mutants                    all faults
    python tests/mutants --python           those that need no build; --cpp the others
    python tests/mutants --only plan.cpp    those in files of this name
    python tests/mutants --check            only whether each text is there, once
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from faults import CPP, FAULTS, PYTHON, Fault

ROOT = Path(__file__).parents[2]
IGNORED = shutil.ignore_patterns(".git", ".nox", "build*", "__pycache__", ".*_cache")
# Debug information and optimisation cost minutes per build, and change no result.
BUILD = ("FASTMEL_VARIANTS=avx2", "CMAKE_CXX_FLAGS_RELEASE=-O1")


class Copy:
    """A copy of the sources, its compiled module, and what was changed in it."""

    def __init__(self, folder: Path, core: Path | None) -> None:
        self.sources = folder / "sources"
        self.build, self.wheels = folder / "build", folder / "wheels"
        self.library = folder / "library"
        for name in ("python", "tests", "csrc", "cmake", "include", "docs", "examples"):
            shutil.copytree(ROOT / name, self.sources / name, dirs_exist_ok=True, ignore=IGNORED)
        for name in ("CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
            shutil.copy2(ROOT / name, self.sources)
        shutil.copytree(ROOT / "licenses", self.sources / "licenses", dirs_exist_ok=True)
        if core is not None:
            shutil.copy2(core, self.sources / "python/fastmel")

    def compile(self) -> bool:
        """Build the module, and put it beside the Python sources."""
        shutil.rmtree(self.wheels, ignore_errors=True)
        options = ["--no-build-isolation", "--no-deps", "-q", "-w", str(self.wheels)]
        command = [sys.executable, "-m", "pip", "wheel", *options, f"-Cbuild-dir={self.build}"]
        defined = [f"-Ccmake.define.{option}" for option in BUILD]
        done = subprocess.run([*command, *defined, "."], cwd=self.sources, check=False)
        if done.returncode:
            return False
        with zipfile.ZipFile(next(self.wheels.glob("*.whl"))) as wheel:
            for name in wheel.namelist():
                if name.startswith("fastmel/_core."):
                    wheel.extract(name, self.sources / "python")
        return True

    def compile_library(self) -> bool:
        """Build the C library, and install it beside the copy."""
        build = str(self.library / "build")
        defined = [f"-D{option}" for option in ("FASTMEL_PYTHON=OFF", *BUILD)]
        prefix = str(self.library / "prefix")
        return all(
            subprocess.run(["cmake", *command], cwd=self.sources, check=False).returncode == 0
            for command in (
                ["-G", "Ninja", "-S", ".", "-B", build, *defined],
                ["--build", build],
                ["--install", build, "--prefix", prefix],
            )
        )

    def fails(self, *tests: str, limit: float) -> str:
        """Run tests until the first failure; return what failed, or nothing."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "--no-header",
            "-p",
            "no:cacheprovider",
        ]
        env = {**os.environ, "PYTHONPATH": str(self.sources / "python")}
        if self.library.is_dir():
            env["FASTMEL_LIBRARY"] = str(self.library / "prefix")
        try:
            done = subprocess.run(
                [*command, *tests],
                cwd=self.sources,
                env=env,
                timeout=limit,
                check=False,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        except subprocess.TimeoutExpired:
            return "hangs"
        if done.returncode in (0, 5):
            return ""
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return failed[0].split(" - ")[0] if failed else f"exit {done.returncode}"


def matches(fault: Fault) -> bool:
    path = ROOT / fault.file
    return path.is_file() and path.read_text(encoding="utf-8").count(fault.old) == 1


def of_library(fault: Fault) -> bool:
    """Whether the file is none of the module's."""
    return fault.file.startswith(("csrc/c_", "csrc/frontend/frontend."))


def tried(fault: Fault, copy: Copy, arguments: argparse.Namespace) -> str:
    """Return what noticed the fault: a test, the compiler, or nothing."""
    path = copy.sources / fault.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(fault.old, fault.new), encoding="utf-8")
    try:
        build = copy.compile_library if of_library(fault) else copy.compile
        if fault in CPP and not build():
            return "the compiler"
        first = [f"tests/{name}" for name in fault.seen_by.split()]
        noticed = copy.fails(*first, limit=arguments.limit)
        if not noticed and not arguments.named:
            noticed = copy.fails(limit=arguments.limit)
        return noticed
    finally:
        path.write_text(whole, encoding="utf-8")


def chosen(arguments: argparse.Namespace) -> list[Fault]:
    faults = PYTHON if arguments.python else CPP if arguments.cpp else FAULTS
    return [fault for fault in faults if arguments.only in fault.file]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--python", action="store_true", help="only faults that need no build")
    kind.add_argument("--cpp", action="store_true", help="only faults in C++")
    parser.add_argument("--only", default="", help="only faults in files whose name holds this")
    parser.add_argument("--check", action="store_true", help="only say which faults still match")
    parser.add_argument("--named", action="store_true", help="only run the tests that faults name")
    parser.add_argument("--folder", type=Path, default=ROOT / "build-mutants", help="for the copy")
    parser.add_argument("--core", type=Path, help="a compiled module, where nothing is built")
    parser.add_argument("--limit", type=float, default=1800, help="seconds of a run of tests")
    parser.add_argument("--json", type=Path, help="a file for the results")
    arguments = parser.parse_args()

    faults = chosen(arguments)
    gone = [fault for fault in faults if not matches(fault)]
    for fault in gone:
        print(f"NO LONGER MATCHES  {fault.file}: {fault.old!r}")
    if arguments.check:
        print(f"{len(faults) - len(gone)} of {len(faults)} faults match")
        return bool(gone)

    copy = Copy(arguments.folder.resolve(), arguments.core)
    if arguments.core is None and not copy.compile():
        return 2
    results = []
    for fault in faults:
        if fault in gone:
            continue
        began = time.monotonic()
        noticed = tried(fault, copy, arguments)
        outcome = "caught" if noticed else "equivalent" if fault.equivalent else "SURVIVED"
        seconds = time.monotonic() - began
        print(
            f"{outcome:10} {seconds:5.0f} s  {fault.file}: {fault.new or fault.old!r}", flush=True
        )
        print(f"{'':20}{noticed or fault.equivalent}", flush=True)
        results.append({"file": fault.file, "new": fault.new, "outcome": outcome, "by": noticed})
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1))
    caught = sum(result["outcome"] == "caught" for result in results)
    print(f"{caught} of {len(results)} faults caught; {len(gone)} no longer match")
    return bool(gone) or any(result["outcome"] == "SURVIVED" for result in results)


if __name__ == "__main__":
    sys.exit(main())
