"""Every check of the project as one command; `nox --list` names them.

The sessions build what they test: none looks at an installed fastmel, and each environment is new.
"""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
import wave
import zipfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["tests-3.11", "lint", "typecheck"]

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml("pyproject.toml")
EXTRAS = PROJECT["project"]["optional-dependencies"]
BUILD_REQUIRES = PROJECT["build-system"]["requires"]
# The tests that need no peer and no decoder; the rest skip themselves.
CORE_TESTS = ["pytest>=8", "hypothesis>=6.80", "scipy>=1.10", "mpmath>=1.3"]

# The quick part of the suite and the rest of it.
EVERYTHING = ("-m", "")

# Tests that limit their own address space, in which an emulator does not fit, that time things, and
# that need originals, none of which is there.
NOT_EMULATED = [
    "--ignore=tests/originals",
    "--deselect=tests/test_filterbank.py::test_bank_is_fast",
    "--deselect=tests/test_import.py::test_import_time_beyond_numpy",
    "--deselect=tests/test_bad_input.py::test_sizes_beyond_memory",
    "--deselect=tests/test_bindings.py::test_no_memory_for_scratch",
    "--deselect=tests/test_bindings.py::test_no_memory_for_plans",
    "--deselect=tests/test_bindings.py::test_no_more_threads",
]

# Processors that have no variant of their own: the compiler's name, the emulator's.
CROSS = {
    "riscv64": ("riscv64-linux-gnu", "qemu-riscv64"),
    "s390x": ("s390x-linux-gnu", "qemu-s390x"),  # big-endian
    "ppc64le": ("powerpc64le-linux-gnu", "qemu-ppc64le"),
    "arm": ("arm-linux-gnueabihf", "qemu-arm"),  # 32 bits
    "wasm": ("em", ""),  # is compiled, and not run
}

CPP_SUFFIXES = {".h", ".hpp", ".c", ".cpp"}

# Clang's: at -O1 it compiles the instrumented kernels in a minute or two, GCC in tens of them.
SANITIZERS = {"address,undefined": "asan", "thread": "tsan"}
# One instruction set, whose kernels are the others' source.
SANITIZED_VARIANT = {"x86_64": "avx2", "aarch64": "neon"}.get(platform.machine(), "scalar")
SANITIZED = [
    f"FASTMEL_VARIANTS={SANITIZED_VARIANT}",
    "CMAKE_CXX_FLAGS_RELEASE=-O1",
    "CMAKE_CXX_COMPILER=clang++",
]
# What computes on several threads; fork() after threads is beyond ThreadSanitizer.
THREADED_TESTS = [
    *("tests/test_threads.py", "tests/test_bits.py", "tests/test_bindings.py"),
    *("tests/test_streaming.py", "tests/test_ranges.py", "tests/test_frontend.py"),
]


