"""Patched functions of tensors: who traces, watches or changes them finds the originals."""

import copy
import io
import subprocess
import sys

import fastmel
import numpy as np
import pytest
from libraries import required

torch = required("torch")
torchaudio = required("torchaudio")
kaldi = required("torchaudio.compliance.kaldi")
transforms = torchaudio.transforms

# torch's and torchaudio's own, on tracing and on first use
pytestmark = [pytest.mark.usefixtures("unpatched"), pytest.mark.filterwarnings("ignore")]

Y = torch.from_numpy(0.1 * np.random.default_rng(3).standard_normal((1, 16000)).astype(np.float32))


class Fbank(torch.nn.Module):
    def forward(self, waveform):
        return kaldi.fbank(waveform, num_mel_bins=40)


class Whisper(torch.nn.Module):
    def forward(self, waveform):
        return required("whisper").log_mel_spectrogram(waveform)


MODULES = {
    "MelSpectrogram": lambda: transforms.MelSpectrogram(n_fft=512, n_mels=40),
    "Spectrogram": lambda: transforms.Spectrogram(512),
    "MFCC": lambda: transforms.MFCC(melkwargs={"n_mels": 64}),
    "fbank": Fbank,
    "whisper": Whisper,
}


def hits():
    return sum(entry.hits for entry in fastmel.patch_report().values())


def operations(graph_module):
    return [str(node.target) for node in graph_module.graph.nodes]


def assert_same(result, expected):
    """The same kind of outcome; tensors of one dtype and shape, and close."""
    assert type(result) is type(expected), (result, expected)
    if isinstance(expected, (tuple, list)):
        assert len(result) == len(expected)
        for pair in zip(result, expected, strict=True):
            assert_same(*pair)
    elif torch.is_tensor(expected):
        torch.testing.assert_close(result, expected, rtol=1e-3, atol=2e-3, equal_nan=True)
    else:
        assert result == expected


def outcome(call, module):
    try:
        return call(module)
    except Exception as error:
        # Some quote a graph, with names of its own, or an address.
        return type(error), str(error).split(" at 0x")[0].splitlines()[:1]


# --- tracing and transforming ---


def traced(module):
    graph = torch.jit.trace(module, (Y,), check_trace=False)
    return str(graph.inlined_graph).count("aten::"), graph(2 * Y)


def exported(module, **options):
    return operations(torch.export.export(module, (Y,), **options).graph_module)


def exported_to_onnx(module):
    """torch's older exporter, as far as it comes: it knows no complex numbers."""
    torch.onnx.export(module, (Y,), io.BytesIO(), dynamo=False, opset_version=17)


def as_graph(module, mode):
    from torch.fx.experimental.proxy_tensor import make_fx

    return operations(make_fx(module, tracing_mode=mode)(Y))


def compiled(module, **options):
    torch._dynamo.reset()
    return torch.compile(module, **options)(Y)


def tangent(module):
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(Y, torch.ones_like(Y))
        return torch.autograd.forward_ad.unpack_dual(module(dual)).tangent


def under_autocast(module):
    with torch.autocast("cpu", torch.bfloat16):
        return module(Y)


class Part(torch.Tensor):
    """A subclass of tensors, which its results are too."""


def faked(module):
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True):
        return type(module(Y)).__name__


def watched(module, kind):
    """Return what a mode sees of a call."""
    base = {
        "dispatch": torch.utils._python_dispatch.TorchDispatchMode,
        "function": torch.overrides.TorchFunctionMode,
    }[kind]

    def see(self, function, types, args=(), kwargs=None):
        seen.append(str(function))
        return function(*args, **(kwargs or {}))

    seen = []
    with type("Watch", (base,), {f"__torch_{kind}__": see})():
        module(Y)
    return seen


def with_default(module, name, value, usual):
    set_default = getattr(torch, f"set_default_{name}")
    set_default(value)
    try:
        return module(Y)
    finally:
        set_default(usual)


