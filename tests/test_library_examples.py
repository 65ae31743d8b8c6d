"""Programs that are built on the C and C++ library: they compile, and have Python's bits."""

import os
import shutil
import subprocess
from pathlib import Path

import c_library
import fastmel
import numpy as np
import pytest
import signals
from blocks import of
from fastmel import _core

pytestmark = c_library.NEEDED

EXAMPLES = Path(__file__).parent.parent / "examples" / "library"


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    if not shutil.which("cmake"):
        pytest.skip("needs CMake")
    build = tmp_path_factory.mktemp("build")
    strict = "-Wall -Wextra -Wpedantic -Werror"
    for command in (
        ["cmake", "-S", EXAMPLES, "-B", build, f"-DCMAKE_PREFIX_PATH={c_library.PREFIX}",
         f"-DCMAKE_C_FLAGS={strict}", f"-DCMAKE_CXX_FLAGS={strict}"],
        ["cmake", "--build", build],
    ):  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return build


@pytest.mark.parametrize("n_samples", [0, 1, 399, 1000, 1001, 16_000, 123_457])
def test_the_example_in_c(examples, n_samples):
    y = signals.noise(n_samples).astype(np.float32)
    window = 0.5 - 0.5 * np.array([np.cos(2 * np.pi * i / 400) for i in range(400)])
    core = _core.Plan(
        n_fft=400, hop_length=160, offset=200, pad_mode="reflect", window=window,
        precision="double", power=2.0,
        level=_core.Level(log="log10", floor=1e-10, reference=1.0),
    )  # fmt: skip
    expected = np.zeros((1 + n_samples // 160, 201), np.float32)
    core.run(y, expected.T)
    done = subprocess.run([examples / "stream"], input=y.tobytes(), capture_output=True, check=True)
    found = np.frombuffer(done.stdout, np.float32).reshape(-1, 201)
    assert found.shape == expected.shape
    assert np.allclose(found, expected, rtol=0, atol=1e-6)  # cos is the C library's


@pytest.mark.parametrize("name", fastmel.frontends())
def test_front_ends_of_the_examples(examples, tmp_path, name):
    front_end = fastmel.frontend(name)
    rate = front_end.sample_rate
    paths, expected = [], b""
    for i, n in enumerate([2 * rate, rate // 2 + 1]):
        y = signals.speech_like(n, rate, seed=i)
        paths.append(tmp_path / f"{i}.f32")
        y.tofile(paths[-1])
        one = np.ascontiguousarray(front_end(y))
        with open(paths[-1], "rb") as file:
            done = subprocess.run(
                [examples / "features", name], stdin=file, capture_output=True, check=True
            )
        assert done.stdout == one.tobytes()
        assert done.stderr.startswith(" x ".join(map(str, one.shape)).encode())
        expected += one.tobytes()
    done = subprocess.run([examples / "batch", name, *paths], capture_output=True, check=True)
    assert done.stdout == expected


@pytest.mark.parametrize("program", ["features", "batch"])
def test_what_the_examples_say(examples, program):
    done = subprocess.run([examples / program], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout.count("\n") == len(fastmel.frontends())
    done = subprocess.run([examples / program, "wisper"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "did you mean whisper" in done.stderr


@pytest.mark.parametrize("name", ["kaldi-fbank", "kaldi-native-fbank"])
def test_a_live_signal(examples, name):
    y = signals.speech_like(20_001, 16_000)
    for n in (0, 100, 20_001):
        expected = fastmel.frontend(name)(y[:n]).tobytes() if n > 400 else b""
        done = subprocess.run(
            [examples / "live", name], input=y[:n].tobytes(), capture_output=True, check=True
        )
        assert done.stdout == expected
        assert done.stderr == b"a frame comes 25.0 ms after its hop begins\n"


def test_a_live_signal_that_cannot_be(examples):
    for arguments, status, message in (
        ([], 2, "usage"),
        (["nemo"], 1, "cannot stream in C"),
        (["vits"], 1, "reflection"),
    ):
        done = subprocess.run(
            [examples / "live", *arguments], input=bytes(1400), capture_output=True
        )
        assert done.returncode == status
        assert message in done.stderr.decode()


def test_a_front_end_of_json(examples, tmp_path):
    front_end = fastmel.frontend("whisper").replace(n_mels=40, layout="time_mel")
    y = signals.speech_like(16_000, 16_000)
    done = subprocess.run(
        [examples / "features", front_end.to_json()],
        input=y.tobytes(),
        capture_output=True,
        check=True,
    )
    assert done.stdout == front_end(y).tobytes()


def test_the_readme(tmp_path):
    if not (shutil.which("pkg-config") and shutil.which("cc")):
        pytest.skip("needs pkg-config and a C compiler")
    (program,) = of("c")
    (tmp_path / "whisper.c").write_text(program)
    (build,) = (block for block in of("bash") if "cc whisper.c" in block)
    (where,) = {path.parent for path in Path(c_library.PREFIX).rglob("fastmel.pc")}
    build = build.replace('"$HOME/fastmel/lib', f'"{where.parent}')
    done = subprocess.run(["bash", "-euc", build], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([tmp_path / "whisper"], capture_output=True, check=True)
    assert done.stdout == fastmel.frontend("whisper")(np.zeros(16_000, np.float32)).tobytes()


def test_a_program_without_cxx(tmp_path):
    """A project in C alone links the static library, whose C++ it has to find."""
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.18...3.31)\n"
        "project(one LANGUAGES C)\n"
        "find_package(fastmel 0.1 REQUIRED)\n"
        f'add_executable(features "{(EXAMPLES / "features.c").as_posix()}")\n'
        "target_link_libraries(features PRIVATE fastmel::static)\n"
    )
    build = tmp_path / "build"
    for command in (
        ["cmake", "-S", tmp_path, "-B", build, f"-DCMAKE_PREFIX_PATH={c_library.PREFIX}"],
        ["cmake", "--build", build],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    y = signals.noise(4000)
    done = subprocess.run(
        [build / "features", "kaldi-fbank"], input=y.tobytes(), capture_output=True, check=True
    )
    assert done.stdout == fastmel.frontend("kaldi-fbank")(y).tobytes()


def test_pkg_config(tmp_path):
    if not (shutil.which("pkg-config") and shutil.which("cc")):
        pytest.skip("needs pkg-config and a C compiler")
    (where,) = {path.parent for path in Path(c_library.PREFIX).rglob("fastmel.pc")}
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "fastmel"],
        env=os.environ | {"PKG_CONFIG_PATH": str(where)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    program = tmp_path / "stream"
    subprocess.run(["cc", EXAMPLES / "stream.c", *flags, "-lm", "-o", program], check=True)
    library = where.parent
    done = subprocess.run(
        [program],
        input=bytes(4000),
        env=os.environ | {"LD_LIBRARY_PATH": str(library)},
        capture_output=True,
        check=True,
    )
    assert len(done.stdout) == 4 * 201 * 7
