"""Answers, input of every kind, and what fails."""

import math
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import types

import numpy as np
import pytest
from conftest import bars, points, tiny

import spvae
from spvae import SPVAE, _arrays, _core, plot


def test_the_package_loads_nothing_that_it_does_not_need():
    code = ("import sys, spvae; assert not {'sklearn', 'matplotlib', 'scipy'} & set(sys.modules); "
            "from spvae import SPVAE; assert 'matplotlib' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'SPVEA'"):
        spvae.SPVEA  # noqa: B018


def test_scores_are_those_of_equal_rows_in_any_order(of_images):
    X = bars(40)
    scores = of_images.score_samples(X)
    order = np.random.default_rng(0).permutation(40)
    np.testing.assert_array_equal(of_images.score_samples(X[order]), scores[order])
    np.testing.assert_array_equal(of_images.score_samples(X[7:8]), scores[7:8])
    assert of_images.score(X) == pytest.approx(scores.mean())
    bits = of_images.bits_per_dimension(X)
    np.testing.assert_allclose(bits, -scores / (64 * math.log(2)))
    errors = of_images.score_errors(X)
    np.testing.assert_array_equal(errors["log_likelihood"], scores)


def test_threads_and_seeds_decide_nothing_but_what_they_should():
    X = bars(60)
    one, two = SPVAE(**tiny()).fit(X), SPVAE(**tiny(n_jobs=2)).fit(X)
    np.testing.assert_array_equal(one.density_.parameters(), two.density_.parameters())
    np.testing.assert_array_equal(one.score_samples(X), two.score_samples(X))
    other = SPVAE(**tiny(random_state=1)).fit(X)
    assert np.abs(other.density_.parameters() - one.density_.parameters()).max() > 0
    np.testing.assert_array_equal(one.sample(5, random_state=3), two.sample(5, random_state=3))
    assert (one.sample(5, random_state=3) != one.sample(5, random_state=4)).any()


class OfAnotherLibrary:
    """An array that numpy knows by DLPack alone, as some libraries' tensors are."""

    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **options):
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


@pytest.mark.parametrize("make", [
    OfAnotherLibrary, lambda X: X.reshape(len(X), -1), lambda X: X[..., np.newaxis], lambda X: np.asfortranarray(X), list,
    lambda X: np.repeat(X, 2, axis=0)[::2], lambda X: X.tolist() and np.array(X.tolist(), dtype=np.uint8)],
    ids=["DLPack", "flat", "one channel", "F order", "list of images", "strided", "copied"])
def test_the_same_images_in_any_form_score_the_same(make, of_images):
    X = bars(20)
    np.testing.assert_array_equal(of_images.score_samples(make(X)), of_images.score_samples(X))


def test_rows_of_bytes_are_images_where_a_shape_is_told():
    X = bars(60)
    flat = SPVAE(**tiny(shape=(8, 8))).fit(X.reshape(60, 64))
    whole = SPVAE(**tiny()).fit(X)
    np.testing.assert_array_equal(flat.density_.parameters(), whole.density_.parameters())
    assert flat.sample(2).shape == (2, 8, 8)


def test_pixels_of_numbers_and_black_and_white_ones_are_learnt():
    numbers = SPVAE(**tiny()).fit(bars(60) / 255)
    assert numbers.sample(3).dtype == np.float32
    with pytest.raises(spvae.Error, match="is continuous"):
        numbers.bits_per_dimension(bars(3) / 255)
    bits = SPVAE(**tiny(settings={"likelihood": "bernoulli", "hidden": 4, "latent": 2})).fit(bars(60) > 128)
    assert set(np.unique(bits.sample(9))) <= {0, 255}


def test_colours_are_learnt_as_luma_and_chromas():
    X = np.stack([bars(60), bars(60, seed=1), bars(60)], axis=3)
    model = SPVAE(**tiny()).fit(X)
    assert model.sample(2).shape == (2, 8, 8, 3)
    assert '"colour":"ycocg"' in model.density_.description()
    assert model.explain(X[0]).image.shape == (8, 8, 3)


def test_what_is_missing_is_filled_and_nothing_else(of_images):
    X = bars(5)
    missing = np.zeros((8, 8), bool)
    missing[4:] = True
    filled = of_images.inpaint(X, missing, n=3)
    assert filled.shape == (5, 3, 8, 8) and filled.dtype == np.uint8
    np.testing.assert_array_equal(filled[:, 1, :4], X[:, :4])
    hidden = X.copy()
    hidden[:, 4:] = 77  # whatever stands there
    np.testing.assert_array_equal(of_images.inpaint(hidden, missing, n=3), filled)
    mean = of_images.inpaint(X, np.broadcast_to(missing, (5, 8, 8)), filling="mean")
    assert mean.shape == (5, 8, 8) and mean.dtype == np.float32
    np.testing.assert_allclose(mean[:, :4], X[:, :4], atol=1e-4)
    assert of_images.reconstruct(X).shape == (5, 8, 8)


