"""fastmel.torch against torchaudio's transforms."""

import copy
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    transforms = pytest.importorskip("torchaudio.transforms")

import fastmel.torch  # noqa: E402 - nothing of it without torch
from fastmel.torch._original import memory  # noqa: E402
from signals import music_like, speech_like  # noqa: E402

RATE = 16000

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*bands cover no FFT bin"),
    pytest.mark.filterwarnings("ignore:At least one mel filterbank"),
    # torch's own, on first use
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.torch.jit.* is deprecated:FutureWarning"),
]


def clips(*leading, n=9973, dtype=torch.float32):
    """Return clips that differ in kind and level."""
    count = int(np.prod(leading, dtype=int))
    made = [
        (0.1 + i % 3) / 3 * (speech_like if i % 2 else music_like)(n, RATE, seed=i)
        for i in range(count)
    ]
    return torch.from_numpy(np.reshape(made, (*leading, n))).to(dtype)


def both(name, **arguments):
    return getattr(fastmel.torch, name)(**arguments), getattr(transforms, name)(**arguments)


NO_MEMORY = "tensors without memory of their own"


def assert_equal(name, y, *, of_max=2e-6, **arguments):
    """Compare with torchaudio on the same tensor; float32 transforms err by their loudest bin."""
    ours, theirs = both(name, **arguments)
    expected = theirs.to(y.dtype)(y)
    actual = ours(y)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    assert not actual.requires_grad
    bound = of_max * float(expected.abs().max())
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=bound)


def assert_original(name, y, *, reason, **arguments):
    """Assert that torchaudio's own transform gave the result."""
    ours, theirs = both(name, **arguments)
    made = []
    make = ours._make_original
    ours._make_original = lambda why: made.append(why) or make(why)
    torch.testing.assert_close(ours(y), theirs.to(y.dtype)(y), rtol=0, atol=0)
    assert made == [reason] or ours._reason == reason


SPECTROGRAMS = [
    {},
    {"n_fft": 512, "hop_length": 160},
    {"n_fft": 512, "win_length": 400},
    {"n_fft": 401, "win_length": 301, "hop_length": 77},
    {"power": 1.0},
    {"power": 1.5},
    {"normalized": True},
    {"normalized": "window", "power": 1.0},
    {"normalized": "frame_length", "n_fft": 512},
    {"center": False},
    {"pad_mode": "constant"},
    {"pad_mode": "replicate"},
    {"window_fn": torch.hamming_window},
    {"window_fn": torch.hann_window, "wkwargs": {"periodic": False}},
    {"window_fn": torch.blackman_window, "wkwargs": {"periodic": False}},
    {"window_fn": torch.bartlett_window},
    {"window_fn": torch.kaiser_window},
    {"window_fn": torch.kaiser_window, "wkwargs": {"beta": 8.0, "periodic": False}},
    {"window_fn": torch.ones},
]
MELS = [
    {"n_mels": 64},
    {"n_fft": 1024, "hop_length": 256, "n_mels": 80},
    {"sample_rate": 22050, "n_fft": 1024, "norm": "slaney", "mel_scale": "slaney", "power": 1},
    {"sample_rate": 11025, "n_fft": 512, "n_mels": 40},  # an odd rate: other bins
    {"f_min": 50.0, "f_max": 7000.0, "n_mels": 40},
    {"n_fft": 1024, "normalized": True},
    {"n_mels": 128},  # with bands that cover no bin
]


@pytest.mark.parametrize("arguments", SPECTROGRAMS)
def test_spectrogram(arguments):
    assert_equal("Spectrogram", clips(2), **arguments)


@pytest.mark.parametrize("arguments", SPECTROGRAMS[1:])
def test_spectrogram_parameters_of_mel(arguments):
    assert_equal("MelSpectrogram", clips(2), n_mels=24, **arguments)


@pytest.mark.parametrize("arguments", MELS)
def test_mel_spectrogram(arguments):
    assert_equal("MelSpectrogram", clips(2), **arguments)


@pytest.mark.parametrize("leading", [(), (1,), (2,), (2, 3), (2, 1, 3)])
@pytest.mark.parametrize("name", ["Spectrogram", "MelSpectrogram"])
def test_leading_axes(name, leading):
    assert_equal(name, clips(*leading))