ORIGINALS = {
    "jit.trace": traced,
    "jit.script": lambda module: torch.jit.script(module)(Y),
    "ONNX": exported_to_onnx,
    "make_fx": lambda module: as_graph(module, "real"),
    "make_fx, fake": lambda module: as_graph(module, "fake"),
    "export": exported,
    "export, strict": lambda module: exported(module, strict=True),
    "compile": lambda module: compiled(module, backend="eager"),
    "compile, whole": lambda module: compiled(module, backend="eager", fullgraph=True),
    "compile, aot": lambda module: compiled(module, backend="aot_eager"),
    "symbolic_trace": lambda module: operations(torch.fx.symbolic_trace(module)),
    "vmap": lambda module: torch.func.vmap(module)(torch.stack([Y, 2 * Y])),
    "grad": lambda module: torch.func.grad(lambda y: module(y).sum())(Y),
    "jvp": lambda module: torch.func.jvp(module, (Y,), (torch.ones_like(Y),)),
    "functionalize": lambda module: torch.func.functionalize(module)(Y),
    "tangent": tangent,
    "autocast": under_autocast,
    "subclass": lambda module: module(Y.as_subclass(Part)),
    "fake": faked,
    "meta": lambda module: module(Y.to("meta")).device,
    "negative bit": lambda module: module(torch.complex(Y, Y).conj().imag),
    "sparse": lambda module: module(Y.to_sparse()),
    "dispatch mode": lambda module: watched(module, "dispatch"),
    "function mode": lambda module: watched(module, "function"),
    "default dtype": lambda module: with_default(module, "dtype", torch.float64, torch.float32),
    "default device": lambda module: with_default(module, "device", "meta", None),
    "float16": lambda module: module(Y.half()),
    "requires grad": lambda module: module(Y.clone().requires_grad_()).requires_grad,
    "not finite": lambda module: module(torch.where(Y > 0.2, torch.nan, Y)),
    "no samples": lambda module: module(Y[:, :0]),
    "no channels": lambda module: module(Y[:0]),
    "too short": lambda module: module(Y[:, :150]),
}


@pytest.mark.parametrize("kind", ORIGINALS)
@pytest.mark.parametrize("name", MODULES)
def test_the_originals(name, kind):
    if (name, kind) in {("fbank", "jit.script"), ("whisper", "jit.script")}:
        pytest.skip("needs functions that TorchScript can read")
    module = MODULES[name]()
    module(Y)
    expected = outcome(ORIGINALS[kind], module)
    with fastmel.patched("torchaudio", "whisper", strict=True):
        module(Y)
        before = hits()
        result = outcome(ORIGINALS[kind], module)
        assert hits() == before
    assert_same(result, expected)


COMPUTED = {
    "a plain tensor": lambda module: module(Y),
    "gradients off": lambda module: torch.no_grad()(module)(Y.clone().requires_grad_()),
    "inference mode": lambda module: torch.inference_mode()(module)(Y),
    "made in inference mode": lambda module: module(torch.inference_mode()(lambda: Y + 0)()),
    "expanded": lambda module: module(Y.expand(3, 16000)),
    "strided": lambda module: module(torch.cat([Y, Y]).T.contiguous().T[:1]),
    "shared": lambda module: module(Y.clone().share_memory_()),
}


@pytest.mark.parametrize("kind", COMPUTED)
@pytest.mark.parametrize("name", MODULES)
def test_computed_here(name, kind):
    module = MODULES[name]()
    expected = COMPUTED[kind](module)
    with fastmel.patched("torchaudio", "whisper", strict=True):
        before = hits()
        result = COMPUTED[kind](module)
        assert hits() > before, fastmel.patch_report()
    assert result.is_inference() == expected.is_inference()
    assert_same(result, expected)


# --- modules that were changed ---


class Halved(transforms.MelScale):
    def forward(self, specgram):
        return super().forward(specgram) / 2


class Squeezed(transforms.Spectrogram):
    def forward(self, waveform):
        return super().forward(waveform)[:, :, :10]


class Parametrized(torch.nn.Module):
    def forward(self, weights):
        return weights / 2


class Renamed(torch.nn.Module):
    """Not a MelScale at all."""

    def __init__(self, fb):
        super().__init__()
        self.register_buffer("fb", fb)

    def forward(self, specgram):
        return specgram[:, :40] / 2


def halve(module, inputs, output):
    return output / 2


def replace_forward(mel):
    forward = mel.mel_scale.forward
    mel.mel_scale.forward = lambda specgram: forward(specgram) / 2


