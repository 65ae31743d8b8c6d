"""Inject the faults of faults.py, one at a time, and see which tests notice: `nox -s mutants`.

Every fault is put into a copy of the sources. For those in C++ the copy is built for one
instruction set, in one folder, so that a build is of what changed; of the C library's own sources
it is the library that is built. Then run, each until the first failure, the tests that the fault
names, and the quick part of the suite if none of them failed. Before the first fault all of these
must pass: a test that fails anyway would seem to notice every fault.

    python tests/mutants                    all faults
    python tests/mutants --python           those that need no build; --cpp the others
    python tests/mutants --only plan.cpp    those in files of this name
    python tests/mutants --check            only whether each text is there, once
    python tests/mutants --json results     where a run that was stopped goes on
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from faults import CPP, FAULTS, PYTHON, Fault

ROOT = Path(__file__).parents[2]
VERSION = ROOT / "python/fastmel/_version.py"
IGNORED = shutil.ignore_patterns(
    ".git", ".nox", ".venv", "build*", "__pycache__", ".*_cache", "_core.*.so", "_core.*.pyd"
)
# Optimisation costs minutes per build, and changes no result.
BUILD = {
    "FASTMEL_VARIANTS": "avx2",
    "CMAKE_CXX_FLAGS_RELEASE": "-O1",
    "Python_EXECUTABLE": sys.executable,
}


def renew(source: str, target: str) -> None:
    """Copy a file that differs; a build then sees it as changed, whatever its time was."""
    if not (Path(target).exists() and filecmp.cmp(source, target, shallow=False)):
        shutil.copyfile(source, target)
        shutil.copymode(source, target)


def of_module() -> dict[str, str]:
    """Return what the build backend tells CMake."""
    import pybind11

    version = re.search('^__version__ = "(.+)"', VERSION.read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    return {
        "pybind11_DIR": pybind11.get_cmake_dir(),
        "SKBUILD_PROJECT_VERSION_FULL": version[1],
    }


class Copy:
    """A copy of the sources, and what is built of it."""

    def __init__(self, folder: Path, core: Path | None) -> None:
        self.folder, self.core = folder, core
        self.sources, self.library = folder / "sources", folder / "library"
        shutil.copytree(ROOT, self.sources, copy_function=renew, dirs_exist_ok=True, ignore=IGNORED)
        if core is not None:
            shutil.copy2(core, self.sources / "python/fastmel")

    def compiles(self, library: bool) -> bool:
        """Build the module, unless it was given, and the C library where a fault is of it."""
        if self.core is None and not self._builds("module", self.sources / "python", of_module()):
            return False
        return not library or self._builds("library", self.library, {"FASTMEL_PYTHON": "OFF"})

    def _builds(self, what: str, prefix: Path, definitions: dict[str, str]) -> bool:
        build = str(self.folder / f"build-{what}")
        defined = [f"-D{name}={value}" for name, value in {**BUILD, **definitions}.items()]
        for command in (
            ["-G", "Ninja", "-S", ".", "-B", build, *defined],
            ["--build", build],
            ["--install", build, "--prefix", str(prefix)],
        ):
            done = subprocess.run(
                ["cmake", *command], cwd=self.sources, check=False, capture_output=True, text=True
            )
            if done.returncode:
                print(done.stdout + done.stderr)
                return False
        return True

    def fails(self, *tests: str, library: bool, limit: float) -> str:
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
        if library:
            env["FASTMEL_LIBRARY"] = str(self.library)
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


def named_by(*faults: Fault) -> list[str]:
    return list(
        dict.fromkeys(f"tests/{name}" for fault in faults for name in fault.seen_by.split())
    )


def tried(fault: Fault, copy: Copy, arguments: argparse.Namespace) -> tuple[str, str]:
    """Return what noticed the fault, the named tests or the quick part, and which test of it."""
    path = copy.sources / fault.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(fault.old, fault.new), encoding="utf-8")
    library = of_library(fault)
    try:
        # Also of a fault in Python: the module may still have the fault before it.
        if not copy.compiles(library):
            return "compiler", "the compiler"
        noticed = copy.fails(*named_by(fault), library=library, limit=arguments.limit)
        if noticed:
            return "named", noticed
        if not arguments.named:
            noticed = copy.fails(library=library, limit=arguments.limit)
        return "quick", noticed
    finally:
        path.write_text(whole, encoding="utf-8")


def sound(faults: list[Fault], copy: Copy, arguments: argparse.Namespace) -> bool:
    """Return whether the sources build, and the tests pass, before the first fault."""
    library = any(map(of_library, faults))
    if not copy.compiles(library):
        return False
    for tests in [named_by(*faults)] if arguments.named else [named_by(*faults), []]:
        failed = copy.fails(*tests, library=library, limit=arguments.limit)
        if failed:
            print(f"without any fault {failed}")
            return False
    return True


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
    parser.add_argument("--json", type=Path, help="a file for results, from which a run goes on")
    arguments = parser.parse_args()

    faults = chosen(arguments)
    gone = [fault for fault in faults if not matches(fault)]
    for fault in gone:
        print(f"NO LONGER MATCHES  {fault.file}: {fault.old!r}")
    if arguments.check:
        print(f"{len(faults) - len(gone)} of {len(faults)} faults match")
        return bool(gone)

    results = []
    if arguments.json and arguments.json.exists():
        results = json.loads(arguments.json.read_text(encoding="utf-8"))
    known = [(result["file"], result["old"], result["new"]) for result in results]
    faults = [fault for fault in faults if fault not in gone and fault[:3] not in known]

    copy = Copy(arguments.folder.resolve(), arguments.core)
    if faults and not sound(faults, copy, arguments):
        return 2
    for fault in faults:
        began = time.monotonic()
        part, noticed = tried(fault, copy, arguments)
        outcome = "caught" if noticed else "equivalent" if fault.equivalent else "SURVIVED"
        seconds = time.monotonic() - began
        print(
            f"{outcome:10} {seconds:5.0f} s  {fault.file}: {fault.new or fault.old!r}", flush=True
        )
        print(f"{'':20}{noticed or fault.equivalent}", flush=True)
        what = {"file": fault.file, "old": fault.old, "new": fault.new}
        results.append({**what, "outcome": outcome, "part": part, "by": noticed})
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    caught = [result["part"] for result in results if result["outcome"] == "caught"]
    print(f"{len(caught)} of {len(results)} faults caught, {caught.count('named')} by named tests")
    print(f"{len(gone)} no longer match")
    return bool(gone) or any(result["outcome"] == "SURVIVED" for result in results)


if __name__ == "__main__":
    sys.exit(main())