@pytest.mark.parametrize("leading", [(), (3,), (2, 3), (2, 1), (2, 1, 3)])
@pytest.mark.parametrize("log_mels", [False, True])
def test_mfcc(leading, log_mels):
    """80 dB below a maximum is not the same for a batch of mono clips and one of one channel."""
    mel = {"n_fft": 512, "n_mels": 64}
    assert_equal("MFCC", clips(*leading), n_mfcc=20, log_mels=log_mels, melkwargs=mel, of_max=5e-6)


@pytest.mark.parametrize("shape", [(5, 7), (3, 5, 7), (2, 3, 5, 7), (2, 2, 3, 5, 7)])
@pytest.mark.parametrize("top_db", [None, 80.0, 3.0])
@pytest.mark.parametrize("stype", ["power", "magnitude"])
def test_amplitude_to_db(stype, top_db, shape):
    x = torch.from_numpy(np.random.default_rng(0).random(shape, np.float32) ** 9)
    x[..., 0] = 0
    assert_equal("AmplitudeToDB", x, stype=stype, top_db=top_db, of_max=2e-7)
    assert_equal("AmplitudeToDB", x.double(), stype=stype, top_db=top_db, of_max=1e-12)


@pytest.mark.parametrize("name", ["Spectrogram", "MelSpectrogram", "MFCC"])
def test_float64(name):
    """A float64 tensor is what torchaudio takes after `.double()`; its filters stay float32."""
    assert_equal(name, clips(2, dtype=torch.float64), of_max=2e-5)


def test_a_front_end_is_made_once_for_each_precision():
    to_mel, y = fastmel.torch.MelSpectrogram(n_mels=40), clips(1)
    for _ in range(2):
        to_mel(y)
        to_mel(y.double())
        made = dict(to_mel._front_ends)
    assert {dtype.name: f.config.precision for dtype, f in made.items()} == {
        "float32": "single",
        "float64": "double",
    }
    to_mel(y.double())
    assert all(to_mel._front_ends[dtype] is made[dtype] for dtype in made)


@pytest.mark.filterwarnings("default:.*bands cover no FFT bin")
def test_warning_about_bands():
    with pytest.warns(UserWarning, match="3 of 128 mel bands cover no FFT bin"):
        fastmel.torch.MelSpectrogram()


def test_memory_is_read_in_place():
    y = clips(2)
    to_mel = fastmel.torch.MelSpectrogram(n_mels=40)
    every_second = clips(2, n=2 * 9973)[:, ::2]
    assert memory(y).__array_interface__["data"][0] == y.data_ptr()
    assert not every_second.is_contiguous()
    torch.testing.assert_close(
        to_mel(every_second), to_mel(every_second.contiguous()), rtol=0, atol=0
    )
    before = y.clone()
    to_mel(y)
    assert torch.equal(y, before)


# --- what is torchaudio's -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Spectrogram", {}),
        ("MelSpectrogram", {"n_mels": 40}),
        ("MFCC", {"n_mfcc": 13, "melkwargs": {"n_mels": 40}}),
    ],
)
def test_gradients_are_kept(name, arguments):
    ours, theirs = both(name, **arguments)
    y = clips(2)
    gradients = []
    for transform in (ours, theirs):
        leaf = y.clone().requires_grad_()
        transform(leaf).square().mean().backward()
        gradients.append(leaf.grad)
    assert gradients[0].abs().max() > 0
    torch.testing.assert_close(*gradients, rtol=0, atol=0)


def test_gradients_through_decibels():
    leaf = torch.rand(3, 4, requires_grad=True)
    fastmel.torch.AmplitudeToDB()(leaf).sum().backward()
    assert leaf.grad is not None


def test_no_gradient_is_asked_for():
    leaf = clips(1).requires_grad_()
    ours = fastmel.torch.MelSpectrogram(n_mels=40)
    with torch.no_grad():
        assert not ours(leaf).requires_grad
    assert not ours._originals


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_gradients_of_functions():
    to_mel = fastmel.torch.MelSpectrogram(n_mels=40)
    y = clips(2)
    tangent = torch.ones_like(y)
    theirs = transforms.MelSpectrogram(n_mels=40)
    expected = torch.func.jvp(theirs, (y,), (tangent,))
    torch.testing.assert_close(torch.func.jvp(to_mel, (y,), (tangent,)), expected)
    ours = torch.func.grad(lambda x: to_mel(x).sum())(y)
    torch.testing.assert_close(ours, torch.func.grad(lambda x: theirs(x).sum())(y))
    torch.testing.assert_close(torch.func.vmap(to_mel)(y), torch.func.vmap(theirs)(y))


