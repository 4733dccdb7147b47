"""--structure and --graph, from training to all that is asked of a model."""

import json
import pathlib
import shutil

from cli_support import CommandTest, main, small

FLAGS = {"poon-domingos": ["--delta", "4"], "single-region": [], "quad-tree": ["--delta", "2"],
         "quad-graph": ["--delta", "2"],
         "random": ["--leaf-variables", "20", "--repetitions", "3", "--structure-seed", "5"]}
GRAPH = {"regions": {"0": {"scope": list(range(0, 64, 2))}, "1": {"scope": list(range(1, 64, 2))},
                     "2": {"scope": list(range(64))}},
         "roots": ["2"], "graph": [{"output": 2, "inputs": [0, 1]}]}


class Structures(CommandTest):
    def train_of(self, out, *flags):
        """As train, with no --delta of its own."""
        words = small("--delta", "", *flags)
        at = words.index("--delta")
        del words[at:at + 2]
        self.run_spvae("train", "--data", self.data, "--out", self.path(out), *words)
        return self.path(out)

    def write_graph(self, graph, name="graph.json"):
        text = graph if isinstance(graph, str) else json.dumps(graph)
        pathlib.Path(self.path(name)).write_text(text)
        return self.path(name)

    def ask(self, run):
        """Whatever may be asked of a model works."""
        scores = self.run_json("score", run, "--samples", "3", "--out", self.path("s.npy"))
        self.assertGreater(scores["images"], 0)
        self.run_spvae("evaluate", run, "--samples", "3")
        self.run_spvae("evaluate", run, "--samples", "3", "--engine", "reference")
        self.run_spvae("sample", run, "--count", "3", "--out", self.path("s.png"))
        for image in [0, 1]:
            tree = self.run_json("explain", run, "--image", image, "--samples", "3", "--out",
                                 self.path("t.svg"))["tree"]
            self.assertGreaterEqual(len(tree["nodes"]), 1)
        self.run_spvae("report", run, "--out", self.path("r.html"))

    def test_every_structure_is_trained_and_asked(self):
        for structure, flags in FLAGS.items():
            run = self.train_of(structure, "--structure", structure, *flags)
            self.ask(run)
            config = json.loads(pathlib.Path(run, "config.json").read_text())
            implied = {"poon-domingos": "spvae", "single-region": "vae"}
            self.assertEqual(config["model"], implied.get(structure, "spvae"))
            self.assertEqual(config.get("structure"), None if structure in implied else structure)

    def test_convolutional_leaves_go_over_rectangles(self):
        sizes = ["--filters", "2,3", "--dense", "4", "--delta", "3"]
        for structure in ["quad-tree", "quad-graph"]:
            flags = small("--model", "conv-spvae", "--structure", structure, *sizes)
            self.run_spvae("train", "--data", self.data, "--out", self.path(structure), *flags)
            self.ask(self.path(structure))
        self.fails(64, "info", "--model", "conv-spvae", "--structure", "random", "--height", "8",
                   "--width", "8", "--leaf-variables", "20",
                   says="structure random: a leaf region is no rectangle of pixels")

    def test_a_preset_is_its_structure_and_network(self):
        for model, structure in [("spvae", "poon-domingos"), ("vae", "single-region")]:
            flags = FLAGS[structure]
            self.train_of(model, "--model", model, *flags)
            for other in ["spvae", "vae"]:
                again = f"{model}-{other}"
                self.train_of(again, "--model", other, "--structure", structure, *flags)
                self.assertEqual(self.model_bytes(model), self.model_bytes(again))

    def test_a_run_is_named_after_its_structure(self):
        words = ["train", "--data", self.data, *small("--structure", "quad-tree")]
        self.assertEqual(self.run_json(*words)["run"], "runs/tiny-spvae-quad-tree-gaussian")

    def test_the_graph_of_a_run_trains_the_same_tensors(self):
        for structure, flags in FLAGS.items():
            if structure == "single-region":
                continue
            run = self.train_of(structure, "--structure", structure, *flags)
            graph = self.path(f"{structure}.json")
            self.assertEqual(self.run_json("info", run, "--graph", graph)["graph"], graph)
            again = self.train_of(f"{structure}-again", "--graph", graph)
            written = self.path("again.json")
            self.run_spvae("info", again, "--graph", written)
            self.assertEqual(pathlib.Path(graph).read_text(), pathlib.Path(written).read_text())
            self.assertEqual(self.tensor_bytes(run), self.tensor_bytes(again))

    def tensor_bytes(self, run):
        content = pathlib.Path(run, "model.safetensors").read_bytes()
        return content[8 + int.from_bytes(content[:8], "little"):]

    def test_a_run_goes_on_without_the_file_of_its_graph(self):
        graph = self.write_graph(GRAPH)
        whole = self.train_of("whole", "--graph", graph)
        run = self.train_of("run", "--graph", graph, "--max-steps", "10")
        self.assertTrue(pathlib.Path(run, "graph.json").exists())
        self.fails(64, "train", "--out", run, "--resume", "--structure", "random",
                   says=["structure \"random\"", "the run to resume has \"file\""])
        other = self.write_graph(GRAPH | {"graph": [{"output": 2, "inputs": [1, 0]}]}, "other.json")
        self.fails(64, "train", "--out", run, "--resume", "--graph", other,
                   says=["got graph", "the run to resume has another"])
        self.run_spvae("train", "--out", run, "--resume", "--graph", graph)
        pathlib.Path(graph).unlink()
        moved = self.path("moved")
        shutil.move(run, moved)
        self.run_spvae("train", "--out", moved, "--resume")
        self.ask(moved)
        self.run_spvae("train", "--config", whole + "/config.json", "--out", self.path("again"))
        self.assertEqual(self.tensor_bytes(whole), self.tensor_bytes(self.path("again")))

    def test_a_bad_graph_is_refused_and_nothing_is_written(self):
        def changed(**keys):
            return GRAPH | keys

        for graph, says in [("{\"regions\"", "not valid JSON"), ([], "expected an object"),
                            (changed(extra=1), "unknown key 'extra'"),
                            (changed(roots=["0", "2"]), "expected an array of one region's key"),
                            (changed(roots=["7"]), "'7', which is not among the regions"),
                            (changed(roots=["0"]), "the root has 32 variables, expected the 64"),
                            (changed(graph=[{"output": 2, "inputs": [0, 0]}]), "share a variable"),
                            (changed(graph=[{"output": 0, "inputs": [2, 1]}]), "share a variable"),
                            (changed(graph=[{"output": 2, "inputs": [0, 3]}]), "the region 3"),
                            (changed(graph=[]), "region 0: it cannot be reached"),
                            (changed(regions={"0": {"scope": [64]}}), "the variable 64")]:
            path = self.write_graph(graph)
            for command in [["train", "--data", self.data, "--out", self.path("run")],
                            ["info", "--data", self.data]]:
                self.fails(65, *command, "--graph", path, says=[path, says])
            self.assertFalse(pathlib.Path(self.path("run"), "config.json").exists())
        self.fails(66, "info", "--graph", self.path("none.json"), says="none.json")

    def test_flags_that_do_not_go_together_are_refused(self):
        graph = self.write_graph(GRAPH)
        self.fails(64, "info", "--structure", "file", says="got no graph, expected one by --graph")
        self.fails(64, "info", "--structure", "random", "--graph", graph,
                   says="it is for --structure file alone")
        self.fails(64, "train", "--data", self.data, "--structure", "quad-tree", "--repetitions", "3",
                   says="repetitions: got 3, but it is for --structure random alone")
        self.fails(64, "info", "--structure", "random", "--delta", "3",
                   says="it is for --structure poon-domingos, quad-tree, quad-graph alone")


if __name__ == "__main__":
    main()