def test_missing_values_of_vectors_are_marginalised(of_vectors):
    X = points(6)
    X[0] = np.nan
    X[1, 2] = np.nan
    scores = of_vectors.score_samples(X)
    assert scores[0] == 0
    assert scores[1] != of_vectors.score_samples(points(6))[1]
    filled = of_vectors.inpaint(X)
    assert np.isfinite(filled).all()
    np.testing.assert_array_equal(filled[2:], X[2:].astype(np.float32))
    SPVAE(**tiny()).fit(np.where(np.random.default_rng(0).random((60, 4)) < 0.1, np.nan, points(60)))


def test_an_explanation_covers_the_image(of_images):
    X = bars(3)
    answer = of_images.explain(X[1])
    assert answer.log_likelihood == of_images.score_samples(X[1:2])[0]
    leaves = [node for node in answer.nodes if node.is_leaf]
    assert sum(node.rectangle[2] * node.rectangle[3] for node in leaves) == 64
    assert answer.probability == pytest.approx(math.prod(node.probability for node in answer.nodes))
    assert len(answer.contributions) == len(answer.parts) == 16


def test_outliers_are_found_with_what_is_to_blame():
    of_images = SPVAE(**tiny(max_steps=300)).fit(bars(300))
    X = bars(50, seed=9)
    X[7, :4, :4] = np.random.default_rng(0).integers(0, 256, (4, 4))
    found = of_images.outliers(X, quantile=0.05)
    assert found.ranking[0] == 7 and found.is_outlier[7] and found.percentiles[7] == 0
    assert found.blame[7, :4, :4].sum() < found.blame[7, 4:, 4:].sum()
    again = of_images.outliers(X, reference=X)
    assert again.resolution == 50
    with pytest.raises(spvae.Error, match="quantile"):
        of_images.outliers(X, quantile=2)


def test_progress_is_told_and_may_stop(capsys):
    told = []

    def callback(*update):
        told.append(update)
        return len(told) < 2

    model = SPVAE(**tiny(max_steps=1000, callback=callback)).fit(bars(60))
    assert [step for step, _, _ in told] == [10, 20] == model.history_["step"]
    assert model.n_iter_ == 20

    def fails(*_):
        raise RuntimeError("of the caller")

    with pytest.raises(RuntimeError, match="of the caller"):
        SPVAE(**tiny(callback=fails)).fit(bars(60))


def interrupted(after, work):
    """What `work` does when Ctrl-C comes."""
    former = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def test_ctrl_c_keeps_the_best_model_and_ends_a_question(of_images):
    endless = tiny(max_steps=10**8)
    endless["settings"] = {**endless["settings"], "patience": 10**8, "learning_rate": 1e-9}
    with pytest.warns(UserWarning, match="was stopped at step"):
        model = interrupted(0.5, lambda: SPVAE(**endless).fit(bars(60)))
    assert np.isfinite(model.score(bars(3)))
    with pytest.raises(KeyboardInterrupt):
        interrupted(0.3, lambda: of_images.set_params(samples=10**6).score_samples(bars(2000)))
    of_images.set_params(samples=5)