def test_tangents():
    y = clips(1)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(y, torch.ones_like(y))
        mel = fastmel.torch.MelSpectrogram(n_mels=40)(dual)
        assert torch.autograd.forward_ad.unpack_dual(mel).tangent is not None


def test_traced():
    """The graph has torchaudio's operations, of the samples alone; what they need is constant."""
    y = clips(1)
    theirs = transforms.MelSpectrogram(n_mels=40)
    graph = torch.jit.trace(fastmel.torch.MelSpectrogram(n_mels=40), (y,), check_trace=False)
    torch.testing.assert_close(graph(2 * y), theirs(2 * y), rtol=0, atol=0)
    operations = str(graph.inlined_graph)
    assert operations.count("aten::stft") == 1
    assert "hann_window" not in operations


def watched(mode):
    """Return a context in which torch calls somebody for each operation."""
    base = {
        "dispatch": torch.utils._python_dispatch.TorchDispatchMode,
        "function": torch.overrides.TorchFunctionMode,
    }[mode]

    def see(self, function, types, args=(), kwargs=None):
        seen.append(str(function))
        return function(*args, **(kwargs or {}))

    seen = []
    return type("Watch", (base,), {f"__torch_{mode}__": see})(), seen


@pytest.mark.parametrize("mode", ["dispatch", "function"])
def test_modes_see_what_happens(mode):
    context, seen = watched(mode)
    with context:
        fastmel.torch.MelSpectrogram(n_mels=40)(clips(1))
    assert any("stft" in name or "_fft_r2c" in name for name in seen)


def test_autocast_is_followed():
    ours, theirs = both("MelSpectrogram", n_mels=40)
    y = clips(1)
    with torch.autocast("cpu", torch.bfloat16):
        result, expected = ours(y), theirs(y)
    assert result.dtype == expected.dtype == torch.bfloat16
    torch.testing.assert_close(result, expected, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["fake", "inference", "default device", "vmap"])
@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_what_is_made_for_one_call_serves_others(kind):
    """torchaudio's transform, made when it is needed first, is not marked by where that was."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    ours, theirs = both("MelSpectrogram", n_mels=40)
    y = clips(1)
    leaf = y.clone().requires_grad_()
    if kind == "fake":
        with FakeTensorMode(allow_non_fake_inputs=True):
            ours(y)
    elif kind == "inference":
        with torch.inference_mode(), torch.autocast("cpu"):
            ours(y)
    elif kind == "default device":
        torch.set_default_device("meta")
        try:
            ours(y)
        finally:
            torch.set_default_device(None)
    else:
        torch.func.vmap(ours)(y)
    assert ours._originals
    ours(leaf).sum().backward()
    gradient = leaf.grad.clone()
    leaf.grad = None
    theirs(leaf).sum().backward()
    torch.testing.assert_close(gradient, leaf.grad, rtol=0, atol=0)


def test_compiled():
    to_mel = fastmel.torch.MelSpectrogram(n_mels=40)
    y = clips(2)
    compiled = torch.compile(to_mel, backend="eager")
    torch.testing.assert_close(compiled(y), transforms.MelSpectrogram(n_mels=40)(y))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"power": None}, "complex spectra"),
        ({"pad": 100}, "pad=100"),
        ({"pad_mode": "circular"}, "pad_mode='circular'"),
        ({"onesided": False}, "spectra with both sides"),
        ({"window_fn": lambda n: torch.ones(n) / 2}, "window functions other than torch's own"),
        (
            {"window_fn": torch.hamming_window, "wkwargs": {"periodic": True, "alpha": 0.6}},
            "a window's alpha",
        ),
    ],
)
def test_arguments_of_torchaudio(arguments, reason):
    assert_original("Spectrogram", clips(2), reason=reason, **arguments)


def test_mfcc_of_torchaudio():
    mel = {"n_mels": 40}
    assert_original("MFCC", clips(2), reason="norm=None", norm=None, melkwargs=mel)
    mel["pad"] = 10
    assert_original("MFCC", clips(2), reason="pad=10", melkwargs=mel)


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.ones(1, 4000, device="meta"), "tensors on meta"),
        (torch.ones(1, 4000, dtype=torch.int16), "tensors of torch.int16"),
        (torch.ones(1, 4000, dtype=torch.bfloat16), "tensors of torch.bfloat16"),
        (torch.ones(1, 4000).to_sparse(), NO_MEMORY),
        (torch.ones(1, 4000, dtype=torch.complex64).conj().imag, NO_MEMORY),
    ],
)
def test_tensors_of_torchaudio(tensor, reason):
    """They reach torchaudio's transform, which may refuse them in its own words."""
    ours = fastmel.torch.Spectrogram()
    asked = []
    ours._make_original = lambda why: asked.append(why) or transforms.Spectrogram()
    try:
        result = ours(tensor)
    except (RuntimeError, NotImplementedError):
        result = None
    assert asked == [reason]
    assert result is None or result.device.type == tensor.device.type