@nox.session(python=["3.10", "3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The whole suite, librosa and the command line included."""
    session.install(".[test]")
    session.run("pytest", *EVERYTHING, *session.posargs)


# Originals whose requirements would replace each other's versions: only their own files are needed.
# torchaudio's transforms are Python; its compiled library fits one version of torch, and goes.
WITHOUT_DEPENDENCIES = [
    "torchaudio",
    "torchlibrosa",
    "nnAudio",
    "lhotse",
    "vocos",
    "encodec",
    "einops",
    "speechbrain",
    "hyperpyyaml",
    "ruamel.yaml",
    "hear21passt",
    "resemblyzer",
    "essentia",
    "espnet",
    "torch_complex",
    "typeguard",
    "humanfriendly",
    "bigvgan",
    "matcha-tts",
    "torchvggish",
    "resampy",
    "funasr",
    # What lhotse, resemblyzer and essentia import.
    "intervaltree",
    "cytoolz",
    "toolz",
    "webrtcvad-wheels",
    "six",
]


@nox.session(python="3.11")
@nox.parametrize("versions", ["pinned", "newest"])
def originals(session: nox.Session, versions: str) -> None:
    """The whole suite with every original that installs: a test that lacks one fails."""
    pins = ["--constraint=tests/originals/constraints.txt"] if versions == "pinned" else []
    session.install(*pins, ".[test,peers]")
    session.install(*pins, "--no-deps", *WITHOUT_DEPENDENCIES)
    for library in Path(session.virtualenv.location).rglob("torchaudio/lib/*.so"):
        library.unlink()
    session.run("pytest", *EVERYTHING, *session.posargs, env={"FASTMEL_TEST_ORIGINALS": "all"})


@nox.session(python=["3.13t", "3.14t"])
def tests_free_threaded(session: nox.Session) -> None:
    """The suite on a free-threaded interpreter, with the GIL kept off.

    librosa is absent: numba does not install there.
    """
    session.install("--prefer-binary", ".", *CORE_TESTS)
    # An extension that does not declare itself safe would switch the GIL on while it is imported.
    session.run("python", "-c", "import fastmel._core, sys; assert not sys._is_gil_enabled()")
    session.run("pytest", *EVERYTHING, *session.posargs, env={"PYTHON_GIL": "0"})


@nox.session(python="3.10")
def oldest_numpy(session: nox.Session) -> None:
    """The suite on the oldest NumPy that the metadata admits."""
    session.install(".", *CORE_TESTS, "numpy==1.23.*", "scipy==1.10.*")
    session.run("pytest", *EVERYTHING, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting, common mistakes, spelling, workflows, faults' texts; changes nothing."""
    session.install(*EXTRAS["lint"])
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("clang-format", "--dry-run", "--Werror", *cpp_sources())
    session.run("codespell")
    session.run("zizmor", "--offline", "--quiet", ".github")
    session.run("python", "tests/mutants", "--check")


@nox.session(name="format")
def format_sources(session: nox.Session) -> None:
    """Rewrite the sources the way `lint` wants them."""
    session.install(*EXTRAS["lint"])
    session.run("ruff", "check", "--fix")
    session.run("ruff", "format")
    session.run("clang-format", "-i", *cpp_sources())


@nox.session
def typecheck(session: nox.Session) -> None:
    """Mypy and pyright on the package and on a user's script; the stub against the module."""
    session.install(".[typecheck]")
    session.run("mypy")
    session.run("mypy", "tests/typed/script.py")
    session.run("pyright")
    session.run("stubtest", "--allowlist=tests/stubtest_allowlist.txt", "fastmel._core")


@nox.session
@nox.parametrize("compiler", ["g++", "clang++"])
def warnings(session: nox.Session, compiler: str) -> None:
    """A build in which every compiler warning is an error."""
    if shutil.which(compiler) is None:
        session.skip(f"{compiler} is not installed")
    session.install("-Ccmake.define.FASTMEL_WERROR=ON", ".", env={"CXX": compiler})
    session.run("python", "-c", "import fastmel; print(fastmel.simd_info())")


@nox.session
def build(session: nox.Session) -> None:
    """The sdist, the wheel built from it, its licences, and the minimal test against it."""
    session.install("build", "twine", *EXTRAS["minimal"])
    dist = session.create_tmp()
    shutil.rmtree(dist)
    session.run("python", "-m", "build", "--outdir", dist, str(ROOT))
    session.run("twine", "check", "--strict", *map(str, Path(dist).iterdir()))
    (wheel,) = Path(dist).glob("*.whl")
    carried = {
        Path(name).name for name in zipfile.ZipFile(wheel).namelist() if "/licenses/" in name
    }
    missing = {"LICENSE", "pocketfft.txt", "scipy.txt", "xsimd.txt"} - carried
    if missing:
        session.error(f"{wheel.name} lacks the licence texts {sorted(missing)}")
    session.install(str(wheel))
    session.run("pytest", "tests/test_minimal.py")


@nox.session
@nox.parametrize("kind", [nox.param(k, id=SANITIZERS[k]) for k in SANITIZERS])
def sanitize(session: nox.Session, kind: str) -> None:
    """The quick part of the suite on a core built with sanitizers; what has threads, with TSan.

    Leaks are not looked for: the interpreter itself frees little at exit.
    """
    needs(session, "clang++", "clang")
    options = [*SANITIZED, f"FASTMEL_SANITIZE={kind}"]
    session.install(
        *(f"-Ccmake.define.{option}" for option in options),
        *("-Cinstall.strip=false", ".", *CORE_TESTS),
    )
    env = sanitizer_environment(session, SANITIZERS[kind])
    tests = THREADED_TESTS if kind == "thread" else []
    session.run("pytest", *tests, *session.posargs, env=env)


def sanitizer_environment(session: nox.Session, library: str) -> dict[str, str]:
    """What a Python that loads sanitized code needs."""
    # libstdc++ beside it: otherwise the sanitizer, loaded first, finds no C++ exceptions to wrap.
    libraries = [f"libclang_rt.{library}-{platform.machine()}.so", "libstdc++.so"]
    return {
        "LD_PRELOAD": " ".join(compilers_library(session, name) for name in libraries),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "TSAN_OPTIONS": "halt_on_error=1",
    }


@nox.session(python="3.11")
def coverage(session: nox.Session) -> None:
    """Lines of Python and of C++, the C library's too, that the quick part of the suite runs.

    Those that it does not run are listed: of Python on the screen, of C++ in the folder it names.
    What stands in for a library or writes a format of one runs beside it. Needs GCC.
    """
    tmp = Path(session.create_tmp()).resolve()
    flags = "-O1 --coverage -fprofile-update=atomic"
    options = [SANITIZED[0], f"CMAKE_CXX_FLAGS_RELEASE={flags}", "CMAKE_CXX_COMPILER=g++"]
    session.install("coverage>=7.10", "gcovr>=8")
    session.install(
        *(f"-Ccmake.define.{option}" for option in options),
        *("-Cinstall.strip=false", f"-Cbuild-dir={tmp / 'module'}"),
        ".[test,corpus,lhotse,ray,peers]",
    )
    library = installed_library(session, *(f"-D{option}" for option in options))
    env = {"FASTMEL_LIBRARY": library, "LDFLAGS": "--coverage"}  # of examples, linked with it
    # In this process, which is the one that is measured.
    session.run("coverage", "run", "-m", "pytest", "-n", "0", *session.posargs, env=env)
    session.run("coverage", "combine")
    session.run("coverage", "report")
    builds = [str(tmp / "module"), str(tmp / "build")]
    pages = f"--html-details={tmp / 'cpp.html'}"
    found = [f"--root={ROOT}", "--filter=csrc/", *builds]
    session.run("gcovr", *found, pages, "--txt", "--fail-under-line=95")


@nox.session(python="3.11")
def mutants(session: nox.Session) -> None:
    """Faults in the sources, one at a time, and whether the tests notice; takes hours."""
    session.install(".[test]", "pip", "cmake", "ninja", *BUILD_REQUIRES)
    session.run("pip", "uninstall", "--yes", "fastmel")  # the copy with the fault is tested
    tmp = Path(session.create_tmp()).resolve()
    folder = f"--folder={tmp / 'mutants'}"
    session.run("python", "tests/mutants", folder, *session.posargs)


@nox.session
@nox.parametrize("target", ["chain", "frontend", "surface"])
def fuzz(session: nox.Session, target: str) -> None:
    """Arbitrary chains, JSON and arguments, for an hour each; `-- 60` is seconds instead.

    Chains and JSON come from libFuzzer, under sanitizers. What it finds lies in its folder: it
    goes to tests/fuzz/corpus, where each case runs first, together with the fix.
    """
    seconds = session.posargs[0] if session.posargs else "3600"
    if target == "surface":
        session.install(".[io]")
        session.run("python", "tests/fuzz/surface.py", f"--seconds={seconds}")
        return
    needs(session, "clang++", "clang")
    program = fuzz_program(
        session, f"fuzz_{target}", *SANITIZED, "FASTMEL_SANITIZE=address,undefined,fuzzer-no-link"
    )
    corpus = program.parent / "corpus"
    corpus.mkdir(exist_ok=True)
    how = ["-max_len=300"]
    if target == "frontend":
        how = ["-max_len=900", f"-dict={ROOT / 'tests/fuzz/frontend.dict'}", "-rss_limit_mb=4096"]
    session.run(
        *(str(program), f"-max_total_time={seconds}", "-timeout=60", "-print_final_stats=1"),
        *(f"-artifact_prefix={program.parent}/", *how, str(corpus)),
        str(ROOT / "tests/fuzz/corpus" / target),
        env={"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"},
        external=True,
    )


@nox.session
def allocations(session: nox.Session) -> None:
    """Every allocation of a plan and a call fails once."""
    session.run(str(fuzz_program(session, "allocations", SANITIZED[0])), external=True)


def fuzz_program(session: nox.Session, name: str, *options: str) -> Path:
    """Build a program of tests/fuzz; return its path."""
    session.install("cmake", "ninja", *BUILD_REQUIRES)
    folder = Path(session.create_tmp()).resolve() / name
    defined = [f"-D{option}" for option in ("FASTMEL_FUZZ=ON", *options)]
    session.run("cmake", *cmake_build(folder), *defined)
    session.run("cmake", "--build", str(folder), "--target", name)
    return folder / name


@nox.session
def qemu_x86(session: nox.Session) -> None:
    """The suite on an emulated x86-64 CPU that has no AVX, in child processes too.

    NumPy needs x86-64-v2, so the CPU is a Nehalem: SSE4.2, nothing later. An instruction of a
    wider set that leaked into common code ends the run with SIGILL.
    """
    needs(session, "qemu-x86_64", "qemu-user")
    session.install(".", *CORE_TESTS)
    python = emulate(Path(session.bin) / "python", ["qemu-x86_64", "-cpu", "Nehalem"])
    # NumPy's OpenBLAS takes AVX for granted unless told what this CPU is.
    env = {"OPENBLAS_CORETYPE": "Nehalem"}
    check = "import fastmel; assert fastmel.simd_info()['active'] == 'baseline'"
    session.run(python, "-c", check, env=env)
    session.run(python, "-m", "pytest", *EVERYTHING, *NOT_EMULATED, *session.posargs, env=env)


@nox.session
def qemu_aarch64(session: nox.Session) -> None:
    """Cross-compile for aarch64 and run the suite under emulation; needs a Debian-like host.

    The target's Python comes from the host's own distribution, unpacked into a folder; nothing is
    installed on the host. NumPy and the test tools are the registry's aarch64 wheels. The build
    back end itself runs under emulation, so it sees the target's interpreter, headers and tags,
    and calls the host's CMake and the cross compiler at full speed.
    """
    needs(session, "qemu-aarch64", "qemu-user")
    needs(session, "aarch64-linux-gnu-g++", "g++-aarch64-linux-gnu")
    session.install("pip", "cmake", "ninja")
    tmp = Path(session.create_tmp()).resolve()
    sysroot = debian_sysroot(session, "arm64", ["python3-dev", "libstdc++6"], tmp)
    real = (sysroot / "usr/bin/python3").resolve()
    python = emulate(real, ["qemu-aarch64", "-L", str(sysroot)])
    version = real.name.removeprefix("python")

    site = tmp / "site"
    shutil.rmtree(site, ignore_errors=True)
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in (17, 24, 26, 27, 28)]
    for_target = [*platforms, f"--python-version={version}", "--only-binary=:all:"]
    session.run(
        "pip", "install", "-q", "--target", str(site), *for_target, *BUILD_REQUIRES, *CORE_TESTS
    )

    cmake = {
        "CMAKE_SYSTEM_NAME": "Linux",
        "CMAKE_SYSTEM_PROCESSOR": "aarch64",
        "CMAKE_CXX_COMPILER": "aarch64-linux-gnu-g++",
    }
    env = {
        "PYTHONPATH": str(site),
        "CMAKE_ARGS": " ".join(f"-D{name}={value}" for name, value in cmake.items()),
        "PATH": os.pathsep.join([session.bin, os.environ["PATH"]]),
    }
    wheels = tmp / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    build_wheel = f"from scikit_build_core.build import build_wheel as b; b({str(wheels)!r})"
    session.run(python, "-c", build_wheel, env=env, external=True)
    (wheel,) = wheels.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(site)
    check = "import fastmel; i = fastmel.simd_info(); print(i); assert i['active'] == 'neon'"
    session.run(python, "-c", check, env=env, external=True)
    tests = [*EVERYTHING, *NOT_EMULATED, *session.posargs]
    session.run(python, "-m", "pytest", *tests, env=env, external=True)


@nox.session(python=["3.10", "3.11", "3.12", "3.13", "3.14"])
def readme(session: nox.Session) -> None:
    """What a newcomer does: every block of the README in its order, in a clone of their own.

    The tests, the benchmark and the C library, which it also shows, are sessions of their own.
    """
    skipped = "pytest|python -m bench|FASTMEL_PYTHON|cc whisper.c"
    clone = Path(session.create_tmp()).resolve() / "clone"
    shutil.rmtree(clone, ignore_errors=True)
    session.run("git", "clone", "--quiet", str(ROOT), str(clone), external=True)
    session.chdir(clone)
    (clone / "recordings").mkdir()
    with wave.open(str(clone / "recordings/one.wav"), "wb") as recording:
        recording.setparams((1, 2, 16000, 0, "NONE", ""))
        recording.writeframes(bytes(32000))
    session.run("python", "tests/blocks.py", "README.md", "--but", skipped)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation's site, in site/: every tutorial runs, and a warning is an error."""
    session.install(".[cli]", *nox.project.dependency_groups(PROJECT, "docs"))
    session.run("python", "docs/make_frontends.py", "--check")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "site")


@nox.session
def browser(session: nox.Session) -> None:
    """The page of ``fastmel plot --html`` in a browser without a window."""
    session.install(".[cli]", "pytest>=8", "hypothesis>=6.80", "playwright>=1.40")
    session.run("playwright", "install", "--with-deps", "chromium")
    session.run("pytest", "tests/test_page.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure fastmel and the peers that install everywhere; arguments go to the benchmark."""
    session.install(".[bench]")
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def symbols(session: nox.Session) -> None:
    """The machine code of a build: what leaves an object names its instruction set."""
    needs(session, "objdump", "binutils")
    build_dir = Path(session.create_tmp()).resolve() / "build"
    session.install(f"-Cbuild-dir={build_dir}", "-Cinstall.strip=false", ".", *EXTRAS["minimal"])
    session.run("pytest", "tests/test_symbols.py", env={"FASTMEL_BUILD_DIR": str(build_dir)})


@nox.session
def library(session: nox.Session) -> None:
    """The C and C++ library: build, install, its examples, and its bits against the package's."""
    session.install(".", *CORE_TESTS)
    env = {"FASTMEL_LIBRARY": installed_library(session)}
    tests = sorted(str(path) for path in (ROOT / "tests").glob("test_library*.py"))
    session.run("pytest", *tests, *session.posargs, env=env)


@nox.session
def sanitize_library(session: nox.Session) -> None:
    """The C library with AddressSanitizer and UBSan, but for programs linked without them."""
    needs(session, "clang++", "clang")
    session.install(".", *CORE_TESTS)
    options = [*SANITIZED, "FASTMEL_SANITIZE=address,undefined"]
    prefix = installed_library(session, *(f"-D{option}" for option in options))
    tests = {str(path) for path in (ROOT / "tests").glob("test_library*.py")}
    tests.remove(str(ROOT / "tests/test_library_examples.py"))
    env = sanitizer_environment(session, SANITIZERS["address,undefined"])
    session.run("pytest", *sorted(tests), *session.posargs, env=env | {"FASTMEL_LIBRARY": prefix})


def installed_library(session: nox.Session, *options: str) -> str:
    """Build and install the C library; return its folder."""
    headers = [needed for needed in BUILD_REQUIRES if needed.startswith("pythran")]
    session.install("cmake", *headers)
    tmp = Path(session.create_tmp()).resolve()
    prefix = str(tmp / "prefix")
    build = ["-S", str(ROOT), "-B", str(tmp / "build"), "-DFASTMEL_PYTHON=OFF"]
    session.run("cmake", *build, *options)
    session.run("cmake", "--build", str(tmp / "build"), "--parallel", "--config", "Release")
    session.run("cmake", "--install", str(tmp / "build"), "--prefix", prefix)
    return prefix


@nox.session
@nox.parametrize("arch", list(CROSS))
def cross(session: nox.Session, arch: str) -> None:
    """The C library where no variant is at home, and its example's bits beside this machine's."""
    triplet, emulator = CROSS[arch]
    compiler = "em++" if arch == "wasm" else f"{triplet}-g++"
    needs(session, compiler, "emscripten" if arch == "wasm" else f"g++-{triplet}")
    headers = [needed for needed in BUILD_REQUIRES if needed.startswith("pythran")]
    session.install("cmake", "ninja", "numpy", "pytest>=8", *headers)
    tmp = Path(session.create_tmp()).resolve()
    target = [
        *("-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_SYSTEM_PROCESSOR={arch}"),
        *(f"-DCMAKE_C_COMPILER={triplet}-gcc", f"-DCMAKE_CXX_COMPILER={triplet}-g++"),
    ]
    if arch == "wasm":
        configure = ["emcmake", "cmake"]
        session.run(*configure, *cmake_build(tmp / arch), external=True)
        session.run("cmake", "--build", str(tmp / arch), "--target", "fastmel_static")
        return
    needs(session, emulator, "qemu-user")
    emulated = [emulator, "-L", f"/usr/{triplet}", "-E"]
    examples, digests = {}, {}
    for name, options in {"host": ["-DFASTMEL_VARIANTS=scalar"], arch: target}.items():
        prefix = built_library(session, tmp / name, *options)
        toolchain = options if name == arch else []
        built = built_with(session, ROOT / "examples" / "library", prefix, *toolchain)
        library = next(prefix.rglob("libfastmel.so")).parent
        run = [*(emulated if name == arch else ["env"]), f"LD_LIBRARY_PATH={library}"]
        examples[name] = " ".join([*run, str(built / "stream")])
        digest = built_with(session, ROOT / "tests" / "digest", prefix, *toolchain) / "digest"
        digests[name] = session.run(*run, str(digest), external=True, silent=True)
    env = {"FASTMEL_HOST": examples["host"], "FASTMEL_CROSS": examples[arch]}
    session.run("pytest", "--noconftest", "tests/test_cross.py", *session.posargs, env=env)
    same_digests(session, digests)


@nox.session
def musl(session: nox.Session) -> None:
    """The C library with another C library under it, musl by Zig's Clang, and its bits beside.

    Arguments go to CMake: `-- -DFASTMEL_VARIANTS=avx2` spares what this machine does not run.
    """
    headers = [needed for needed in BUILD_REQUIRES if needed.startswith("pythran")]
    session.install("cmake", "ninja", "ziglang", *headers)
    tmp = Path(session.create_tmp()).resolve()
    compilers = []
    for language, name in (("C", "cc"), ("CXX", "c++")):
        script = tmp / f"zig-{name}"
        python = Path(session.virtualenv.bin) / "python"
        target = f"{platform.machine()}-linux-musl"
        script.write_text(f'#!/bin/sh\nexec {python} -m ziglang {name} -target {target} "$@"\n')
        script.chmod(0o755)
        compilers.append(f"-DCMAKE_{language}_COMPILER={script}")
    digests = {}
    for name, options in {"host": [], "musl": compilers}.items():
        prefix = built_library(session, tmp / name, *options, *session.posargs)
        digest = built_with(session, ROOT / "tests" / "digest", prefix, *options) / "digest"
        digests[name] = session.run(str(digest), external=True, silent=True)
    same_digests(session, digests)


def built_library(session: nox.Session, folder: Path, *options: str) -> Path:
    """Build the C library in a folder, and install it beside; return where."""
    prefix = folder.with_name(f"{folder.name}-prefix")
    session.run("cmake", *cmake_build(folder), *options)
    session.run("cmake", "--build", str(folder))
    session.run("cmake", "--install", str(folder), "--prefix", str(prefix))
    return prefix


def built_with(session: nox.Session, source: Path, prefix: Path, *options: str) -> Path:
    """Build programs that find the C library in a folder; return where they are."""
    folder = prefix.with_name(f"{prefix.name}-{source.name}")
    session.run("cmake", *cmake_build(folder, source), f"-DCMAKE_PREFIX_PATH={prefix}", *options)
    session.run("cmake", "--build", str(folder))
    return folder


def same_digests(session: nox.Session, printed: dict[str, str]) -> None:
    """Fail unless builds print the same, a line for each front end."""
    (name, expected), (other, found) = printed.items()
    pairs = list(zip(expected.splitlines(), found.splitlines(), strict=True))
    differing = [line.split()[1] for line, theirs in pairs if line != theirs]
    if differing or not pairs:
        session.error(f"{other} has other bits than {name}: {', '.join(differing)}")
    session.log(f"{other} has the bits of {name}, of {len(pairs)} front ends")


def cmake_build(folder: Path, source: Path = ROOT) -> list[str]:
    """Arguments that configure a build of the C library, or of something else."""
    python = [] if source != ROOT else ["-DFASTMEL_PYTHON=OFF"]
    return ["-G", "Ninja", "-S", str(source), "-B", str(folder), *python]


def cpp_sources() -> list[str]:
    """All C and C++ files, relative to the root."""
    folders = ("cmake", "csrc", "examples", "include", "tests")
    files = (p for folder in folders for p in (ROOT / folder).rglob("*"))
    return sorted(str(p.relative_to(ROOT)) for p in files if p.suffix in CPP_SUFFIXES)


def compilers_library(session: nox.Session, name: str) -> str:
    """Where Clang would link this library from."""
    path = session.run("clang++", f"-print-file-name={name}", external=True, silent=True)
    return str(Path(str(path).strip()).resolve())


def needs(session: nox.Session, command: str, package: str) -> None:
    """Skip the session, naming the Debian package, where a command is missing."""
    if sys.platform != "linux" or shutil.which(command) is None:
        session.skip(f"needs {command} on Linux (Debian: apt install {package})")


def emulate(python: Path, emulator: list[str]) -> str:
    """Write a launcher beside `python` that runs it under an emulator.

    The launcher passes its own path as the program's name, so the interpreter takes the launcher
    for itself: sys.prefix stays that of the environment, and a child started through
    sys.executable is emulated as well.
    """
    launcher = python.with_name("python-emulated")
    command = " ".join(emulator)
    launcher.write_text(f'#!/bin/sh\nexec {command} -0 "$0" {python.resolve()} "$@"\n')
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    return str(launcher)


def debian_sysroot(session: nox.Session, arch: str, packages: list[str], tmp: Path) -> Path:
    """Unpack `packages` and all they depend on for another architecture.

    apt resolves against an empty package state of that architecture, with the host's own sources.
    """
    root, apt = tmp / "sysroot", tmp / "apt"
    if (root / "usr/bin/python3").exists():
        return root
    for folder in (root, apt / "lists/partial", apt / "archives/partial"):
        folder.mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    settings = {
        "APT::Architecture": arch,
        "APT::Architectures": arch,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "Debug::NoLocking": "true",
        "Dir::Cache": str(apt),
        "Dir::State::lists": str(apt / "lists"),
        "Dir::State::status": str(apt / "status"),
    }
    get = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in settings.items())]
    session.run(*get, "update", external=True)
    session.run(*get, "install", "--yes", "--download-only", *packages, external=True)
    for package in sorted((apt / "archives").glob("*.deb")):
        session.run("dpkg-deb", "-x", str(package), str(root), external=True, log=False)
    # Debian's pyconfig.h includes its architecture's own one by a path below /usr/include.
    for headers in (root / "usr/include").glob("python3*"):
        triplet = next((root / "usr/include").glob("*-linux-gnu"))
        (headers / triplet.name).symlink_to(Path("..") / triplet.name)
    return root
