"""Mean and variance over a corpus: exact, the same bits however it is cut, readable by others."""

import json
import math
import pickle
import struct

import fastmel
import numpy as np
import pytest
from fastmel import corpus, kaldi
from fastmel.corpus import Statistics, _writing
from fastmel.corpus._stats import BLOCK, of_pieces
from recordings import make

sf = pytest.importorskip("soundfile")


def features(n, width=5, seed=0, mean=0.0):
    rng = np.random.default_rng(seed)
    return (mean + rng.standard_normal((n, width)) * np.arange(1, width + 1)).astype(np.float32)


def of(*arrays, frontend=None):
    made = Statistics(frontend)
    for array in arrays:
        made.update(array)
    return made


def assert_same_bits(a, b):
    assert a.frames == b.frames
    np.testing.assert_array_equal(a.mean, b.mean, strict=True)
    np.testing.assert_array_equal(a.deviations, b.deviations, strict=True)


def exact(x):
    """Mean and variance with sums that lose nothing."""
    columns = [[float(v) for v in column] for column in np.asarray(x).T]
    means = [math.fsum(c) / len(c) for c in columns]
    return means, [
        math.fsum((v - m) ** 2 for v in c) / len(c) for c, m in zip(columns, means, strict=True)
    ]


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [0.0, -11.5, 1e4])
def test_numbers(mean):
    parts = [features(n, seed=n, mean=mean) for n in (1, 7, 300, BLOCK, 2 * BLOCK + 3)]
    found = of(*parts)
    means, variances = exact(np.concatenate(parts))
    assert found.frames == sum(map(len, parts))
    np.testing.assert_allclose(found.mean, means, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(found.variance, variances, rtol=1e-12)


def test_nothing_cancels():
    """Sums of squares would be off by all of it: var = 1e-6 at a mean of 1e5, in 10 million."""
    x = np.array([[1e5 - 1e-3], [1e5 + 1e-3]])
    found = of(*[x] * 1000)
    np.testing.assert_allclose(found.variance, [1e-6], rtol=1e-4)  # of the doubles that x has
    sums = np.float64(2000 * (1e10 + 1e-6)) / 2000 - 1e10
    assert abs(sums - 1e-6) > 1e-7


def test_constant_features_are_left_alone():
    x = features(500)
    x[:, 2] = -15.942385  # a floor's logarithm
    found = of(x, x[:100])
    assert found.gain[2] == 1
    assert found.shift[2] == -x[0, 2]
    assert (found.gain[[0, 1]] > 0).all()
    assert of(np.zeros((3, 2))).gain.tolist() == [1, 1]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_and_strides(dtype):
    x = features(1000).astype(dtype)
    expected = of(x)
    assert_same_bits(of(np.asfortranarray(x)), expected)
    assert_same_bits(of(np.repeat(x, 2, axis=0)[::2]), expected)
    assert_same_bits(of(x.reshape(10, 100, 5)), expected)  # patches
    assert_same_bits(of(x.astype(np.float64)), expected)


@pytest.mark.parametrize("cut", [1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_pieces_of_an_item_are_the_whole(cut):
    x = features(3 * BLOCK + 5)
    pieces = [x[i : i + cut] for i in range(0, len(x), cut)]
    if cut == 1:
        pieces = [x[:1], x[1:1], x[1:2], x[2:]]
    assert_same_bits(of_pieces(pieces), of(x))


def test_items_are_joined_one_after_another():
    a, b, c = (features(n, seed=n) for n in (100, BLOCK + 1, 10))
    one_by_one = of(a)
    for array in (b, c):
        one_by_one.merge(of(array))
    assert_same_bits(one_by_one, of(a, b, c))
    shards = of(a)
    shards.merge(of(b, c))
    np.testing.assert_allclose(shards.variance, one_by_one.variance, rtol=1e-14)


def test_what_is_merged_is_left_alone():
    a, b = of(features(10)), of(features(20, seed=1))
    before = b.mean.copy()
    empty = Statistics()
    empty.merge(a)
    empty.merge(b)
    empty.merge(Statistics())
    np.testing.assert_array_equal(b.mean, before)
    assert (a.frames, empty.frames) == (10, 30)
    assert_same_bits(pickle.loads(pickle.dumps(empty)), empty)
    assert repr(empty) == "<statistics of 30 frames of 5 features>"


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.array([[1.0, np.nan]]), ValueError, "features hold NaN or infinite values"),
        (np.array([[1.0, np.inf]], np.float16), ValueError, "features hold NaN or infinite"),
        (np.ones((3, 4)), ValueError, "statistics are of 5 features, and others of 4"),
        (np.ones(5), ValueError, r"features must have shape .*; got \(5,\)"),
        (np.ones((5, 0)), ValueError, r"got \(5, 0\)"),
        (np.ones((5, 5), int), TypeError, "floating-point dtype; got int64"),
        ([[1.0]], TypeError, "features must be a NumPy array"),
    ],
)
def test_no_features(x, error, message):
    found = of(features(10))
    before = found.mean.copy()
    with pytest.raises(error, match=message):
        found.update(x)
    assert found.frames == 10
    np.testing.assert_array_equal(found.mean, before)


