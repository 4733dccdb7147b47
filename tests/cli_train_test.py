"""spvae train: runs, their folders, resuming, interruption."""

import json
import math
import pathlib
import resource
import signal

from cli_support import (LIKELIHOODS, SIDE, SMALL, CommandTest, images, main, read_npy, small, write_data,
                         write_npy)

# Long enough to be stopped on the way, on any machine.
LONG = ["--max-steps", "3000", "--validate-every", "50", "--patience", "1000"]


class Train(CommandTest):
    def arguments(self, run, *more):
        return ["train", "--data", self.data, "--out", self.path(run), *small(*more)]

    def test_makes_a_run_for_every_likelihood_and_structure(self):
        for likelihood in LIKELIHOODS:
            for model in ["spvae", "vae"]:
                run = f"{likelihood}-{model}"
                result = self.run_json(*self.arguments(run, "--likelihood", likelihood, "--model",
                                                       model))
                self.assertEqual((result["run"], result["steps"]), (self.path(run), 20))
                self.assertEqual(result["best_step"] % 5, 0)
                lines = pathlib.Path(self.path(run), "metrics.jsonl").read_text().splitlines()
                checks = [json.loads(line) for line in lines]
                self.assertEqual([check["step"] for check in checks], [5, 10, 15, 20])
                self.assertEqual(max(check["validation_bound"] for check in checks),
                                 result["validation_bound"])

    def test_makes_a_run_of_convolutional_models(self):
        for model in ["conv-spvae", "conv-vae"]:
            flags = ["--model", model, "--filters", "2,3", "--dense", "4"]
            self.run_spvae(*self.arguments(model, *flags))
            config = json.loads(pathlib.Path(self.path(model), "config.json").read_text())
            self.assertEqual((config["model"], config["filters"]), (model, [2, 3]))
            self.assertEqual(self.run_json("info", self.path(model))["model"]["dense"], 4)
            self.run_spvae("evaluate", self.path(model), "--samples", "2")
            self.run_spvae("sample", self.path(model), "--count", "2", "--out", self.path("x.png"))
            self.run_spvae("train", "--config", self.path(model) + "/config.json", "--out",
                           self.path(model + "-again"))
            self.assertEqual(self.model_bytes(model), self.model_bytes(model + "-again"))
            self.fails(64, *self.arguments(model, *flags, "--resume", "--stride", "3"),
                       says=["stride 3", "the run to resume has"])

    def test_reports_progress_on_stderr_and_the_result_on_stdout(self):
        done = self.run_spvae(*self.arguments("run"))
        self.assertIn("50 training and 10 validation images", done.stderr)
        self.assertRegex(done.stderr, r"step 20 of 20  bound -?[\d.]+ nats  best -?[\d.]+ at step")
        self.assertNotIn("\r", done.stderr)
        self.assertRegex(done.stdout, r"^/.*/run: 20 steps in .*, best validation bound .* nats")

    def test_goes_by_default_to_a_folder_named_after_data_model_and_likelihood(self):
        arguments = ["train", "--data", self.data + "/", *SMALL, "--likelihood", "binomial"]
        self.assertEqual(self.run_json(*arguments)["run"], "runs/tiny-spvae-binomial")
        self.assertTrue(pathlib.Path(self.path("runs/tiny-spvae-binomial/config.json")).exists())

    def test_learns_eight_bit_images_by_the_logistic_likelihood_unless_told_otherwise(self):
        self.run_spvae("train", "--data", self.data, "--out", self.path("run"), *SMALL)
        config = json.loads(pathlib.Path(self.path("run"), "config.json").read_text())
        self.assertEqual(config["likelihood"], "logistic")
        self.assertIn("bits_per_dimension", self.run_json("evaluate", self.path("run"), "--samples",
                                                          "2"))
        self.fails(64, "train", "--data", self.data, "--out", self.path("x"), *SMALL, "--dequantize",
                   "on", says=["dequantize", "gaussian"])
        floats = write_npy(self.path("floats.npy"), (60, SIDE, SIDE),
                           [value / 300 for value in images(60)], "<f4")
        self.run_spvae("train", "--data", floats, "--out", self.path("floats"), *SMALL)
        config = json.loads(pathlib.Path(self.path("floats"), "config.json").read_text())
        self.assertEqual(config["likelihood"], "gaussian")

    def test_binarises_images_and_asks_for_it_where_the_likelihood_needs_it(self):
        bare = ["train", "--data", self.data, "--out", self.path("x"), *SMALL, "--likelihood"]
        self.fails(65, *bare, "bernoulli", says=["takes 2 values", "--binarise threshold"])
        self.fails(64, *bare, "gaussian", "--binarise", "threshold", says=["binarise", "discrete"])
        self.train("subset", "--likelihood", "ordinal", "--binarise", "threshold")
        written = []
        for how in ["threshold", "sample"]:
            run = self.train(how, "--likelihood", "bernoulli", "--binarise", how)
            config = json.loads(pathlib.Path(run, "config.json").read_text())
            self.assertEqual(config["binarise"], how)
            self.run_spvae("sample", run, "--count", "4", "--out", self.path("s.npy"))
            self.assertEqual(set(read_npy(self.path("s.npy"))[1]), {0.0, 1.0})
            score = self.run_json("evaluate", run, "--samples", "2")
            self.assertAlmostEqual(score["bits_per_dimension"] * SIDE**2 * math.log(2),
                                   -score["log_likelihood"], delta=1e-6)
            written.append(score["log_likelihood"])
        self.assertNotEqual(*written)
        self.fails(64, "compare", self.path("threshold"), self.path("sample"), says="binarise")
        black_and_white = write_npy(self.path("bw.npy"), (60, SIDE, SIDE),
                                    [255 * (value > 99) for value in images(60)], "|u1")
        self.run_spvae("train", "--data", black_and_white, *bare[3:], "bernoulli")

    def test_bounds_the_precision_where_it_is_asked_to(self):
        free = self.train("free")
        bounded = self.train("bounded", "--max-precision", "1.5")
        self.assertNotEqual(self.model_bytes("free"), self.model_bytes("bounded"))
        self.assertEqual(self.run_json("info", bounded)["model"]["max-precision"], 1.5)
        # No pixel is then likelier than a Gaussian of that precision at its mean.
        most = 64 * 0.5 * math.log(1.5 / (2 * math.pi))
        self.assertLess(self.run_json("evaluate", bounded, "--samples", "20")["log_likelihood"], most)
        self.run_spvae("sample", bounded, "--count", "2", "--out", self.path("x.png"))
        for bad in ["0.5", "-1", "nan", "many"]:
            self.fails(64, *self.arguments("x", "--max-precision", bad), says="max-precision")
        self.fails(64, *self.arguments("x", "--max-precision", "9", "--likelihood", "logistic"),
                   says=["max-precision", "gaussian"])
        raw = ["--stretch", "none", "--dequantize", "off"]
        warned = self.run_spvae(*self.arguments("raw", *raw)).stderr
        self.assertIn("--max-precision", warned)
        calm = self.run_spvae(*self.arguments("calm", *raw, "--max-precision", "100")).stderr
        self.assertNotIn("warning", calm)

    def test_gives_the_same_bytes_for_one_and_two_threads(self):
        self.train("one", "--threads", "1")
        self.train("two", "--threads", "2")
        self.assertEqual(self.model_bytes("one"), self.model_bytes("two"))

    def test_gives_the_same_bytes_from_the_config_of_a_run(self):
        run = self.train("one", "--likelihood", "logistic", "--seed", "3")
        self.run_spvae("train", "--config", run + "/config.json", "--out", self.path("two"))
        self.assertEqual(self.model_bytes("one"), self.model_bytes("two"))

    def test_gives_other_bytes_for_another_seed(self):
        self.train("one")
        self.train("two", "--seed", "1")
        self.assertNotEqual(self.model_bytes("one")[-4000:], self.model_bytes("two")[-4000:])

    def test_the_engines_agree(self):
        bounds = [self.run_json(*self.arguments(engine, "--engine", engine))["validation_bound"]
                  for engine in ["fused", "reference"]]
        self.assertAlmostEqual(bounds[0], bounds[1], delta=1e-3 * abs(bounds[1]) + 0.1)

    def test_an_existing_run_is_kept_without_resume_or_force(self):
        self.train("run")
        before = self.model_bytes("run")
        self.fails(73, *self.arguments("run", "--seed", "1"), says=["run", "--resume", "--force"])
        self.assertEqual(self.model_bytes("run"), before)
        self.run_spvae(*self.arguments("run", "--seed", "1", "--force"))
        self.assertNotEqual(self.model_bytes("run"), before)

    def test_a_foreign_folder_is_kept(self):
        pathlib.Path(self.path("precious")).mkdir()
        pathlib.Path(self.path("precious/thesis.tex")).write_text("words")
        self.fails(73, *self.arguments("precious"), says="precious")
        self.assertTrue(pathlib.Path(self.path("precious/thesis.tex")).exists())

    def test_resume_and_force_exclude_each_other(self):
        self.fails(64, *self.arguments("run", "--resume", "--force"), says=["--resume", "--force"])

    def test_a_folder_that_cannot_be_made_is_refused(self):
        pathlib.Path(self.path("file")).write_text("x")
        self.fails(73, *self.arguments("file/run"), says="file")
        self.fails(73, *self.arguments("file"), says="file")

    def test_a_bound_that_is_not_finite_stops_with_step_and_seed_and_keeps_the_model(self):
        self.fails(79, *self.arguments("run", "--learning-rate", "10", "--validate-every", "1",
                                       "--hidden-layers", "15", "--mean-link", "identity"),
                   says=["step", "seed 0", "kept in"])
        self.assertGreater(self.run_json("info", self.path("run"))["steps"], 0)


