import os
import pathlib

import numpy as np
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

DATA = pathlib.Path(__file__).parents[2] / "data"


def tiny(**more):
    """Parameters of an estimator that learns in a moment."""
    settings = {"hidden": 4, "latent": 2, "samples": 2, "validation_samples": 3, "validate_every": 10}
    return {"max_steps": 20, "samples": 5, "n_jobs": 1, "random_state": 0, "settings": settings, **more}


def bars(count, side=8, seed=0):
    """Gray images of one bright column each, uint8."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 40, size=(count, side, side), dtype=np.uint8)
    X[np.arange(count), :, rng.integers(side, size=count)] += 200
    return X


def points(count, columns=4, seed=0):
    """Correlated vectors, float64."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 2)) @ rng.normal(size=(2, columns)) + 0.1 * rng.normal(size=(count, columns))


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="the slow tests instead")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than a few seconds")


def pytest_collection_modifyitems(config, items):
    chosen = [item for item in items if (item.get_closest_marker("slow") is not None) == config.option.slow]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture(scope="session")
def of_images():
    from spvae import SPVAE

    return SPVAE(**tiny()).fit(bars(80))


@pytest.fixture(scope="session")
def of_vectors():
    from spvae import SPVAE

    return SPVAE(**tiny()).fit(points(80))


@pytest.fixture(scope="session")
def command():
    """The path of the command, beside which the package is tested."""
    path = os.environ.get("SPVAE")
    if not path:
        pytest.skip("SPVAE does not name the command")
    return path