def test_items_without_a_frame_change_nothing():
    found = of(features(0), features(10), features(0))
    assert_same_bits(found, of(features(10)))


# --- files ----------------------------------------------------------------------------------------


def test_json_has_all(tmp_path):
    found = of(features(1000, mean=-10), frontend=fastmel.frontend("kaldi-fbank"))
    found.write(tmp_path / "cmvn.json")
    again = Statistics.read(tmp_path / "cmvn.json")
    assert_same_bits(again, found)
    assert again.frontend == found.frontend
    values = json.loads((tmp_path / "cmvn.json").read_text())
    np.testing.assert_allclose(values["variance"], found.variance)


def wenets(path):
    """Global CMVN as WeNet's load_cmvn computes it of its JSON."""
    values = json.loads(path.read_text())
    n = values["frame_num"]
    mean = np.array(values["mean_stat"]) / n
    variance = np.array(values["var_stat"]) / n - mean**2
    return mean, 1 / np.sqrt(np.maximum(variance, 1e-20))


def test_json_is_read_by_wenet_and_wenets_is_read(tmp_path):
    x = features(1000, mean=-10)
    found = of(x)
    found.write(tmp_path / "cmvn.json")
    mean, scale = wenets(tmp_path / "cmvn.json")
    np.testing.assert_allclose(mean, found.mean)
    np.testing.assert_allclose(scale, found.gain)
    theirs = {
        "mean_stat": x.sum(axis=0, dtype=float).tolist(),
        "var_stat": (x.astype(float) ** 2).sum(axis=0).tolist(),
        "frame_num": len(x),
    }
    (tmp_path / "theirs.json").write_text(json.dumps(theirs))
    again = Statistics.read(tmp_path / "theirs.json")
    np.testing.assert_allclose(again.variance, found.variance, rtol=1e-10)


@pytest.mark.parametrize("name", ["global_cmvn", "cmvn.ark", "cmvn.txt"])
def test_kaldis_matrix(tmp_path, name):
    x = features(1000, mean=-10).astype(np.float64)
    found = of(x)
    found.write(tmp_path / name)
    again = Statistics.read(tmp_path / name)
    assert again.frames == found.frames
    np.testing.assert_allclose(again.mean, found.mean, rtol=1e-14)
    np.testing.assert_allclose(again.variance, found.variance, rtol=1e-10)
    data = (tmp_path / name).read_bytes()
    if name.endswith("txt"):
        lines = data.decode().splitlines()
        assert lines[0] == " ["
        assert lines[2].endswith(" ]")
        matrix = np.array([line.strip(" ]").split() for line in lines[1:]], float)
    else:
        assert data[:15] == b"\0BDM " + struct.pack("<bibi", 4, 2, 4, 6)
        matrix = np.frombuffer(data[15:]).reshape(2, 6)
    np.testing.assert_allclose(matrix[:, :5], [x.sum(axis=0), (x**2).sum(axis=0)], rtol=1e-12)
    assert matrix[:, 5].tolist() == [1000, 0]


def test_espnets_npz(tmp_path):
    x = features(1000, mean=-10).astype(np.float64)
    found = of(x)
    found.write(tmp_path / "feats_stats.npz")
    with np.load(tmp_path / "feats_stats.npz") as file:
        assert sorted(file) == ["count", "sum", "sum_square"]
        assert file["count"] == 1000
        np.testing.assert_allclose(file["sum"], x.sum(axis=0))
        np.testing.assert_allclose(file["sum_square"], (x**2).sum(axis=0))
    again = Statistics.read(tmp_path / "feats_stats.npz")
    np.testing.assert_allclose(again.variance, found.variance, rtol=1e-10)


