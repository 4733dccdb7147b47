"""spvae compare."""

import json
import pathlib
import statistics

from cli_support import CommandTest, main, read_npy


class Compare(CommandTest):
    def test_is_the_paired_difference_of_what_evaluate_says(self):
        runs = [self.train("a"), self.train("b", "--model", "vae")]
        result = self.run_json("compare", *runs, "--samples", "5", "--per-image",
                               self.path("both.npy"))
        shape, values = read_npy(self.path("both.npy"))
        self.assertEqual(shape, (20, 3))
        differences = [values[3 * i] - values[3 * i + 1] for i in range(20)]
        self.assertAlmostEqual(result["difference"], statistics.mean(differences), places=9)
        self.assertAlmostEqual(result["standard_error"],
                               statistics.stdev(differences) / 20 ** 0.5, places=9)
        for run, key in zip(runs, ["log_likelihood", "other_log_likelihood"]):
            evaluated = self.run_json("evaluate", run, "--samples", "5")
            self.assertAlmostEqual(result[key], evaluated["log_likelihood"], places=9)

    def test_a_run_does_not_differ_from_itself(self):
        run = self.train("a")
        result = self.run_json("compare", run, run, "--samples", "3", "--limit", "5")
        self.assertEqual((result["images"], result["difference"], result["standard_error"]),
                         (5, 0, 0))

    def test_runs_that_are_not_alike_are_refused(self):
        run = self.train("a")
        self.fails(64, "compare", run, self.train("b", "--likelihood", "binomial"),
                   says="likelihood differs")
        self.fails(64, "compare", run, self.train("c", "--data-seed", "1"), says="data-seed differs")
        self.fails(64, "compare", run, self.train("d", "--stretch", "none"), says="stretch differs")
        self.fails(64, "compare", run, self.train("e", "--dequantize", "off"),
                   says="dequantize differs")
        # Noise is no matter of discrete likelihoods.
        discrete = []
        for value in ["on", "off"]:
            config = pathlib.Path(self.path(f"{value}.json"))
            config.write_text(json.dumps({"dequantize": value}))
            discrete.append(self.train(value, "--likelihood", "logistic", "--config", str(config)))
        self.run_json("compare", *discrete, "--samples", "2")
        self.fails(64, "compare", run, says="say 'spvae compare RUN OTHER'")
        self.fails(64, "compare", run, run, "--limit", "1", says="got 1, expected at least 2")
        self.fails(66, "compare", run, self.path("none"), says="no such run")


if __name__ == "__main__":
    main()
