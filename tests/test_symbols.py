"""Machine code: what is in the compiled module, and in the objects that it was linked from.

Set FASTMEL_BUILD_DIR to the build folder to have its objects inspected too (`nox -s symbols`).
"""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fastmel import _core

X86 = platform.machine().lower() in ("x86_64", "amd64")
ARITHMETIC = Path(__file__).parents[1] / "cmake/arithmetic.cmake"
BUILD = os.environ.get("FASTMEL_BUILD_DIR", "")

# x86: mulps, vmulps, vfmadd132ps, vfmaddsub132pd; Arm: fmul, fmadd, fmla, with Apple fmla.4s.
PRODUCT = re.compile(r"\t(?:v?mul[ps][sd]|fmul)\b")
FUSED = re.compile(r"\t(?:vfn?m(?:add|sub)\w+|fn?m(?:add|sub)|fml[as]l?2?|fcmla)\b.*")
COMPILERS = (
    "c++",
    "g++",
    "clang++",
    "aarch64-linux-gnu-g++",
    "clang++ --target=aarch64-linux-gnu",
    "clang++ --target=arm64-apple-macos11",
    "clang++ --driver-mode=cl --target=x86_64-pc-windows-msvc",
    "clang-cl --target=x86_64-pc-windows-msvc",
)

needs_binutils = pytest.mark.skipif(
    not (shutil.which("objdump") and shutil.which("nm")),
    reason="needs binutils, which read objects",
)
needs_cmake = pytest.mark.skipif(not shutil.which("cmake"), reason="needs CMake")
needs_build = pytest.mark.skipif(
    not BUILD, reason="needs a build in FASTMEL_BUILD_DIR, as of nox -s symbols"
)


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def functions(path):
    """The disassembly of each function, as {mangled name: text}."""
    listing = output_of("objdump", "-d", "--no-show-raw-insn", str(path))
    found = {}
    for block in listing.split("\n\n"):
        match = re.match(r"[0-9a-f]+ <(.+)>:\n", block)
        if match:
            found[match[1]] = block
    return found


def kernel_objects():
    """The object of each variant in the build folder."""
    found = {}
    for path in Path(BUILD).rglob("*.o*"):
        match = re.search(r"kernels_(\w+)\.dir", path.as_posix())
        if match and path.suffix in (".o", ".obj"):
            found[match[1]] = path
    return found


def external_symbols(path):
    """Names that other objects can link to, weak ones included."""
    fields = (line.split() for line in output_of("nm", "--defined-only", str(path)).splitlines())
    # The linker merges these whatever the object: a pointer to the C++ runtime, and Clang's call of
    # std::terminate. Neither has a vector in it.
    shared = re.compile(r"DW\.ref\.|_*clang_call_terminate$")
    return {f[2] for f in fields if f[1] in "ABCDGRSTVWuvw" and not shared.match(f[2])}


def misplaced(found):
    """Functions with instructions of a set that their name lacks, and the first of each."""
    wrong = {}
    for name, text in found.items():
        evex = re.search(r"%zmm|%[xy]mm(?:1[6-9]|2\d|3[01])\b|%k[0-7]\b", text)
        vex = re.search(r"\tv[a-z]\w+\s|%ymm", text)
        if evex and "avx512" not in name:
            wrong[name] = evex[0]
        elif vex and not re.search("avx512|avx2", name):
            wrong[name] = vex[0].strip()
    return wrong


@needs_binutils
@pytest.mark.skipif(not X86, reason="needs x86-64")
def test_wide_instructions_stay_in_their_namespace():
    # One that leaks elsewhere kills the process on a CPU without it.
    if not output_of("nm", _core.__file__).strip():
        pytest.skip("needs a module with its symbols, which is not stripped")
    found = functions(_core.__file__)
    assert any("avx512" in name for name in found), "the kernels are not in there"
    assert misplaced(found) == {}


@needs_binutils
def test_no_multiplication_is_fused_with_an_addition():
    # The check of cmake/arithmetic.cmake is of the compiler, this one of what it made.
    listing = output_of("objdump", "-d", "--no-show-raw-insn", _core.__file__)
    assert PRODUCT.search(listing), "the kernels are not in there"
    assert not FUSED.findall(listing)


@needs_cmake
@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_build_stops_where_the_compiler_fuses(tmp_path, compiler):
    command, *options = compiler.split()
    if not shutil.which(command):
        pytest.skip(f"needs {command}")
    clang_cl = any("windows-msvc" in option for option in options)
    x86 = not re.search("aarch64|arm64", compiler) and (X86 or clang_cl)
    script = tmp_path / "check.cmake"

    def check(change=""):
        script.write_text(
            f"set(CMAKE_CXX_COMPILER {command})\n"
            f'set(CMAKE_CXX_FLAGS "{" ".join(options)}")\n'
            f"set(MSVC {clang_cl})\n"
            f'include("{ARITHMETIC.as_posix()}")\n'
            f"{change}\n"
            f"check_arithmetic({'-mfma' if x86 else ''})\n"
        )
        done = subprocess.run(
            ["cmake", "-P", script], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        return done.returncode, " ".join(done.stderr.split())

    assert check() == (0, "")
    code, message = check("list(REMOVE_ITEM arithmetic ${gnu}-ffp-contract=off)")
    assert code
    assert "fuses multiplications with additions" in message
    if clang_cl:
        code, message = check('list(TRANSFORM arithmetic REPLACE ${gnu} "")')
        assert code
        assert "fuses multiplications with additions" in message


@needs_binutils
@needs_build
@pytest.mark.skipif(not X86, reason="needs x86-64: a 64-bit ARM has the one set")
def test_objects_name_their_instruction_set():
    # Of two weak symbols of one name the linker keeps either, perhaps one with instructions that
    # this CPU lacks. So every name that leaves an object has the object's instruction set in it.
    objects = kernel_objects()
    assert set(objects) == set(_core.compiled_variants())
    for variant, path in objects.items():
        names = external_symbols(path)
        assert any("kernels" in name for name in names)
        assert {name for name in names if variant not in name} == set(), variant


@needs_binutils
@needs_build
@pytest.mark.skipif(not X86, reason="needs x86-64")
def test_instructions_of_the_objects():
    for variant, path in kernel_objects().items():
        text = "".join(functions(path).values())
        assert not FUSED.findall(text)
        assert ("%zmm" in text) == (variant == "avx512")
        assert ("%ymm" in text) == (variant in ("avx512", "avx2"))
        if variant == "avx2":
            assert not re.search(r"%[xy]mm(?:1[6-9]|2\d|3[01])\b|%k[0-7]\b", text)


def test_the_rule_finds_what_it_should():
    body = "0 <f>:\n  1:\tvaddps %zmm1,%zmm2,%zmm3\n"
    assert misplaced({"_ZN7fastmel4avx21fEv": body}) == {"_ZN7fastmel4avx21fEv": "%zmm"}
    assert misplaced({"_ZN7fastmel1fEv": "\tvmovss (%rax),%xmm0\n"}) == {
        "_ZN7fastmel1fEv": "vmovss"
    }
    assert misplaced({"_ZN7fastmel6avx5121fEv": body, "g": "\taddps %xmm0,%xmm1\n"}) == {}