@pytest.mark.parametrize("name", ["global_cmvn", "cmvn.txt"])
def test_kaldiio_reads_and_writes_it(tmp_path, name):
    kaldiio = pytest.importorskip("kaldiio", reason="kaldiio is not installed")
    found = of(features(1000))
    found.write(tmp_path / name)
    matrix = kaldiio.load_mat(str(tmp_path / name))
    assert matrix.shape == (2, 6)
    rtol = 1e-6 if name.endswith("txt") else 1e-12  # kaldiio takes text for float32
    np.testing.assert_allclose(matrix[0, :5] / matrix[0, 5], found.mean, rtol=rtol)
    for dtype in (np.float32, np.float64):
        kaldiio.save_mat(str(tmp_path / "theirs"), matrix.astype(dtype))
        again = Statistics.read(tmp_path / "theirs")
        np.testing.assert_allclose(again.variance, found.variance, rtol=1e-4)


def test_sums_that_cancelled_are_zero_and_wrong_ones_refused(tmp_path):
    def matrix(squares):
        return b" [\n 1000 100\n " + str(squares).encode() + b" 0 ]\n"

    path = tmp_path / "cmvn.txt"
    path.write_bytes(matrix(9999.9999))
    assert Statistics.read(path).variance.tolist() == [0]
    path.write_bytes(matrix(3000))  # a mean of 10 and a variance of -70
    with pytest.raises(ValueError, match=r"cmvn\.txt: holds no statistics: a variance is negative"):
        Statistics.read(path)


def test_am_mvn(tmp_path):
    found = of(features(1000, mean=-10))
    found.write(tmp_path / "am.mvn")
    shift, scale = kaldi.read_am_mvn(tmp_path / "am.mvn")
    np.testing.assert_array_equal(shift, -found.mean.astype(np.float32))
    np.testing.assert_array_equal(scale, found.gain.astype(np.float32))
    with pytest.raises(ValueError, match=r"am\.mvn: holds no statistics: an am\.mvn has no number"):
        Statistics.read(tmp_path / "am.mvn")


def test_am_mvn_normalises_funasrs_front_end(tmp_path):
    fe = kaldi.wav_frontend(lfr_m=7, lfr_n=6)
    y = np.random.default_rng(0).standard_normal(160000).astype(np.float32) / 10
    found = of(fe(y), frontend=fe)
    found.write(tmp_path / "am.mvn")
    normalised = kaldi.wav_frontend(tmp_path / "am.mvn", lfr_m=7, lfr_n=6)
    np.testing.assert_allclose(normalised(y), found.normalizing()(y), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(normalised(y).mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(normalised(y).std(axis=0), 1, rtol=1e-4)


def test_funasr_reads_it(tmp_path):
    module = pytest.importorskip("funasr.frontends.wav_frontend", reason="funasr is not installed")
    found = of(features(1000, mean=-10))
    found.write(tmp_path / "am.mvn")
    theirs = module.load_cmvn(tmp_path / "am.mvn").numpy()
    np.testing.assert_array_equal(theirs, np.float32([found.shift, found.gain]))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "neither JSON nor a matrix of Kaldi"),
        (b"{}", "'mean_stat' is missing"),
        (b'{"frames": 1', "Expecting"),
        (b'{"frames": 0, "mean": [1], "deviations": [1]}', "the number of frames is 0"),
        (
            b'{"frames": 3, "mean": [1, 2], "deviations": [1]}',
            "means and variances are not as many",
        ),
        (b'{"frames": 3, "mean": [NaN], "deviations": [1]}', "a number is not finite"),
        (b'{"frames": 3, "mean": [1], "deviations": [-1]}', "a variance is negative"),
        (b"\0BDM \4\2\0\0\0\4\6\0\0\0abc", ""),
        (b"\0BDM \4\2\0\0\0\4\6\0\0\0" + bytes(16), "it has 2 numbers, and should have 2 x 6"),
        (b"\0BCM ", "a b'CM ' of Kaldi, not a matrix"),
        (b" [ 1 2\n 3 4\n 5 6 ]", r"a matrix of shape (3, 2), not (2, features + 1)"),
        (b" [ 1 0\n 3 0 ]", "the number of frames is 0"),
        (b" [ 1 2\n 3", ""),
        (b" [ 1 inf\n 3 0 ]", "the number of frames is inf"),
        (b"\xff\xfe", ""),
        (b"PK", ""),
    ],
)
def test_no_statistics(tmp_path, data, reason):
    path = tmp_path / "cmvn"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="cmvn: holds no statistics: ") as caught:
        Statistics.read(path)
    assert reason in str(caught.value)