def test_without_torchaudio():
    code = """
import sys
sys.modules["torchaudio"] = None
import torch, fastmel.torch
to_mel = fastmel.torch.MelSpectrogram(n_mels=40)
print(tuple(to_mel(torch.zeros(16000)).shape))
for attempt in (lambda: to_mel(torch.zeros(16000, requires_grad=True)),
                lambda: fastmel.torch.Spectrogram(power=None)):
    try:
        attempt()
    except RuntimeError as error:
        print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    shape, grad, power = run.stdout.splitlines()
    assert shape == "(40, 81)"
    install = "which does, is not installed: pip install torchaudio"
    assert grad == (
        "fastmel.torch.MelSpectrogram does not cover tensors that require grad, and torchaudio, "
        + install
    )
    assert power == (
        "fastmel.torch.Spectrogram does not cover complex spectra, and torchaudio, " + install
    )


def test_torch_is_imported_when_used():
    code = "import fastmel, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_torch():
    code = """
import sys
sys.modules["torch"] = None
try:
    import fastmel.torch
except ModuleNotFoundError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == (
        "fastmel.torch needs torch, which is not installed: pip install torch"
    )


# --- modules --------------------------------------------------------------------------------------


def test_module():
    """Transforms are modules: in a sequence, copied, pickled, moved, in a repr; without state."""
    chain = torch.nn.Sequential(fastmel.torch.MelSpectrogram(), fastmel.torch.AmplitudeToDB())
    assert not chain.state_dict()
    assert "n_fft=400" in repr(chain)
    y = clips(2)
    expected = chain(y)
    for other in (copy.deepcopy(chain), pickle.loads(pickle.dumps(chain)), chain.to("cpu").eval()):
        assert torch.equal(other(y), expected)
    y.requires_grad_()
    chain(y)
    assert not chain.state_dict()


# --- bad input ------------------------------------------------------------------------------------


def test_bad_input():
    spectrogram = fastmel.torch.Spectrogram()
    with pytest.raises(ValueError, match="reflection at the edges needs more than 200"):
        spectrogram(torch.zeros(150))
    with pytest.raises(ValueError, match="not finite"):
        spectrogram(torch.full((4000,), torch.nan))
    with pytest.raises(TypeError, match=r"tensor must be a torch.Tensor; got ndarray"):
        spectrogram(np.zeros(4000, np.float32))
    with pytest.raises(ValueError, match="n_fft"):
        fastmel.torch.Spectrogram(n_fft=0)
    with pytest.raises(ValueError, match="win_length=500 exceeds n_fft=400"):
        fastmel.torch.Spectrogram(win_length=500)
    with pytest.raises(ValueError, match="mel_scale"):
        fastmel.torch.MelSpectrogram(mel_scale="bark")
    with pytest.raises(ValueError, match="must lie below"):
        fastmel.torch.MelSpectrogram(f_min=9000.0)
    with pytest.raises(ValueError, match="top_db=-1"):
        fastmel.torch.AmplitudeToDB(top_db=-1)
    with pytest.raises(ValueError, match="dct_type=3"):
        fastmel.torch.MFCC(dct_type=3)
    with pytest.raises(ValueError, match="n_mfcc=40 needs as many bands, and n_mels=20"):
        fastmel.torch.MFCC(melkwargs={"n_mels": 20})
    with pytest.raises(TypeError, match="n_bands"):
        fastmel.torch.MFCC(melkwargs={"n_bands": 20})
