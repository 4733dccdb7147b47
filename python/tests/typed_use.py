"""What a type checker sees of the package: test_types.py checks this file."""

import numpy as np
from numpy.typing import NDArray

import spvae
from spvae import SPVAE, SPVAEClassifier, data, plot


def scores(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    model: SPVAE = SPVAE(random_state=0, settings={"hidden": 96}).fit(images)
    found = model.outliers(images, quantile=0.05)
    plot.images(images[found.ranking[:10]], captions=["a"]).savefig("a.png")
    figure = model.explain(images[0]).plot()
    figure.savefig("b.png")
    labels: NDArray[np.int32] | None = data.load_mnist("test").y
    assert labels is not None
    classes = SPVAEClassifier(model).fit(images, labels).predict(images)
    page: str = spvae.report(model, images, y=classes)
    graph = spvae.load_region_graph("graph.json", (28, 28))
    shares: float = len(graph.regions) / graph.leaf_regions + len(page)
    return model.score_samples(images) * shares