def test_nothing_to_write(tmp_path):
    with pytest.raises(ValueError, match="there are no frames to have statistics of"):
        Statistics().write(tmp_path / "cmvn.json")
    with pytest.raises(FileNotFoundError):
        Statistics.read(tmp_path / "absent.json")
    assert not list(tmp_path.iterdir())


def test_what_a_run_that_died_has_left_is_removed(tmp_path):
    left = tmp_path / f".fastmel-{_writing._here()}-999999999-00000000.part"
    left.write_bytes(b"half of it")
    of(features(10)).write(tmp_path / "cmvn.json")
    assert [path.name for path in tmp_path.iterdir()] == ["cmvn.json"]


# --- front ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kaldi-fbank", "whisper", "espnet", "funasr"])
def test_a_front_end_normalises(name):
    fe = fastmel.frontend(name)
    time_first = fe.config.layout == "time_mel"
    y = np.random.default_rng(0).standard_normal(3 * fe.sample_rate).astype(np.float32) / 10
    x = fe(y) if time_first else fe(y).T
    found = of(x, frontend=fe)
    made = found.normalizing()
    normalised = made(y) if time_first else made(y).T
    constant = found.gain == 1
    np.testing.assert_allclose(normalised.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(normalised.std(axis=0)[~constant], 1, rtol=1e-4)
    assert fastmel.frontend(made.to_json()) == made
    centred = found.normalizing(variance=False)(y)
    np.testing.assert_allclose(
        centred if time_first else centred.T, x - found.mean, atol=1e-4, rtol=1e-5
    )


def test_front_ends_that_do_not_fit():
    fe = fastmel.frontend("kaldi-fbank")
    with pytest.raises(ValueError, match="fe is needed"):
        of(features(10)).normalizing()
    with pytest.raises(ValueError, match="fe has 23 features, and the statistics are of 5"):
        of(features(10)).normalizing(fe)
    found = of(features(10, 23), frontend=fe)
    with pytest.raises(ValueError, match="feature_shift or feature_gain already"):
        found.normalizing(found.normalizing())
    with pytest.raises(ValueError, match=r"steps after the normalisation \(AppendFrames\)"):
        of(features(10, 80)).normalizing(fastmel.frontend("nemo-streaming"))
    other = of(features(10, 23), frontend=fastmel.frontend("kaldi-fbank").replace(fmin=30.0))
    with pytest.raises(ValueError, match="of different front ends"):
        found.merge(other)


# --- a corpus -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A folder of recordings, of several rates."""
    folder = tmp_path_factory.mktemp("clips")
    for i, (n, sr) in enumerate([(12000, 16000), (30000, 16000), (20000, 22050), (9000, 16000)]):
        make(folder / f"{i}.wav", n, sr, seed=i)
    return folder


@pytest.mark.parametrize("name", ["kaldi-fbank", "whisper", "vggish"])
def test_recordings_and_their_features(clips, tmp_path, name):
    fe = fastmel.frontend(name)
    expected = Statistics(fe)
    for path in sorted(clips.iterdir()):
        x = fe(fastmel.load(path, sr=fe.sample_rate)[0])
        expected.update(x if x.ndim == 3 or fe.config.layout == "time_mel" else x.T)
    for workers in (1, 2, 5):
        assert_same_bits(corpus.statistics(clips, name, workers=workers), expected)
    fastmel.extract(clips, tmp_path / "out", name)
    stored = corpus.statistics(tmp_path / "out")
    assert_same_bits(stored, expected)
    assert stored.frontend == fe
    assert_same_bits(corpus.statistics(tmp_path / "out" / "manifest.jsonl", name), expected)


def test_long_recordings_are_measured_in_pieces(clips, monkeypatch):
    expected = corpus.statistics(clips, "kaldi-fbank")
    monkeypatch.setattr("fastmel.corpus._measuring.LONG", 10000)
    assert_same_bits(corpus.statistics(clips, "kaldi-fbank"), expected)


def test_failures(clips, tmp_path):
    for path in clips.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    with pytest.raises(ValueError, match=r"bad\.wav: cannot be decoded as audio"):
        corpus.statistics(tmp_path, "kaldi-fbank")
    with pytest.raises(ValueError, match="frontend is needed for statistics of recordings"):
        corpus.statistics(clips)
    with pytest.raises((ValueError, OSError)):
        corpus.statistics(tmp_path / "absent", "kaldi-fbank")


def test_features_of_another_front_end(clips, tmp_path):
    fastmel.extract(clips, tmp_path / "a", "kaldi-fbank")
    fastmel.extract(clips, tmp_path / "b", "whisper")
    with pytest.raises(ValueError, match="b has features of another than"):
        corpus.statistics([tmp_path / "a", tmp_path / "b"])
    with pytest.raises(ValueError, match="a has features of another than frontend"):
        corpus.statistics(tmp_path / "a", "whisper")
    with pytest.raises(ValueError, match="recordings and folders of features"):
        corpus.statistics([tmp_path / "a", clips], "kaldi-fbank")


# --- the command ----------------------------------------------------------------------------------


def test_command(run_command, clips, here):
    code, out, err = run_command(
        "stats", clips, "--frontend", "kaldi-fbank", "-o", "cmvn.json", "-o", "am.mvn"
    )
    assert (code, err) == (0, "")
    expected = corpus.statistics(clips, "kaldi-fbank")
    assert_same_bits(Statistics.read("cmvn.json"), expected)
    assert f"{expected.frames} frames of 23 features to cmvn.json, am.mvn" in out
    run_command("extract", clips, "-o", "out", "--frontend", "kaldi-fbank", "-q")
    assert run_command("stats", "out", "-o", "stored.json", "-q") == (0, "", "")
    assert_same_bits(Statistics.read("stored.json"), expected)


def test_command_merges_and_makes_a_front_end(run_command, clips, here):
    paths = sorted(clips.iterdir())
    for name, part in (("a.json", paths[:2]), ("b.json", paths[2:])):
        assert run_command("stats", *part, "--frontend", "kaldi-fbank", "-o", name)[0] == 0
    code, out, err = run_command(
        "stats", "a.json", "b.json", "--merge", "-o", "all", "--frontend-out", "mvn.json"
    )
    assert (code, err) == (0, "")
    assert "frames of 23 features to all, mvn.json" in out
    whole = corpus.statistics(clips, "kaldi-fbank")
    merged = Statistics.read("a.json")
    merged.merge(Statistics.read("b.json"))
    np.testing.assert_allclose(merged.variance, whole.variance, rtol=1e-14)
    assert Statistics.read("all").frames == whole.frames
    assert run_command("extract", clips, "-o", "out", "--frontend", "mvn.json", "-q")[0] == 0
    rows = np.concatenate(list(fastmel.open_features("out"))).astype(float)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(rows.std(axis=0), 1, rtol=1e-5)


def test_command_with_a_bad_file(run_command, clips, here):
    (here / "bad.wav").write_bytes(b"no audio")
    code, _, err = run_command(
        "stats", "bad.wav", clips, "--frontend", "kaldi-fbank", "-o", "cmvn.json"
    )
    assert code == 1
    assert "error: bad.wav: cannot be decoded as audio" in err
    assert "1 item failed: left out" in err
    assert_same_bits(Statistics.read("cmvn.json"), corpus.statistics(clips, "kaldi-fbank"))
    code, _, err = run_command("stats", "bad.wav", "--frontend", "kaldi-fbank", "-o", "none.json")
    assert (code, (here / "none.json").exists()) == (2, False)
    assert "there are no frames" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x"], "nothing to write: give -o FILE or --frontend-out FILE.json"),
        (["x", "-o", "y.json"], "frontend is needed for statistics of recordings"),
        (["x", "-o", "y.json", "--frontend", "no"], "unknown front end"),
        (["absent.json", "--merge", "-o", "y.json"], "absent.json: no such file"),
        (["absent", "--frontend", "whisper", "-o", "y.json"], "absent"),
    ],
)
def test_command_refuses(run_command, here, arguments, message):
    code, _, err = run_command("stats", *arguments)
    assert code == 2
    assert message in err
    assert not list(here.iterdir())