class Resume(CommandTest):
    def arguments(self, run, *more):
        return ["train", "--data", self.data, "--out", self.path(run), *small(*LONG, *more)]

    def assert_same_run(self, run, other):
        self.assertEqual(self.model_bytes(run), self.model_bytes(other))
        metrics = [[(check["step"], check["validation_bound"]) for check in
                    map(json.loads, pathlib.Path(self.path(name), "metrics.jsonl").read_text()
                        .splitlines())] for name in (run, other)]
        self.assertEqual(*metrics)

    def test_after_a_signal_gives_the_bytes_of_a_straight_run(self):
        self.run_spvae(*self.arguments("straight"))
        for name in [signal.SIGINT, signal.SIGTERM]:
            run = name.name
            process = self.start(*self.arguments(run))
            self.wait_for_checks(run, 2)
            process.send_signal(name)
            message = process.communicate()[1].splitlines()[-1]
            self.assertEqual(process.returncode, 130, message)
            self.assertRegex(message, r"^spvae: error: .*step \d+.*--resume")
            self.run_spvae(*self.arguments(run, "--resume"))
            self.assert_same_run(run, "straight")

    def test_after_kills_gives_the_bytes_of_a_straight_run(self):
        self.run_spvae(*self.arguments("straight"))
        process = self.start(*self.arguments("run"))
        self.wait_for_checks("run", 3)
        process.kill()
        process.communicate()
        process = self.start(*self.arguments("run", "--resume"))
        self.wait_for_checks("run", 5)
        process.kill()
        process.communicate()
        self.run_spvae("train", "--out", self.path("run"), "--resume")
        self.assert_same_run("run", "straight")

    def test_a_second_trainer_is_locked_out(self):
        process = self.start(*self.arguments("run"))
        self.wait_for_checks("run", 1)
        for mode in ["--resume", "--force"]:
            self.fails(73, *self.arguments("run", mode), says="run")
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertEqual(process.returncode, 130)

    def test_of_a_finished_run_does_nothing(self):
        self.run_spvae(*self.arguments("run"))
        before = self.model_bytes("run")
        done = self.run_spvae(*self.arguments("run", "--resume"))
        self.assertIn("finished", done.stderr)
        self.assertEqual(self.model_bytes("run"), before)

    def test_with_another_config_is_refused(self):
        self.run_spvae(*self.arguments("run"))
        self.fails(64, *self.arguments("run", "--resume", "--hidden", "5"), says="hidden")

    def test_with_other_data_is_refused(self):
        run = self.train("run")
        for file in pathlib.Path(self.data).iterdir():
            file.unlink()
        pathlib.Path(self.data).rmdir()
        write_data(self.data, SIDE + 4)
        self.fails(65, "train", "--out", run, "--resume")

    def test_without_a_run_is_no_input(self):
        self.fails(66, *self.arguments("none", "--resume"), says="none")

    def test_of_a_damaged_state_is_a_data_error(self):
        process = self.start(*self.arguments("run"))
        self.wait_for_checks("run", 2)
        process.send_signal(signal.SIGINT)
        process.communicate()
        state = pathlib.Path(self.path("run"), "state.safetensors")
        good = state.read_bytes()
        for bad in [b"", good[:-5], good[:-50] + b"\x7f" * 4 + good[-46:]]:
            state.write_bytes(bad)
            self.fails(65, *self.arguments("run", "--resume"), says="state.safetensors")

    def test_a_full_disk_keeps_the_former_files_whole(self):
        process = self.start(*self.arguments("run"))
        self.wait_for_checks("run", 2)
        process.send_signal(signal.SIGINT)
        process.communicate()
        before = self.model_bytes("run")
        limit = len(before) // 2

        def no_more_than_half():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = self.run_spvae(*self.arguments("run", "--resume"), code=74,
                              preexec_fn=no_more_than_half)
        self.assertIn(self.path("run"), done.stderr)
        self.assertEqual(self.model_bytes("run"), before)
        self.run_spvae("info", self.path("run"))
        self.run_spvae(*self.arguments("run", "--resume"))
        self.run_spvae(*self.arguments("straight"))
        self.assert_same_run("run", "straight")


if __name__ == "__main__":
    main()