def replace_call(mel):
    forward = mel.spectrogram.forward
    mel.spectrogram._call_impl = lambda waveform: forward(waveform) / 2


CHANGES = {
    "forward of a sub-module": replace_forward,
    "the call of a sub-module": replace_call,
    "a scale of a derived class": lambda mel: setattr(
        mel, "mel_scale", Halved(40, 16000, n_stft=257)
    ),
    "a spectrogram of a derived class": lambda mel: setattr(mel, "spectrogram", Squeezed(512)),
    "a sub-module of another class": lambda mel: setattr(
        mel, "mel_scale", Renamed(mel.mel_scale.fb)
    ),
    "a hook of the scale": lambda mel: mel.mel_scale.register_forward_hook(halve),
    "a hook before the spectrogram": lambda mel: mel.spectrogram.register_forward_pre_hook(
        lambda module, inputs: (inputs[0] / 2,)
    ),
    "filters with a parametrization": lambda mel: (
        torch.nn.utils.parametrize.register_parametrization(
            mel.mel_scale, "fb", Parametrized(), unsafe=True
        )
    ),
    "a sub-module that is compiled": lambda mel: mel.mel_scale.compile(backend="eager"),
    "a sub-module that is scripted": lambda mel: setattr(
        mel, "mel_scale", torch.jit.script(mel.mel_scale)
    ),
    "filters": lambda mel: mel.mel_scale.fb.mul_(2),
    "filters through data": lambda mel: mel.mel_scale.fb.data.mul_(2),
    "filters through NumPy": lambda mel: np.multiply(
        mel.mel_scale.fb.numpy(), 2, out=mel.mel_scale.fb.numpy()
    ),
    "other filters": lambda mel: setattr(mel.mel_scale, "fb", mel.mel_scale.fb * 2),
    "more bands": lambda mel: setattr(mel, "mel_scale", transforms.MelScale(50, n_stft=257)),
    "a loaded checkpoint": lambda mel: mel.load_state_dict(
        {name: value * 2 for name, value in mel.state_dict().items()}
    ),
    "another window": lambda mel: setattr(mel.spectrogram, "window", torch.ones(512)),
    "another power": lambda mel: setattr(mel.spectrogram, "power", 1.0),
    "another hop": lambda mel: setattr(mel.spectrogram, "hop_length", 100),
    "half precision": lambda mel: mel.bfloat16(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_modules_that_were_changed(change):
    mel = transforms.MelSpectrogram(n_fft=512, n_mels=40)
    plain = mel(Y)
    with fastmel.patched("torchaudio", strict=True):
        mel(Y)  # what it was is remembered
        CHANGES[change](mel)
        result = outcome(lambda module: module(Y), mel)
    expected = outcome(lambda module: module(Y), mel)
    assert_same(result, expected)
    if torch.is_tensor(expected) and change not in (
        "a sub-module that is compiled",
        "a sub-module that is scripted",
    ):
        assert expected.shape != plain.shape or not torch.allclose(expected, plain, rtol=0.01)


def test_what_was_replaced_in_torchaudio(monkeypatch):
    mel = transforms.MelSpectrogram(n_fft=512, n_mels=40)
    y = Y * 32768
    with fastmel.patched("torchaudio", strict=True):
        plain, fbank = mel(Y), kaldi.fbank(y, num_mel_bins=40)
        banks = kaldi.get_mel_banks
        with monkeypatch.context() as context:
            context.setattr(kaldi, "get_mel_banks", lambda *a: (banks(*a)[0] * 2, None))
            torch.testing.assert_close(
                kaldi.fbank(y, num_mel_bins=40), fbank + np.log(2), rtol=1e-3, atol=1e-3
            )
        spectrogram = torchaudio.functional.spectrogram
        with monkeypatch.context() as context:
            context.setattr(
                torchaudio.functional, "spectrogram", lambda *a, **k: 2 * spectrogram(*a, **k)
            )
            torch.testing.assert_close(mel(Y), 2 * plain, rtol=1e-3, atol=1e-3)
        forward = transforms.MelScale.forward
        with monkeypatch.context() as context:
            context.setattr(transforms.MelScale, "forward", lambda self, x: 2 * forward(self, x))
            torch.testing.assert_close(mel(Y), 2 * plain, rtol=1e-3, atol=1e-3)
        before = hits()
        torch.testing.assert_close(mel(Y), plain, rtol=0, atol=0)
        assert hits() > before


def test_hooks_of_all_modules_are_called():
    mel, seen = transforms.MelSpectrogram(n_fft=512, n_mels=40), []
    handle = torch.nn.modules.module.register_module_forward_hook(
        lambda module, inputs, output: seen.append(type(module).__name__)
    )
    try:
        with fastmel.patched("torchaudio", strict=True):
            mel(Y)
    finally:
        handle.remove()
    assert seen == ["Spectrogram", "MelScale", "MelSpectrogram"]


def test_a_copy_has_filters_of_its_own():
    mel = transforms.MelSpectrogram(n_fft=512, n_mels=40)
    with fastmel.patched("torchaudio", strict=True):
        plain = mel(Y)
        other = copy.deepcopy(mel)
        other.mel_scale.fb *= 2
        torch.testing.assert_close(other(Y), 2 * plain)
        torch.testing.assert_close(mel(Y), plain, rtol=0, atol=0)


def test_what_is_remembered_of_a_module_goes_with_it():
    from fastmel.patching._adapters import torchaudio as adapters

    with fastmel.patched("torchaudio", strict=True):
        before = len(adapters._front_end._last)
        mel = transforms.MelSpectrogram(n_fft=512, n_mels=40)
        mel(Y)
        assert len(adapters._front_end._last) == before + 1
        del mel
        assert len(adapters._front_end._last) == before


# --- whisper ---


@pytest.mark.parametrize(
    ("name", "value"), [("N_FFT", 512), ("HOP_LENGTH", 100), ("mel_filters", None)]
)
def test_what_was_replaced_in_whisper(monkeypatch, name, value):
    whisper = required("whisper")
    filters = whisper.audio.mel_filters
    if name == "N_FFT":  # its filters are for 201 bins
        monkeypatch.setattr(whisper.audio, "mel_filters", lambda device, n: torch.ones(n, 257))
    if name == "mel_filters":
        value = lambda device, n: filters(device, n).flip(0)  # noqa: E731
    plain = whisper.log_mel_spectrogram(Y) if name != "N_FFT" else None
    monkeypatch.setattr(whisper.audio, name, value)
    expected = whisper.log_mel_spectrogram(Y)
    with fastmel.patched("whisper", strict=True):
        result = whisper.log_mel_spectrogram(Y)
    torch.testing.assert_close(result, expected, rtol=0, atol=0)
    assert plain is None or plain.shape != expected.shape or not torch.allclose(plain, expected)


# --- processes ---

DATASET = """
import functools, sys
import fastmel, torch, torchaudio
from torch.utils.data import DataLoader, Dataset

class Clips(Dataset):
    def __init__(self):
        self.mel = torchaudio.transforms.MelSpectrogram(n_fft=512, n_mels=40)
        self.fbank = functools.partial(torchaudio.compliance.kaldi.fbank, num_mel_bins=40)
    def __len__(self):
        return 4
    def __getitem__(self, i):
        y = 0.1 * torch.randn(1, 8000, generator=torch.Generator().manual_seed(i))
        return self.mel(y), self.fbank(y * 32768)

def begin(worker):
    fastmel.patch("torchaudio", strict=True)

if __name__ == "__main__":
    clips = Clips()
    expected = [clips[i] for i in range(4)]
    method, state = sys.argv[1:]
    fastmel.patch("torchaudio", strict=True)
    if state == "after":
        fastmel.unpatch()
    loader = DataLoader(
        clips, 2, num_workers=1, multiprocessing_context=method, worker_init_fn=begin
    )
    found = [torch.cat(parts) for parts in zip(*loader)]
    for features, wanted in zip(found, zip(*expected)):
        torch.testing.assert_close(features, torch.stack(wanted), rtol=1e-3, atol=2e-3)
"""


@pytest.mark.parametrize(
    ("method", "state"), [("spawn", "while"), ("spawn", "after"), ("fork", "while")]
)
def test_data_loaders(tmp_path, method, state):
    file = tmp_path / "clips.py"
    file.write_text(DATASET)
    command = [sys.executable, "-W", "ignore", str(file), method, state]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
