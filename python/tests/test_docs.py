"""The blocks of README.md and docs/python.md run, on few images and for a few steps."""

import pathlib
import re

import pytest
from conftest import DATA

from spvae import SPVAE, data

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_every_block_runs(page, monkeypatch, tmp_path):
    for parameter, value in {"max_steps": 5, "samples": 3}.items():
        monkeypatch.setitem(SPVAE.__init__.__kwdefaults__, parameter, value)

    def few(split):
        whole = data.load("mnist", split, folder=DATA)
        return data.Data(X=whole.X[:200], y=whole.y[:200], classes=whole.classes, columns=[])

    monkeypatch.setattr(data, "load_mnist", few)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102
    assert (tmp_path / "runs" / "digits" / "model.safetensors").exists()
