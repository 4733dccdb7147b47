"""Files, which are the command's."""

import json
import subprocess

import numpy as np
import pytest
from conftest import DATA, bars, points, tiny
from PIL import Image

import spvae
from spvae import SPVAE, data


def run(command, *arguments):
    return json.loads(subprocess.run([command, *map(str, arguments), "--json"], check=True, capture_output=True,
                                     text=True).stdout)


def write_folder(folder, X):
    """PNG files whose order is that of X, and one of a test split."""
    for split, images in [("train", X), ("test", X[:1])]:
        (folder / split).mkdir(parents=True)
        for i, image in enumerate(images):
            Image.fromarray(image).save(folder / split / f"{i:04d}.png")
    return folder


def test_the_command_learns_the_same_and_says_the_same(command, tmp_path):
    X = bars(70)
    folder = write_folder(tmp_path / "images", X)
    flags = [word for name, value in tiny()["settings"].items()
             for word in ("--" + name.replace("_", "-"), value)]
    run(command, "train", "--data", folder, "--out", tmp_path / "run", "--max-steps", 20, "--seed", 0, *flags)
    theirs = SPVAE.load(tmp_path / "run")
    ours = SPVAE(**tiny()).fit(X)
    np.testing.assert_array_equal(theirs.density_.parameters(), ours.density_.parameters())

    ours.save(tmp_path / "ours")
    np.save(tmp_path / "x.npy", X)
    for model in ("run", "ours"):
        run(command, "score", tmp_path / model, "--data", tmp_path / "x.npy", "--samples", 5, "--out",
            tmp_path / "scores.npy")
        scores = np.load(tmp_path / "scores.npy")[:, 1]
        np.testing.assert_array_equal(scores, ours.score_samples(X))
    run(command, "sample", tmp_path / "ours", "--count", 4, "--seed", 3, "--out", tmp_path / "s.npy")
    np.testing.assert_array_equal(255 * np.load(tmp_path / "s.npy"), ours.sample(4, random_state=3))


@pytest.mark.parametrize("name", ["run", "model.safetensors"])
@pytest.mark.parametrize("X", [bars(40), points(40), bars(40) / 255], ids=["bytes", "vectors", "numbers"])
def test_a_saved_model_answers_alike(name, X, tmp_path):
    model = SPVAE(**tiny()).fit(X)
    model.save(tmp_path / name)
    same = SPVAE.load(tmp_path / name).set_params(samples=5)
    np.testing.assert_array_equal(same.score_samples(X), model.score_samples(X))
    assert same.sample(2).dtype == model.sample(2).dtype
    if name == "run":
        assert same.get_params() == {**model.get_params(), "n_jobs": None}
        assert same.history_ == model.history_
        np.testing.assert_array_equal(same.outliers(X).percentiles, model.outliers(X).percentiles)
    else:
        with pytest.raises(spvae.Error, match="reference"):
            same.outliers(X)


def test_a_damaged_file_is_refused(tmp_path):
    model = SPVAE(**tiny()).fit(bars(40))
    model.save(tmp_path / "run")
    file = tmp_path / "run" / "model.safetensors"
    whole = file.read_bytes()
    for damaged in [b"", whole[: len(whole) // 2], b"\xff" * 100, whole[:20] + b"x" + whole[21:]]:
        file.write_bytes(damaged)
        with pytest.raises(spvae.Error, match="model.safetensors"):
            SPVAE.load(tmp_path / "run")
    file.write_bytes(whole)
    (tmp_path / "run" / "estimator.json").write_text('{"parameters": 3}')
    with pytest.raises(spvae.Error, match="estimator.json"):
        SPVAE.load(tmp_path / "run")
    with pytest.raises(spvae.Error, match="nowhere"):
        SPVAE.load(tmp_path / "nowhere")


def test_data_are_read_as_the_command_reads_them(tmp_path):
    test = data.load("mnist", "test", folder=DATA)
    assert test.X.shape == (10000, 28, 28) and test.X.dtype == np.uint8
    assert test.y[:5].tolist() == [7, 2, 1, 0, 4] and test.classes[7] == "7"
    X = np.stack([bars(12), bars(12, seed=1), bars(12)], axis=3)
    folder = write_folder(tmp_path / "images", X)
    np.testing.assert_array_equal(np.sort(data.load(folder, "test").X), np.sort(X[:1]))
    assert data.load(folder, "test", colour=False).X.shape == (1, 8, 8)
    rows = points(12).astype(np.float32)
    rows[3, 1] = np.nan
    np.save(tmp_path / "v.npy", rows)
    np.testing.assert_array_equal(data.load(tmp_path / "v.npy", vectors=True).X, rows)
    (tmp_path / "v.csv").write_text("a,b\n1,2\n3,\n")
    table = data.load(tmp_path / "v.csv")
    assert table.columns == ["a", "b"] and np.isnan(table.X[1, 1])
    with pytest.raises(spvae.Error, match="split"):
        data.load("mnist", folder=DATA)
    with pytest.raises(spvae.Error, match="nothing"):
        data.load(tmp_path / "nothing.npy")
