"""Densities of images and vectors that can be sampled, completed, embedded and scored.

An image is cut into super-pixels; each has a small variational autoencoder; a sum-product network
combines them into one density (Tan & Peharz, ICML 2019).

>>> from spvae import SPVAE
>>> model = SPVAE(random_state=0).fit(X_train)      # uint8 [N, H, W(, 3)] or float [N, V]
>>> model.score_samples(X)                          # a lower bound on log p(x), nats, of each row
"""

from typing import TYPE_CHECKING

from spvae._core import Error, version

if TYPE_CHECKING:
    from spvae import data, plot
    from spvae._answers import Explanation, Outliers
    from spvae._classifier import SPVAEClassifier
    from spvae._estimator import SPVAE
    from spvae._region_graph import RegionGraph, load_region_graph
    from spvae._report import report

__all__ = ["SPVAE", "Error", "Explanation", "Outliers", "RegionGraph", "SPVAEClassifier", "__version__", "data",
           "load_region_graph", "plot", "report"]

__version__ = version()

# Imported when they are asked for: scikit-learn and matplotlib take longer than all else.
_LAZY = {
    "SPVAE": "spvae._estimator",
    "SPVAEClassifier": "spvae._classifier",
    "Explanation": "spvae._answers",
    "Outliers": "spvae._answers",
    "RegionGraph": "spvae._region_graph",
    "load_region_graph": "spvae._region_graph",
    "report": "spvae._report",
    "data": "spvae.data",
    "plot": "spvae.plot",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'spvae' has no attribute {name!r}")
    import importlib

    module = importlib.import_module(_LAZY[name])
    return module if _LAZY[name].endswith("." + name) else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
