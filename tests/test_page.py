"""The page of ``fastmel plot --html``: whole in itself, and right in a browser."""

import base64
import html.parser
import io
import re
import shutil
import wave
from pathlib import Path

import fastmel
import numpy as np
import pytest

pytest.importorskip("click")
pytest.importorskip("matplotlib")

from fastmel._cli import _page

SR = 16000
CLICK, TONE = 2.5, 3000.0  # in seconds of 4, in Hz


def clip():
    """A tone all the time, and a click."""
    y = 0.05 * np.sin(2 * np.pi * TONE * np.arange(4 * SR) / SR)
    y[int(CLICK * SR)] = 0.9
    return y.astype(np.float32)


def made(name="hifi-gan", title="a <b> & c", start=0.0):
    fe = fastmel.frontend(name).replace(sample_rate=SR) if name == "hifi-gan" else (
        fastmel.frontend(name))  # fmt: skip
    y = clip()
    return _page.page(y, fe(y), fe, title, start=start)


class Page(html.parser.HTMLParser):
    """Attributes of the elements that there are, and their texts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.texts, self.last = {}, {}, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.setdefault(tag, []).append(dict(attrs))
        self.last = tag

    def handle_data(self, data):
        self.texts.setdefault(self.last, data)


def test_the_page_needs_nothing_but_itself():
    text = made()
    page = Page(text)
    assert page.texts["title"] == page.texts["h1"] == "a <b> & c"
    addresses = [e.get("src") or e.get("href") for tags in page.found.values() for e in tags]
    (sound,) = filter(None, addresses)
    assert not re.search(r"https?:|@import|url\(", text.replace(sound, ""))
    with wave.open(io.BytesIO(base64.b64decode(sound.partition(",")[2]))) as file:
        assert (file.getframerate(), file.getnframes(), file.getnchannels()) == (SR, 4 * SR, 1)
        samples = np.frombuffer(file.readframes(4 * SR), "<i2") / 32767
    np.testing.assert_allclose(samples, clip(), atol=1 / 32767)


@pytest.mark.parametrize("name", ["whisper", "kaldi-fbank", "kaldi-mfcc", "yamnet", "funasr"])
def test_pages_of_all_kinds(name):
    text = made(name)
    assert name in Page(text).texts["p"]
    about = re.search(r"const about = (.*?);", text)[1]
    rows = int(re.search(r'"rows": (\d+)', about)[1])
    assert rows == fastmel.frontend(name).n_features


def test_loud_samples_are_not_cut():
    fe = fastmel.frontend("whisper")
    y = 4 * clip()
    sound = re.search(r"base64,([^\"]*)", _page.page(y, fe(y), fe, "a"))[1]
    with wave.open(io.BytesIO(base64.b64decode(sound))) as file:
        samples = np.frombuffer(file.readframes(4 * SR), "<i2")
    np.testing.assert_allclose(samples / 32767, y / np.abs(y).max(), atol=1 / 32767)


def test_the_command_writes_it(run_command, tmp_path, monkeypatch):
    soundfile = pytest.importorskip("soundfile")
    pytest.importorskip("soxr")
    monkeypatch.chdir(tmp_path)
    soundfile.write("a.wav", clip(), SR)
    code, out, err = run_command("plot", "a.wav", "--html", "--frontend", "whisper")
    assert (code, err) == (0, "")
    assert "a-mel.html" in out
    assert run_command("plot", "a.wav", "-o", "b.html", "--frontend", "whisper")[0] == 0
    assert Path("a-mel.html").read_bytes() == Path("b.html").read_bytes()


# In a browser -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with playwright.sync_playwright() as driver:
        try:
            started = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"needs a browser: {str(error).splitlines()[0]}")
        yield started
        started.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open the page; whatever it says or asks for fails the test."""
    told = []
    (tmp_path / "a.html").write_text(made(), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1300, "height": 800})
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda r: r.url.startswith(("file:", "data:")) or told.append(r.url))
    page.goto((tmp_path / "a.html").as_uri())
    yield page
    page.close()
    assert told == []


