import html.parser
import pathlib
import re

import numpy as np
import pandas
import pytest
from conftest import bars, points, tiny

import spvae
from spvae import SPVAE


class _Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.headings, self.sources = [], [], []

    def handle_starttag(self, tag, attributes):
        self.sources += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open and self.open[-1] == "h2":
            self.headings.append(text)


def read(path):
    page = _Page()
    text = pathlib.Path(path).read_text(encoding="utf-8")
    page.feed(text)
    assert page.open == []
    # It needs no other file and no network.
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    return page, text


def test_a_report_of_images(of_images, tmp_path):
    X = bars(12, seed=1)
    path = spvae.report(of_images, X, tmp_path / "r.html", pictures=3, y=np.arange(12) % 2, title="Bars <1>")
    page, text = read(path)
    assert page.headings == ["Learning", "Log-likelihoods", "The least likely rows", "The most likely rows", "Samples",
                             "Reconstructions", "Completions", "Why the least likely row is so", "Latent space",
                             "How it was learned"]
    assert len(page.sources) == 9
    assert "Bars &lt;1&gt;" in text
    assert f"{of_images.score(X):,.3f} ± " in text


def test_a_report_of_vectors_names_the_column_to_blame(tmp_path):
    table = pandas.DataFrame(points(80), columns=["a", "b", "c", "d"])
    model = SPVAE(**tiny(max_steps=200)).fit(table)
    strange = table.head(5).copy()
    strange.loc[3, "c"] = 40.0
    page, text = read(spvae.report(model, strange, tmp_path / "r.html"))
    assert "The least likely rows" in page.headings
    assert re.search(r"row 3</th><td>[^<]*most to blame: [abcd] = ", text)
    assert "nan" not in text


def test_a_report_that_fails_leaves_no_file(of_images, tmp_path):
    with pytest.raises(spvae.Error, match="the model was fitted to rows of shape"):
        spvae.report(of_images, np.zeros((3, 5, 5), np.uint8), tmp_path / "r.html")
    with pytest.raises(spvae.Error, match="pictures: got 0"):
        spvae.report(of_images, bars(3), tmp_path / "r.html", pictures=0)
    assert list(tmp_path.iterdir()) == []


def test_a_report_of_a_run_of_one_image(of_images, tmp_path):
    of_images.save(tmp_path / "m.safetensors")
    page, _ = read(spvae.report(SPVAE.load(tmp_path / "m.safetensors"), bars(1), tmp_path / "r.html"))
    assert "Learning" not in page.headings
    assert "Latent space" not in page.headings
