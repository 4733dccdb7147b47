"""spvae train --per-class, spvae classify."""

import csv
import json
import math
import pathlib
import shutil
import signal
import struct

from cli_support import CommandTest, idx_bytes, main, read_npy, small

CLASSES = ["even", "odd 1"]
# Long enough to be stopped on the way, on any machine.
LONG = ["--max-steps", "3000", "--validate-every", "50", "--patience", "1000"]


def labels_text(count=80):
    """Of the tiny data set's images, training file first: in the first file bars in even columns
    are of one class, those in odd columns of the other."""
    return "".join(f"{CLASSES[i % 2]}\n" for i in range(count))


class ClassifyTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.labels = self.path("labels.txt")
        pathlib.Path(self.labels).write_text(labels_text())

    def arguments(self, run, *more):
        return ["train", "--per-class", "--data", self.data, "--labels", self.labels, "--out",
                self.path(run), *small(*more)]

    def train_classes(self, run="run", *more):
        self.run_spvae(*self.arguments(run, *more))
        return self.path(run)

    def models(self, run):
        return [self.model_bytes(f"{run}/{folder}") for folder in ["class-even", "class-odd%201"]]


class TrainPerClass(ClassifyTest):
    def test_makes_an_ordinary_run_for_each_class(self):
        result = self.run_json(*self.arguments("run"))
        self.assertEqual(result["run"], self.path("run"))
        self.assertEqual([entry["class"] for entry in result["classes"]], CLASSES)
        self.assertEqual([entry["steps"] for entry in result["classes"]], [20, 20])
        self.assertEqual(sum(entry["training_images"] for entry in result["classes"]), 50)
        self.assertEqual(sum(entry["validation_images"] for entry in result["classes"]), 10)
        kept = json.loads(pathlib.Path(self.path("run/classes.json")).read_text())
        self.assertEqual([entry["name"] for entry in kept["classes"]], CLASSES)
        self.assertEqual(kept["data_digest"], result["data_digest"])
        self.assertEqual((kept["config"]["class"], kept["config"]["hidden"]), ("", 4))

        # Each is what `train --class` makes, and may be asked as any run.
        self.run_spvae("train", "--class", "odd 1", "--data", self.data, "--labels", self.labels,
                       "--out", self.path("own"), *small())
        self.assertEqual(self.model_bytes("own"), self.models("run")[1])
        own = self.path("run/class-odd%201")
        evaluated = self.run_json("evaluate", own, "--samples", "2")
        self.assertEqual(evaluated["images"], 10)  # the test images of the class
        evaluated = self.run_json("evaluate", own, "--samples", "2", "--data", self.data)
        self.assertEqual(evaluated["images"], 20)
        self.fails(64, "evaluate", self.path("run"), says=["model for each class", "class-even"])

    def test_says_which_class_it_is_at(self):
        done = self.run_spvae(*self.arguments("run"))
        self.assertLess(done.stderr.index("class 1 of 2: even"),
                        done.stderr.index("class 2 of 2: odd 1"))
        self.assertRegex(done.stdout, "models of 2 classes .*spvae classify")

    def test_goes_by_default_to_folders_named_after_the_run(self):
        arguments = ["train", "--data", self.data, "--labels", self.labels, *small("--max-steps", "5")]
        self.assertEqual(self.run_json(*arguments, "--per-class")["run"],
                         "runs/tiny-spvae-gaussian-classes")
        self.assertEqual(self.run_json(*arguments, "--class", "odd 1")["run"],
                         "runs/tiny-spvae-gaussian-class-odd%201")

    def test_that_was_interrupted_or_killed_goes_on_to_the_same_bits(self):
        self.train_classes("straight", *LONG)
        process = self.start(*self.arguments("run", *LONG))
        self.wait_for_checks("run/class-even", 2)
        process.send_signal(signal.SIGINT)
        message = process.communicate()[1].splitlines()[-1]
        self.assertEqual(process.returncode, 130, message)
        self.assertIn("the same command goes on", message)
        process = self.start(*self.arguments("run", *LONG))
        self.wait_for_checks("run/class-odd%201", 2)
        process.kill()
        process.communicate()
        self.run_spvae("train", "--resume", "--out", self.path("run"))
        self.assertEqual(self.models("run"), self.models("straight"))

    def test_that_is_finished_is_kept_and_another_config_refused(self):
        run = self.train_classes()
        before = self.models("run")
        again = self.run_json(*self.arguments("run"))
        self.assertEqual((again["seconds"], again["classes"][0]["steps"]), (0, 20))
        self.fails(64, *self.arguments("run", "--hidden", "5"), says=["hidden 5", "has 4"])
        self.fails(64, *self.arguments("run", "--hidden", "5", "--resume"), says="hidden 5")
        self.assertEqual(self.models("run"), before)
        self.fails(73, "train", "--force", "--data", self.data, "--out", run, *small(),
                   says="--per-class")
        self.run_spvae(*self.arguments("run", "--hidden", "5", "--force"))
        self.assertNotEqual(self.models("run"), before)

    def test_bad_input_is_refused(self):
        def train(code, *arguments, says):
            self.fails(code, "train", "--data", self.data, "--out", self.path("none"), *small(),
                       *arguments, says=says)
            self.assertFalse(pathlib.Path(self.path("none")).exists())

        train(66, "--per-class", says=["no labels", "--labels"])
        train(64, "--labels", self.labels, says="labels")
        train(66, "--per-class", "--labels", self.path("nothing"), says="nothing")
        train(64, "--per-class", "--class", "even", "--labels", self.labels, says="--per-class")
        pathlib.Path(self.labels).write_text(labels_text(79))
        train(65, "--per-class", "--labels", self.labels, says=["79", "80"])
        pathlib.Path(self.labels).write_text("one\n" * 80)
        train(65, "--per-class", "--labels", self.labels, says="at least two")
        self.fails(66, "train", "--per-class", "--resume", "--out", self.path("none"),
                   says="classes.json")
        pathlib.Path(self.labels).write_text(labels_text())
        self.fails(64, "train", "--class", "cow", "--data", self.data, "--labels", self.labels,
                   "--out", self.path("cow"), *small(), says=["cow", "even, odd 1"])
        self.train("ordinary")
        for mode in [[], ["--force"]]:
            self.fails(73, *self.arguments("ordinary", *mode), says="choose another --out")
        self.fails(66, "train", "--per-class", "--resume", "--out", self.path("ordinary"),
                   says="classes.json")


