"""Region graphs against those of cirkit (libcirkit on PyPI), both ways.

Its region graphs need no torch, which it imports elsewhere: what is missing is a stub. The environment
variable SPVAE names the program under test.
"""

import sys
from unittest import mock

import environment

environment.run_with("--no-deps", "libcirkit==0.3.1", "numpy>=2.1,<3", "typing_extensions")

for module in ["torch", "torch.nn", "torch.autograd", "torch.autograd.function", "torch.distributions",
               "torch.nn.functional", "torch.utils", "scipy", "scipy.special", "scipy.sparse",
               "scipy.sparse.csgraph", "opt_einsum", "einops", "graphviz"]:
    sys.modules[module] = mock.MagicMock()

from cirkit.templates.region_graph import (PoonDomingos, QuadGraph, QuadTree,  # noqa: E402
                                           RandomBinaryTree, RegionGraph)

from cli_support import CommandTest, main, small, write_colours, write_npy  # noqa: E402

SHAPES = [(1, 1, 3), (1, 4, 4), (1, 5, 7), (3, 3, 6), (3, 8, 5)]


def divisions(graph):
    """The set of partitions, each by the scopes of its inputs, and that of the regions' scopes."""
    partitions = {frozenset(frozenset(region.scope) for region in graph.partition_inputs(partition))
                  for partition in graph.partition_nodes}
    return partitions, {frozenset(region.scope) for region in graph.region_nodes}


class CirkitGraphs(CommandTest):
    def data_of(self, shape):
        channels, height, width = shape
        path = self.path("-".join(map(str, shape)) + ".npy")
        if channels == 3:
            return write_colours(path, 40, height, width)
        values = [(37 * i + 11 * p * p) % 256 for i in range(40) for p in range(height * width)]
        return write_npy(path, (40, height, width), values)

    def graph_of_run(self, shape, *flags):
        """The graph of a model that was trained with these flags, as cirkit reads it."""
        colour = ["--colour", "rgb"] if shape[0] == 3 else []
        flags = small(*flags)
        if "--structure" not in flags:
            at = flags.index("--delta")
            del flags[at:at + 2]
        self.run_spvae("train", "--data", self.data_of(shape), "--out", "run", "--force", *colour,
                       *flags)
        self.run_spvae("evaluate", "run", "--samples", "2")
        self.run_spvae("info", "run", "--graph", "written.json")
        graph = RegionGraph.load(self.path("written.json"))
        self.assertEqual(graph.num_variables, shape[0] * shape[1] * shape[2])
        return graph

    def test_quad_structures_are_its_own(self):
        for shape in SHAPES:
            tree = self.graph_of_run(shape, "--structure", "quad-tree", "--delta", "1")
            self.assertEqual(divisions(tree), divisions(QuadTree(shape, num_patch_splits=2)), shape)
            self.assertTrue(tree.is_structured_decomposable)
            graph = self.graph_of_run(shape, "--structure", "quad-graph", "--delta", "1")
            self.assertEqual(divisions(graph), divisions(QuadGraph(shape)), shape)

    def test_models_are_trained_over_its_graphs(self):
        for shape in SHAPES:
            variables = shape[0] * shape[1] * shape[2]
            for graph in [QuadTree(shape, num_patch_splits=2), QuadTree(shape, num_patch_splits=4),
                          QuadGraph(shape), PoonDomingos(shape, delta=2),
                          RandomBinaryTree(variables, depth=None, num_repetitions=3)]:
                graph.dump(self.path("graph.json"))
                read = divisions(self.graph_of_run(shape, "--graph", "graph.json"))
                partitions, regions = divisions(graph)
                if all(len(inputs) == 2 for inputs in partitions):
                    self.assertEqual(read, (partitions, regions))
                else:  # halves of the inputs are among ours
                    self.assertLess(regions, read[1])
                    self.assertTrue(all(len(inputs) == 2 for inputs in read[0]))


if __name__ == "__main__":
    main()
