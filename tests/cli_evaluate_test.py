"""spvae evaluate."""

import json
import math
import pathlib
import shutil
import signal
import subprocess

from cli_support import LIKELIHOODS, SPVAE, CommandTest, main, read_npy, write_data

KEYS = ["images", "samples", "log_likelihood", "standard_error", "monte_carlo_error",
        "effective_samples", "unreliable_images", "bits_per_dimension", "parameters", "encoder_parameters", "seconds"]


class Evaluate(CommandTest):
    def test_has_exactly_the_documented_keys_and_bits_only_where_discrete(self):
        for likelihood in LIKELIHOODS:
            run = self.train(likelihood, "--likelihood", likelihood)
            result = self.run_json("evaluate", run, "--samples", "10")
            keys = [key for key in KEYS if likelihood != "gaussian" or key != "bits_per_dimension"]
            self.assertEqual(list(result)[:len(keys)], keys)
            self.assertEqual((result["images"], result["samples"]), (20, 10))
            self.assertEqual((result["split"], result["seed"], result["data"]), ("test", 0, "tiny"))
            self.assertGreater(result["standard_error"], 0)
            self.assertTrue(1 <= result["effective_samples"] <= 10)
            if likelihood == "gaussian":
                self.assertNotIn("bits_per_dimension", result)
            else:
                self.assertAlmostEqual(result["bits_per_dimension"],
                                       -result["log_likelihood"] / (64 * math.log(2)))

    def test_takes_5000_samples_of_the_test_images_by_default(self):
        result = self.run_json("evaluate", self.train("run"))
        self.assertEqual((result["images"], result["samples"]), (20, 5000))

    def test_splits_and_limit_choose_the_images(self):
        run = self.train("run")
        for split, count in [("train", 50), ("validation", 10), ("test", 20)]:
            self.assertEqual(self.run_json("evaluate", run, "--samples", "2", "--split",
                                           split)["images"], count)
        self.assertEqual(self.run_json("evaluate", run, "--samples", "2", "--limit", "3")["images"], 3)
        self.assertEqual(self.run_json("evaluate", run, "--samples", "2", "--limit", "99")["images"],
                         20)

    def test_does_not_depend_on_threads_but_on_the_seed(self):
        run = self.train("run")
        one, two, other = [self.run_json("evaluate", run, "--samples", "20", *more)["log_likelihood"]
                           for more in [["--threads", "1"], ["--threads", "2"], ["--seed", "1"]]]
        self.assertEqual(one, two)
        self.assertNotEqual(one, other)

    def test_of_the_validation_split_repeats_the_bound_of_training(self):
        run = self.train("run")
        config = json.loads(pathlib.Path(run, "config.json").read_text())
        best = self.run_json("info", run)["validation_bound"]
        bound = self.run_json("evaluate", run, "--split", "validation", "--samples",
                              config["validation-samples"])
        self.assertAlmostEqual(bound["log_likelihood"], best, delta=0.05 * abs(best) + 1)

    def test_the_engines_agree(self):
        run = self.train("run")
        fused, reference = [self.run_json("evaluate", run, "--samples", "20", "--engine",
                                          engine)["log_likelihood"]
                            for engine in ["fused", "reference"]]
        self.assertAlmostEqual(fused, reference, delta=1e-4 * abs(reference) + 1e-3)

    def test_laplace_samples_are_tighter_and_named(self):
        run = self.train("run", "--likelihood", "binomial")
        by_encoder = self.run_json("evaluate", run, "--samples", "5000")
        by_laplace = self.run_json("evaluate", run, "--samples", "500", "--sampler", "laplace")
        self.assertEqual((by_encoder["sampler"], by_laplace["sampler"]), ("encoder", "laplace"))
        # Encoders miss the posteriors of an untrained model by far.
        self.assertGreater(by_laplace["log_likelihood"], by_encoder["log_likelihood"] + 10)
        again = self.run_json("evaluate", run, "--samples", "500", "--sampler", "laplace",
                              "--threads", "1")
        self.assertEqual(again["log_likelihood"], by_laplace["log_likelihood"])

    def test_per_image_figures_average_to_the_result(self):
        run = self.train("run")
        out = self.path("scores.npy")
        unknown = []
        for samples in [20, 5000]:
            result = self.run_json("evaluate", run, "--samples", samples, "--per-image", out)
            shape, values = read_npy(out)
            self.assertEqual(shape, (20, 4))
            self.assertAlmostEqual(sum(values[0::4]) / 20, result["log_likelihood"], places=9)
            known = [error for error in values[1::4] if not math.isnan(error)]
            unknown.append(20 - len(known))
            self.assertEqual(result["unreliable_images"], unknown[-1])
            if unknown[-1] == 0:
                self.assertAlmostEqual(result["monte_carlo_error"],
                                       math.sqrt(sum(error ** 2 for error in known)) / 20, places=9)
            else:
                self.assertIsNone(result["monte_carlo_error"])
        self.assertGreater(unknown[0], 0)
        self.assertEqual(unknown[1], 0)
        self.assertEqual(list(values[3::4]), list(range(20)))
        beside = json.loads(pathlib.Path(out + ".json").read_text())
        self.assertEqual([column["name"] for column in beside["columns"]],
                         ["log_likelihood", "monte_carlo_error", "effective_samples", "image"])
        self.assertEqual(beside["evaluation"]["log_likelihood"], result["log_likelihood"])
        self.assertEqual(beside["model"]["config"]["hidden"], 4)
        self.assertRegex(beside["model"]["data_digest"], "^[0-9a-f]{64}$")
        self.assertIn("version", beside)

    def test_prints_units_for_people_and_progress_on_stderr(self):
        done = self.run_spvae("evaluate", self.train("run"), "--samples", "10")
        self.assertRegex(done.stdout, r"log-likelihood +-?[\d.]+ nats per image")
        self.assertIn("20 of 20 images", done.stderr)

    def test_takes_a_model_file_alone_and_other_data(self):
        run = self.train("run")
        other = write_data(self.path("other"))
        of_run = self.run_json("evaluate", run, "--samples", "5")
        of_file = self.run_json("evaluate", run + "/model.safetensors", "--samples", "5", "--data",
                                other)
        self.assertEqual(of_run["log_likelihood"], of_file["log_likelihood"])

    def test_images_of_another_size_are_a_data_error(self):
        other = write_data(self.path("other"), side=9)
        self.fails(65, "evaluate", self.train("run"), "--data", other, "--samples", "2",
                   says=["9", "8"])

    def test_bad_numbers_are_refused(self):
        run = self.train("run")
        for flag, value in [("--samples", "0"), ("--samples", "-5"), ("--samples", "2000000000"),
                            ("--samples", "many"), ("--limit", "0"), ("--limit", "-1")]:
            self.fails(64, "evaluate", run, flag, value, says=[flag[2:], value])

    def test_a_missing_run_is_no_input_and_none_a_usage_error(self):
        self.fails(66, "evaluate", self.path("none"), says="none")
        self.fails(64, "evaluate", says="RUN")

    def test_an_output_that_cannot_be_made_is_refused_before_the_work(self):
        run = self.train("run")
        endless = ["evaluate", run, "--samples", "1000000000", "--per-image"]
        self.fails(73, *endless, self.path("none/x.npy"), says="none")
        pathlib.Path(self.path("folder.npy")).mkdir()
        self.fails(73, *endless, self.path("folder.npy"), says="folder.npy")
        self.fails(64, *endless, self.path("x.txt"), says=".npy")

    def test_stops_on_a_signal(self):
        run = self.train("run")
        process = self.start("evaluate", run, "--split", "train", "--samples", "200000", "--threads",
                             "1", "--engine", "reference")
        self.assertIn("50 images", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()  # long before the batch is done
        self.assertEqual(process.returncode, 130)
        self.assertIn("0 of 50 images", said)

    def test_of_data_that_have_changed_is_refused_unless_asked_for(self):
        run = self.train("run")
        shutil.rmtree(self.data)
        write_data(self.data, first=3)
        message = self.fails(65, "evaluate", run, "--samples", "2", says=["not those", "--data"])
        self.assertIn(self.data, message)
        self.run_spvae("evaluate", run, "--samples", "2", "--data", self.data)
        shutil.rmtree(self.data)
        self.fails(66, "evaluate", run, "--samples", "2", says="--data")

    def test_errors_that_cannot_be_estimated_are_null(self):
        run = self.train("run")
        self.assertIsNone(self.run_json("evaluate", run, "--samples", "1")["monte_carlo_error"])
        self.assertIsNone(self.run_json("evaluate", run, "--samples", "2", "--limit",
                                        "1")["standard_error"])
        self.assertIn("unknown", self.run_spvae("evaluate", run, "--samples", "1").stdout)

    def test_prints_the_result_even_if_the_file_of_images_cannot_be_written(self):
        run = self.train("run")
        done = subprocess.run(["bash", "-c", 'ulimit -f 0; exec "$@"', "bash", SPVAE, "evaluate", run,
                               "--samples", "2", "--json", "--per-image", self.path("x.npy")],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual(json.loads(done.stdout)["images"], 20)


if __name__ == "__main__":
    main()