class Classify(ClassifyTest):
    def test_reports_accuracy_loss_and_calibration_before_and_after(self):
        run = self.train_classes()
        out = self.path("posteriors.npy")
        result = self.run_json("classify", run, "--samples", "3", "--temperature", "50", "--out", out)
        self.assertEqual((result["images"], result["classes"]), (20, CLASSES))
        self.assertEqual((result["temperature"], result["class_priors"]), (50, [0.5, 0.5]))
        self.assertNotIn("fit_images", result)
        self.assertEqual(result["before"]["accuracy"], result["after"]["accuracy"])

        # The same again from the log-posteriors.
        shape, values = read_npy(out)
        self.assertEqual(shape, (20, 5))
        right, loss, confusion = 0, 0, [[0, 0], [0, 0]]
        for i in range(20):
            image, label, predicted, even, odd = values[5 * i:5 * i + 5]
            self.assertEqual((image, label), (i, i % 2))
            self.assertAlmostEqual(math.exp(even) + math.exp(odd), 1, places=12)
            self.assertEqual(predicted, 1 if odd > even else 0)
            right += predicted == label
            loss -= (even, odd)[i % 2]
            confusion[int(label)][int(predicted)] += 1
        self.assertAlmostEqual(result["after"]["accuracy"], right / 20, places=12)
        self.assertAlmostEqual(result["after"]["negative_log_likelihood"], loss / 20, places=9)
        self.assertEqual(result["confusion"], confusion)
        description = json.loads(pathlib.Path(out + ".json").read_text())
        self.assertEqual(description["columns"], ["image", "label", "predicted",
                                                  "log_posterior_even", "log_posterior_odd 1"])
        self.assertEqual(description["model"]["config"]["hidden"], 4)

    def test_likelihoods_are_those_of_evaluate(self):
        run = self.train_classes()
        likelihoods = []
        for folder in ["class-even", "class-odd%201"]:
            out = self.path(folder + ".npy")
            self.run_spvae("evaluate", f"{run}/{folder}", "--samples", "3", "--data", self.data,
                           "--per-image", out)
            likelihoods.append(read_npy(out)[1][::4])
        out = self.path("posteriors.npy")
        result = self.run_json("classify", run, "--samples", "3", "--temperature", "2", "--out", out,
                               "--prior", "empirical")
        priors = result["class_priors"]
        self.assertAlmostEqual(sum(priors), 1)
        self.assertNotEqual(priors[0], priors[1])
        values = read_npy(out)[1]
        for i in range(20):
            expected = (likelihoods[0][i] - likelihoods[1][i] + math.log(priors[0] / priors[1])) / 2
            self.assertAlmostEqual(values[5 * i + 3] - values[5 * i + 4], expected, places=7)

    def test_fits_the_temperature_on_the_validation_images(self):
        # With some wrong labels there are errors, hence a best temperature.
        pathlib.Path(self.labels).write_text(
            "".join(f"{CLASSES[(i + (i % 5 == 0)) % 2]}\n" for i in range(80)))
        run = self.train_classes()
        fitted = self.run_json("classify", run, "--samples", "3")
        self.assertEqual(fitted["fit_images"], 10)
        self.assertEqual(fitted["temperature_fit"], "fitted")
        of_validation = ["classify", run, "--samples", "3", "--split", "validation", "--temperature"]
        temperature = fitted["temperature"]
        losses = [self.run_json(*of_validation, repr(temperature * factor))["after"]
                  ["negative_log_likelihood"] for factor in (0.9, 1, 1.1)]
        self.assertLess(losses[1], losses[0])
        self.assertLess(losses[1], losses[2])
        few = self.run_json("classify", run, "--samples", "3", "--fit-images", "7")
        self.assertEqual(few["fit_images"], 7)
        # Other images do not change it.
        other = self.run_json("classify", run, "--samples", "3", "--limit", "5", "--data", self.data)
        self.assertEqual(other["temperature"], temperature)

    def test_warns_of_training_images_among_those_asked_about(self):
        one_file = pathlib.Path(self.path("one"))
        one_file.write_bytes(idx_bytes(60))
        labels = self.path("labels-60.txt")
        pathlib.Path(labels).write_text(labels_text(60))
        run = self.path("run-60")
        self.run_spvae("train", "--per-class", "--data", one_file, "--labels", labels, "--out", run,
                       *small())
        asked = ["classify", run, "--samples", "3", "--temperature", "2"]
        own = self.run_spvae(*asked)
        self.assertNotIn("warning", own.stderr)
        named = self.run_spvae(*asked, "--data", one_file)
        self.assertIn("its training images among them", named.stderr)
        self.assertIn("60 images", named.stdout)

    def test_images_without_labels_get_posteriors(self):
        run = self.train_classes()
        others = pathlib.Path(self.path("others"))
        others.write_bytes(idx_bytes(30))
        for name in ["p.csv", "p.jsonl"]:
            out = self.path(name)
            result = self.run_json("classify", run, "--samples", "3", "--data", others, "--out", out)
            self.assertEqual((result["images"], result["labelled"]), (30, False))
            self.assertNotIn("before", result)
        with open(self.path("p.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        lines = [json.loads(line) for line in
                 pathlib.Path(self.path("p.jsonl")).read_text().splitlines()]
        self.assertEqual(len(rows), 30)
        for row, line in zip(rows, lines):
            self.assertEqual(list(row), ["image", "predicted", "log_posterior_even",
                                         "log_posterior_odd 1"])
            self.assertEqual({key: float(value) for key, value in row.items()}, line)
        done = self.run_spvae("classify", run, "--samples", "3", "--data", others)
        self.assertIn("no labels", done.stdout)

        # With labels of their own they are compared, if there is a model of each.
        labels = self.path("other-labels.txt")
        pathlib.Path(labels).write_text("even\n" * 30)
        arguments = ["classify", run, "--samples", "3", "--data", others, "--labels", labels]
        self.assertEqual(self.run_json(*arguments)["confusion"][1], [0, 0])
        pathlib.Path(labels).write_text("cow\n" * 30)
        self.fails(65, *arguments, says=["cow", "no model"])

    def test_takes_the_labels_beside_mnists_images(self):
        data = pathlib.Path(self.path("digits"))
        data.mkdir()
        for name, count in [("train", 60), ("t10k", 20)]:
            (data / f"{name}-images-idx3-ubyte").write_bytes(idx_bytes(count))
            labels = bytes(i % 2 * 7 for i in range(count))
            (data / f"{name}-labels-idx1-ubyte").write_bytes(
                struct.pack(">II", 0x00000801, count) + labels)
        self.run_spvae("train", "--per-class", "--data", data, "--out", self.path("run"), *small())
        result = self.run_json("classify", self.path("run"), "--samples", "2")
        self.assertEqual((result["classes"], result["labelled"]), (["0", "7"], True))

    def test_depends_on_neither_threads_nor_limit(self):
        run = self.train_classes()
        def first(*more):
            self.run_spvae("classify", run, "--samples", "3", "--out", self.path("p.npy"), *more)
            return list(read_npy(self.path("p.npy"))[1][:5])
        expected = first("--threads", "1")
        self.assertEqual(first("--threads", "2"), expected)
        self.assertEqual(first("--limit", "1"), expected)

    def test_bad_input_is_refused(self):
        run = self.train_classes()
        self.fails(64, "classify", says="no run given")
        self.fails(66, "classify", self.path("none"), says=["none", "--per-class"])
        self.fails(66, "classify", run + "/class-even", says="--per-class")
        self.fails(64, "classify", run, "--out", self.path("p.txt"), says=".npy, .csv or .jsonl")
        self.fails(73, "classify", run, "--out", self.path("none/p.csv"), says="none")
        for flag, value in [("--samples", "0"), ("--temperature", "0"), ("--temperature", "-1"),
                            ("--temperature", "nan"), ("--fit-images", "0"), ("--prior", "flat"),
                            ("--limit", "0"), ("--split", "all")]:
            self.fails(64, "classify", run, flag, value, says=flag[2:])
        self.fails(64, "classify", run, "--temperature", "1", "--fit-images", "3",
                   says="--temperature")
        self.fails(66, "classify", run, "--data", self.path("none.npy"), says="none.npy")
        pathlib.Path(self.path("large")).write_bytes(idx_bytes(20, 12))
        self.fails(65, "classify", run, "--data", self.path("large"), says="12")
        pathlib.Path(self.labels).unlink()
        self.fails(66, "classify", run, says="labels.txt")
        other = ["classify", run, "--samples", "2", "--data", self.data]
        self.fails(66, *other, says=["labels.txt", "--temperature"])
        self.run_spvae(*other, "--temperature", "1")
        shutil.rmtree(run + "/class-odd%201")
        self.fails(66, "classify", run, says=["odd 1", "--resume"])
        pathlib.Path(run, "classes.json").write_text("{}")
        self.fails(65, "classify", run, says=["classes.json", "damaged"])


if __name__ == "__main__":
    main()