def test_ctrl_c_in_the_first_call_of_progress_keeps_the_model(monkeypatch):
    of_the_core = _core.train

    def interrupted_at_once(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(_core, "train", lambda *given: of_the_core(*given[:4], interrupted_at_once, given[5]))
    with pytest.warns(UserWarning, match="was stopped at step 10"):
        model = SPVAE(**tiny()).fit(bars(60))
    assert (model.n_iter_, model.history_["step"]) == (10, [])
    assert np.isfinite(model.score(bars(3)))


def test_a_tensor_is_not_copied():
    X = bars(5)
    assert np.shares_memory(_arrays.as_array(OfAnotherLibrary(X)), X)


def test_threads_share_a_model_and_the_interpreter_is_free(of_images):
    X = bars(400, seed=5)
    expected = of_images.score_samples(X)
    answers, counted, done = [None] * 4, 0, threading.Event()

    def ask(i):
        answers[i] = of_images.score_samples(X)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer in answers:
        np.testing.assert_array_equal(answer, expected)

    def work():
        of_images.density_.log_likelihood(_arrays.image_set(X, of_images.layout_), 2000, 0,
                                          of_images._sampler())
        done.set()

    worker = threading.Thread(target=work)
    worker.start()
    while not done.is_set():
        counted += 1
        time.sleep(0.001)
    worker.join()
    assert counted > 10


def test_images_of_bytes_are_not_copied_in_python():
    X = np.zeros((20000, 28, 28), np.uint8)
    tracemalloc.start()
    images = _arrays.image_set(X, _arrays.layout_of(X, None))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(images) == 20000 and peak < X.nbytes / 10


def test_pictures_are_drawn(of_images, of_vectors):
    X = bars(6)
    assert len(plot.samples(of_images, 9).axes) == 9
    missing = np.ones((8, 8), bool)
    assert len(plot.completions(X, missing, of_images.inpaint(X, missing, n=2)).axes) == 24
    assert len(plot.learning_curve(of_images).axes[0].lines) == 2
    assert len(of_images.explain(X[0]).plot().axes) == 3
    assert of_vectors.explain(points(1)[0]).plot().axes
    assert len(of_images.outliers(X).plot(X, 4).axes) == 9
    coloured = types.SimpleNamespace(ranking=np.arange(3), scores=np.zeros(3), percentiles=np.zeros(3),
                                     blame=np.array([1, 1, 100.0]).reshape(3, 1, 1, 1) * np.ones((3, 8, 8, 3)))
    shown = plot.outliers(coloured, np.zeros((3, 8, 8, 3)), 3).axes[3].images[0]
    assert (shown.get_array() == 3).all() and shown.get_clim() == (-9, 9)  # of a pixel; three times the usual
    plot.latent_space(of_images, X, [0, 1, 0, 1, 0, 1])
    with pytest.raises(spvae.Error, match="expected images"):
        plot.images(points(3))


def test_a_notebook_shows_a_picture_once(monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    before = plt.get_fignums()
    monkeypatch.setattr(plt, "get_backend", lambda: "inline")
    figure = plot.images(bars(3))
    assert plt.get_fignums() == before and len(figure.axes) == 4
    monkeypatch.undo()
    assert plot.images(bars(3)).number in plt.get_fignums()
    plt.close("all")


BAD = [
    (lambda m: SPVAE(**tiny()).fit(np.zeros((0, 8, 8), np.uint8)), "got no images"),
    (lambda m: SPVAE(**tiny()).fit(bars(1)), "expected at least 2"),
    (lambda m: SPVAE(**tiny()).fit(bars(9).astype(np.int64)), "expected uint8"),
    (lambda m: SPVAE(**tiny()).fit(bars(9) * 1.0), r"image 0 has the value|\[0, 1\]"),
    (lambda m: SPVAE(**tiny()).fit(bars(9) * 1j), "expected numbers"),
    (lambda m: SPVAE(**tiny()).fit(np.zeros((9, 8, 8), object)), "expected numbers"),
    (lambda m: SPVAE(**tiny()).fit(np.zeros((9, 8, 8, 2), np.uint8)), "expected images"),
    (lambda m: SPVAE(**tiny()).fit(np.zeros((9, 2, 2, 2, 3), np.uint8)), "expected images"),
    (lambda m: SPVAE(**tiny()).fit(np.full((9, 8, 8), np.inf)), r"\[0, 1\]"),
    (lambda m: SPVAE(**tiny()).fit(np.full((9, 8, 8), np.nan)), "observed"),
    (lambda m: SPVAE(**tiny(shape=(3, 3))).fit(bars(9)), r"expected \(N, 3, 3\)"),
    (lambda m: SPVAE(**tiny(shape="ab")).fit(bars(9)), "shape: got 'ab'"),
    (lambda m: SPVAE(**tiny(shape=(8, 0))).fit(bars(9)), "shape: got"),
    (lambda m: SPVAE(recipe="nothing").fit(bars(9)), "recipe"),
    (lambda m: SPVAE(**tiny(settings={"hiden": 3})).fit(bars(9)), "hidden"),
    (lambda m: SPVAE(**tiny(settings={"hidden": -3})).fit(bars(9)), "hidden"),
    (lambda m: SPVAE(**tiny(settings={"seed": 3})).fit(bars(9)), "random_state"),
    (lambda m: SPVAE(**tiny(settings={"mask": "x"})).fit(bars(9)), "mask"),
    (lambda m: SPVAE(**tiny(max_steps=-1)).fit(bars(9)), "max-steps"),
    (lambda m: SPVAE(**tiny(max_steps=1.5)).fit(bars(9)), "expected an integer"),
    (lambda m: SPVAE(**tiny(samples=0)).fit(bars(9)), "samples"),
    (lambda m: SPVAE(**tiny(sampler="best")).fit(bars(9)), "sampler"),
    (lambda m: SPVAE(**tiny(n_jobs="all")).fit(bars(9)), "n_jobs"),
    (lambda m: SPVAE(**tiny(standardise=True)).fit(bars(9)), "standardise"),
    (lambda m: SPVAE(**tiny()).fit(bars(9), validation=bars(5, side=7)), "validation"),
    (lambda m: SPVAE(**tiny()).fit([np.zeros((2, 2)), np.zeros((3, 2))]), "expected one size"),
    (lambda m: m.score_samples(bars(3, side=7)), "fitted to rows of shape"),
    (lambda m: m.score_samples(bars(3) / 255), "fitted to uint8"),
    (lambda m: m.score_samples(bars(0)), "got no"),
    (lambda m: m.sample(0), "count|samples"),
    (lambda m: m.sample(2**40), "below"),
    (lambda m: m.inpaint(bars(3), np.zeros((8, 7), bool)), "missing"),
    (lambda m: m.inpaint(bars(3), np.full((8, 8), 0.5)), "missing"),
    (lambda m: m.inpaint(bars(3), n=0), "count"),
    (lambda m: m.inpaint(bars(3), filling="nice"), "filling"),
    (lambda m: m.explain(bars(3)), "expected one"),
]


@pytest.mark.parametrize(("act", "says"), BAD, ids=[says for _, says in BAD])
def test_bad_input_is_refused_with_a_sentence(act, says, of_images):
    with pytest.raises(ValueError, match=says):
        act(of_images)
