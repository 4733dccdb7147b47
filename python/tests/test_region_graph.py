import json

import numpy as np
import pytest
from conftest import bars, tiny

import spvae
from spvae import SPVAE


def halves(path, variables):
    """Two leaf regions, the first and the second half of the variables."""
    middle = variables // 2
    graph = {"regions": {"0": {"scope": list(range(middle))}, "1": {"scope": list(range(middle, variables))},
                         "2": {"scope": list(range(variables))}},
             "roots": ["2"], "graph": [{"output": 2, "inputs": [0, 1]}]}
    path.write_text(json.dumps(graph))
    return path


def test_a_graph_of_a_file_divides_a_model(tmp_path):
    graph = spvae.load_region_graph(halves(tmp_path / "g.json", 64), (8, 8))
    assert graph.leaf_regions == 2
    np.testing.assert_array_equal(graph.regions[1], np.arange(32, 64))
    np.testing.assert_array_equal(graph.partitions, [[2, 0, 1]])
    settings = tiny()["settings"] | {"graph": graph}
    model = SPVAE(**tiny(settings=settings)).fit(bars(40))
    answer = model.explain(bars(1)[0])
    assert answer.parts == [(0, 0, 4, 8), (4, 0, 4, 8)]
    assert len(graph.plot().axes) == 1


def test_colours_are_of_one_pixel(tmp_path):
    graph = spvae.load_region_graph(halves(tmp_path / "g.json", 12), (2, 2, 3))
    # The file numbers channel by channel: its first half is red, and green of the first row.
    np.testing.assert_array_equal(graph.regions[0], [0, 1, 3, 4, 6, 9])


@pytest.mark.parametrize(("shape", "message"), [
    ((3, 3), "region"), ((0, 4), "shape: got"), ("abc", "shape: got"), (63, "region"),
])
def test_what_does_not_fit_is_refused(tmp_path, shape, message):
    with pytest.raises(spvae.Error, match=message):
        spvae.load_region_graph(halves(tmp_path / "g.json", 64), shape)


def test_a_file_that_is_no_graph_is_named(tmp_path):
    (tmp_path / "g.json").write_text("[]")
    with pytest.raises(spvae.Error, match="g.json"):
        spvae.load_region_graph(tmp_path / "g.json", 4)
    with pytest.raises(spvae.Error, match="missing.json"):
        spvae.load_region_graph(tmp_path / "missing.json", 4)
    columns = spvae.load_region_graph(halves(tmp_path / "g.json", 4), 4)
    with pytest.raises(spvae.Error, match="expected one over an image"):
        columns.plot()