def pixels(page, name):
    """What a canvas shows: (rows from above, columns, 4)."""
    size, text = page.evaluate(
        """name => {
          const canvas = document.getElementById(name);
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          let text = "";
          for (let i = 0; i < data.length; i += 8192)
            text += String.fromCharCode(...data.subarray(i, i + 8192));
          return [[canvas.height, canvas.width, 4], btoa(text)];
        }""",
        name,
    )
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(size).astype(int)


LEFT, BELOW = 64, 28


def test_the_waveform_in_a_browser(opened):
    drawn = pixels(opened, "wave")[..., 3] > 0
    column = int(np.argmax(drawn.sum(axis=0)))
    expected = LEFT + CLICK / 4 * (drawn.shape[1] - LEFT)
    assert column == pytest.approx(expected, abs=1)
    rows = np.flatnonzero(drawn[:, column])
    assert rows[0] == pytest.approx(4, abs=1)  # the peak fills the height, but for a margin
    assert drawn[:, LEFT:].any(axis=0).all()


def test_the_features_in_a_browser(opened):
    image = pixels(opened, "mel")
    features = image[: len(image) - BELOW, LEFT:].sum(axis=2)
    quiet = features[:, features.shape[1] // 4]
    rows = np.flatnonzero(quiet == quiet.max())
    fe = fastmel.frontend("hifi-gan").replace(sample_rate=SR)
    band = int(fe(clip())[:, 50].argmax())
    edges = np.array([band + 1, band]) / fe.n_features
    top, bottom = (1 - edges) * len(features)
    assert rows[0] == pytest.approx(top, abs=1)
    assert rows[-1] + 1 == pytest.approx(bottom, abs=1)
    lowest = features[-20:, 100:-100].mean(axis=0)  # the tone's ends are clicks as well
    lit = np.flatnonzero(lowest > (lowest.max() + np.median(lowest)) / 2) + 100.5
    per_second = features.shape[1] / 4
    assert lit.mean() == pytest.approx(CLICK * per_second, abs=3)
    assert lit[-1] - lit[0] < fe.config.n_fft / SR * per_second


def test_a_zoom_keeps_what_is_under_the_pointer(opened):
    before = opened.evaluate("[from, to]")
    assert before == [0, 4]
    opened.mouse.move(700, 300)
    under = "timeAt(700 - document.getElementById('mel').getBoundingClientRect().left)"
    time = opened.evaluate(under)
    for _ in range(6):
        opened.mouse.wheel(0, -200)
    opened.wait_for_function("to - from < 0.4")
    assert opened.evaluate(under) == pytest.approx(time, abs=1e-6)
    start = opened.evaluate("from")
    opened.mouse.down()
    opened.mouse.move(600, 300, steps=4)
    opened.mouse.up()
    assert opened.evaluate("from") > start  # dragged to the left: later
    assert opened.evaluate("document.getElementById('sound').currentTime") == 0  # no click
    opened.mouse.dblclick(700, 300)
    assert opened.evaluate("[from, to]") == [0, 4]


def test_it_plays(opened):
    opened.mouse.click(700, 300)
    there = opened.evaluate("sound.currentTime")
    clicked = opened.evaluate("timeAt(700 - mel.getBoundingClientRect().left)")
    assert there == pytest.approx(clicked, abs=0.01)
    opened.click("#play")
    opened.wait_for_function(f"document.getElementById('sound').currentTime > {there} + 0.2")
    assert opened.inner_text("#play") == "Pause"
    opened.keyboard.press("Escape")
    opened.click("#play")
    opened.wait_for_function("document.getElementById('sound').paused")
    assert opened.inner_text("#play") == "Play"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(opened, scheme):
    opened.emulate_media(color_scheme=scheme)
    opened.wait_for_timeout(100)
    paper = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", paper))) > 382
    assert light == (scheme == "light")
    image = pixels(opened, "wave")
    ink = image[image[..., 3] == 255][0, :3].sum()
    assert (ink < 382) == (scheme == "light")
