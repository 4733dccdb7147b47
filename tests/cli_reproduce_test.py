"""spvae reproduce."""

import json
import os
import pathlib
import signal
import unittest

from cli_support import SMALL, CommandTest, main, read_npy, read_png_size


class Reproduce(CommandTest):
    def setUp(self):
        super().setUp()
        config = {flag[2:]: int(value) for flag, value in zip(SMALL[0::2], SMALL[1::2])
                  if flag != "--recipe"}
        config.update({"data": self.data, "likelihood": "gaussian"})
        evaluation = {"samples": 3, "test-images": 9, "training-images": 4}
        vae = {key: value for key, value in config.items() if key != "delta"}
        size = {"height": 8, "width": 8}
        self.write("table1", {"title": "Tiny", "variants": {"slow": "half the learning rate"}, "cells": [
            {"name": "spvae/tiny/gaussian", **size, "config": config, "seeds": [0, 1], "minutes": 2,
             "evaluation": evaluation, "paper": {"log-likelihood": -1000, "parameters": 2}},
            {"name": "vae/tiny/gaussian", **size, "config": {"model": "vae", **vae}, "minutes": 1,
             "evaluation": evaluation, "paper": {"log-likelihood": 1e6, "parameters": 1}},
            {"name": "vae/tiny/gaussian", **size, "variant": "slow", "evaluation": evaluation,
             "config": {"model": "vae", "learning-rate": 0.0005, **vae}}]})
        self.write("figure2", {"title": "Tiny", "cells": [
            {"name": f"{model}/tiny/{likelihood}", **size, "vary": {"training-images": [20, 40]},
             "config": {"model": model, **keys, "likelihood": likelihood},
             "evaluation": {"samples": 3}}
            for model, keys in [("spvae", config), ("vae", vae)]
            for likelihood in ["gaussian", "binomial"]]})
        self.write("figure3", {"title": "Tiny", "cells": [
            {"name": "spvae/tiny/gaussian", **size, "config": config, "evaluation": evaluation}]})
        self.environment = {**os.environ, "SPVAE_EXPERIMENTS": self.path("experiments")}

    def write(self, name, experiment):
        folder = pathlib.Path(self.path("experiments"))
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(experiment))

    def reproduce(self, *arguments, **options):
        return self.run_spvae("reproduce", *arguments, env=self.environment, **options)

    def reproduce_json(self, *arguments):
        return json.loads(self.reproduce(*arguments, "--json").stdout)

    def timeless(self, text):
        results = json.loads(text)["results"]
        for result in results:
            for part in ["training", "test", "train"]:
                del result[part]["seconds"]
            del result["training"]["processor_seconds"]
        return results

    def read(self, name):
        return pathlib.Path(self.path(name)).read_text()

    def test_table1_puts_ours_beside_the_papers(self):
        done = self.reproduce("table1", "--seeds", "2")
        self.assertIn("spvae/tiny/gaussian                  seed 1", done.stdout)
        self.assertEqual(done.stdout.count("(short)"), 1)
        results = json.loads(self.read("results/table1.json"))["results"]
        self.assertEqual([result["cell"] for result in results],
                         ["spvae/tiny/gaussian"] * 2 + ["vae/tiny/gaussian"] * 2)
        first = results[0]
        self.assertEqual((first["test"]["images"], first["train"]["images"]), (9, 4))
        self.assertAlmostEqual(first["difference"], first["test"]["log_likelihood"] + 1000)
        self.assertEqual(len(first["data_files"]), 2)
        shape, scores = read_npy(self.path("results/table1/spvae-tiny-gaussian-seed0.npy"))
        self.assertEqual(shape, (9,))
        self.assertAlmostEqual(sum(scores) / 9, first["test"]["log_likelihood"], places=3)
        markdown = self.read("results/table1.md")
        for words in ["# Tiny", "`+slow`: half the learning rate.", "Paired differences",
                      "| spvae/tiny/gaussian − vae/tiny/gaussian+slow | 9 |", "4 of 4 runs",
                      "`spvae reproduce table1 --seeds 2`"]:
            self.assertIn(words, markdown)
        self.assertEqual(self.read("results/table1.csv").count("\n"), 5)

    def test_figures_of_a_run_are_those_of_train_and_evaluate(self):
        self.reproduce("table1", "--cell", "spvae/*")
        result = json.loads(self.read("results/table1/spvae-tiny-gaussian-seed0.json"))
        run = self.train("same")
        again = self.run_json("evaluate", run, "--samples", "3", "--limit", "9")
        for key in ["log_likelihood", "standard_error", "monte_carlo_error", "effective_samples"]:
            self.assertEqual(again[key], result["test"][key])

    def test_what_is_done_is_not_done_again(self):
        self.reproduce("table1")
        before = self.read("results/table1.json")
        again = self.reproduce("table1")
        self.assertNotIn("train:", again.stderr)
        self.assertEqual(self.read("results/table1.json"), before)
        # The results alone are enough: the runs' own files may be gone.
        os.rename(self.path("runs"), self.path("gone"))
        self.assertEqual(self.reproduce("table1").stdout, again.stdout)

    def test_goes_on_after_any_interruption_to_the_same_figures(self):
        self.reproduce("table1", "--out", "whole", "--runs", "whole-runs")
        slow = "cut-runs/table1/vae-tiny-gaussian+slow-seed0"
        for count, stop in [(1, signal.SIGINT), (2, signal.SIGKILL), (3, signal.SIGTERM)]:
            process = self.start_reproduce("table1", "--out", "cut", "--runs", "cut-runs")
            self.wait_for_checks(slow, count)
            process.send_signal(stop)
            process.communicate()
        self.reproduce("table1", "--out", "cut", "--runs", "cut-runs")
        self.assertEqual(self.timeless(self.read("cut/table1.json")),
                         self.timeless(self.read("whole/table1.json")))

    def start_reproduce(self, *arguments):
        os.environ["SPVAE_EXPERIMENTS"] = self.environment["SPVAE_EXPERIMENTS"]
        self.addCleanup(os.environ.pop, "SPVAE_EXPERIMENTS", None)
        return self.start("reproduce", *arguments)

    def test_status_says_what_is_left(self):
        status = self.reproduce_json("table1", "--seeds", "2", "--status")
        self.assertEqual((status["done"], status["left"], status["minutes_left"]), (0, 4, 5))
        self.reproduce("table1", "--cell", "vae/tiny/gaussian")
        path = pathlib.Path(self.path("results/table1/vae-tiny-gaussian-seed0.json"))
        result = json.loads(path.read_text())
        for part, seconds in [("training", 20), ("test", 6), ("train", 4)]:
            result[part]["seconds"] = seconds  # half of its minute
        path.write_text(json.dumps(result))
        status = self.reproduce_json("table1", "--seeds", "2", "--status")
        self.assertEqual((status["done"], status["left"], status["minutes_left"]), (1, 3, 2))
        text = self.reproduce("table1", "--status").stdout
        self.assertIn("vae/tiny/gaussian                    seed 0    done", text)
        self.assertIn("1 done, 2 left", text)

    def test_table2_counts_without_data(self):
        os.rename(self.data, self.path("elsewhere"))
        result = self.reproduce_json("table2")
        self.assertEqual([row["cell"] for row in result["rows"]],
                         ["spvae/tiny/gaussian", "vae/tiny/gaussian"])
        info = self.run_json("info", "--height", "8", "--width", "8", "--delta", "4", "--hidden",
                             "4", "--latent", "2")
        self.assertEqual(result["rows"][0]["parameters"], info["parameters"])
        self.assertIn("| spvae/tiny/gaussian | 2 |", self.read("results/table2.md"))
        # A part may be asked for; the file is whole.
        before = self.read("results/table2.md")
        part = self.reproduce_json("table2", "--cell", "vae/*")
        self.assertEqual(len(part["rows"]), 1)
        self.assertEqual(self.read("results/table2.md"), before)
        self.reproduce("table2", "--status", code=64)
        self.reproduce("table2", "--cell", "*slow", code=64)

    def test_figure2_is_drawn(self):
        self.reproduce("figure2")
        results = json.loads(self.read("results/figure2.json"))["results"]
        self.assertEqual(sorted(result["training"]["images"] for result in results),
                         [20] * 4 + [40] * 4)
        self.assertIn("</svg>", self.read("results/figure2.svg"))
        self.assertGreater(min(read_png_size(self.path("results/figure2.png"))), 300)

    def test_results_may_be_looked_at_where_nothing_can_be_written(self):
        first = self.reproduce("table1")
        for path in pathlib.Path(self.path("results")).rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.assertEqual(self.reproduce("table1").stdout, first.stdout)

    def test_figure3_needs_two_dimensions(self):
        experiment = json.loads(self.read("experiments/figure3.json"))
        experiment["cells"][0]["config"]["latent"] = 3
        self.write("figure3", experiment)
        self.assertIn("expected 2", self.reproduce("figure3", code=64).stderr)
        self.assertFalse(os.path.exists(self.path("runs")))

    def test_a_stale_result_is_shown_and_refused_where_it_is_asked_for(self):
        self.reproduce("table1")
        experiment = json.loads(self.read("experiments/table1.json"))
        experiment["cells"][0]["evaluation"]["samples"] = 4
        self.write("table1", experiment)
        self.assertRegex(self.reproduce("table1", "--status").stdout,
                         "stale: of another config  +about")
        self.reproduce("table1", "--cell", "vae/*")
        self.assertIn("move it away", self.reproduce("table1", code=64, partial=True).stderr)

    def test_figure3_is_drawn(self):
        self.reproduce("figure3")
        self.assertIn("</svg>", self.read("results/figure3.svg"))
        self.assertGreater(min(read_png_size(self.path("results/figure3.png"))), 100)

    def test_a_missing_data_set_does_not_keep_others_from_running(self):
        experiment = json.loads(self.read("experiments/table1.json"))
        experiment["cells"][1]["config"]["data"] = "svhn"
        experiment["cells"][1]["name"] = "vae/svhn/gaussian"
        self.write("table1", experiment)
        message = self.reproduce("table1", code=66, partial=True).stderr
        self.assertIn("svhn", message)
        self.assertEqual(len(json.loads(self.read("results/table1.json"))["results"]), 2)
        self.assertIn("`spvae reproduce table1 --seeds 2 --data-dir DIR`",
                      self.read("results/table1.md"))

    def test_a_trial_that_diverges_does_not_keep_others_from_running(self):
        experiment = json.loads(self.read("experiments/table1.json"))
        cell = experiment["cells"][0]
        cell.update({"seeds": [0], "minutes": 0})
        cell["config"].update({"learning-rate": 10, "epsilon": 1e-30, "beta2": 0.1,
                               "max-steps": 400, "patience": 1000})
        self.write("table1", experiment)
        done = self.reproduce("table1", code=79, partial=True)
        self.assertIn("spvae/tiny/gaussian, seed 0, is left out", done.stderr)
        self.assertIn("1 of 3 runs left out", done.stderr)
        self.assertEqual(done.stdout.count("seed 0"), 2)

    def test_a_damaged_result_is_said_and_does_not_keep_others_from_running(self):
        self.reproduce("table1", "--cell", "vae/tiny/gaussian")
        scores = self.path("results/table1/vae-tiny-gaussian-seed0.npy")
        pathlib.Path(scores).write_bytes(b"\x93NUMPY")
        self.assertIn("damaged", self.reproduce("table1", "--status").stdout)
        warned = self.reproduce("table1", "--cell", "spvae/*").stderr
        self.assertIn("shows nothing of vae/tiny/gaussian, seed 0", warned)
        done = self.reproduce("table1", code=65, partial=True)
        self.assertIn("vae-tiny-gaussian-seed0.npy", done.stderr)
        self.assertEqual(done.stdout.count("seed 0"), 2)

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_refuses_a_folder_that_it_cannot_write_before_it_trains(self):
        os.makedirs(self.path("results/table1"))
        os.chmod(self.path("results/table1"), 0o555)
        self.assertIn("cannot be written", self.reproduce("table1", code=73).stderr)
        self.assertFalse(os.path.exists(self.path("runs")))

    def test_bad_input_is_refused(self):
        self.assertIn("expected one of table1, table2, figure2, figure3",
                      self.reproduce("table9", code=64).stderr)
        self.assertIn("got ''", self.reproduce(code=64).stderr)
        self.assertIn("no cell of table1 has a name like 'x'",
                      self.reproduce("table1", "--cell", "x", code=64).stderr)
        self.reproduce("table1", "--seeds", "0", code=64)
        self.assertIn("leave it out", self.reproduce("table2", "--seeds", "2", code=64).stderr)
        self.reproduce("figure3")
        experiment = json.loads(self.read("experiments/figure3.json"))
        experiment["cells"][0]["config"]["hidden"] = 5
        self.write("figure3", experiment)
        self.assertIn("made with another config", self.reproduce("figure3", code=64).stderr)
        self.write("figure3", {"cells": [{"nam": "x"}]})
        self.assertIn("figure3.json", self.reproduce("figure3", code=64).stderr)


if __name__ == "__main__":
    main()
