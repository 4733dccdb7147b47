"""Own images: folders of PNG files, arrays, labels, and data that moved."""

import pathlib

from cli_support import CommandTest, images, main, read_npy, small, write_png, write_npy

PIXELS = 64
ESCAPES = "\x1b[31mred\x07\u009b5m\u202e"


class OwnImagesTest(CommandTest):
    def write_folder(self, name, count=10):
        """PNG files in a folder, all different."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        for i in range(count):
            write_png(folder / f"{i}.png", 8, images(1, first=i + len(name)))
        return folder

    def write_array(self, name="own.npy", count=60, first=0):
        return write_npy(self.path(name), (count, 8, 8), images(count, first=first))

    def train_on(self, data, out="run", *more):
        done = self.run_spvae("train", "--data", data, "--out", self.path(out), *small(*more))
        return self.path(out), done.stderr

    def expect_plain(self, done, *words):
        for said in [done.stdout, done.stderr]:
            for control in "\x1b\x07\u009b\u202e":
                self.assertNotIn(control, said)
        for word in words:
            self.assertIn(word, done.stdout + done.stderr)


class Folders(OwnImagesTest):
    def test_splits_are_named_in_any_case_and_by_other_words(self):
        for train, validation, test in [("train", "valid", "test"), ("Train", "Val", "TEST"),
                                        ("training", "validation", "testing")]:
            top = f"of-{train}"
            self.write_folder(f"{top}/{train}", 12)
            self.write_folder(f"{top}/{validation}", 4)
            self.write_folder(f"{top}/{test}", 3)
            shown = self.run_json("data", self.path(top))
            self.assertEqual([shown[key] for key in ["train", "validation", "test"]], [12, 4, 3])
            run, said = self.train_on(self.path(top), f"run-{train}")
            self.assertIn("12 training and 4 validation images", said)
            self.assertEqual(self.run_json("evaluate", run, "--samples", "2")["images"], 3)

    def test_two_of_one_split_and_images_beside_them_are_refused_by_all_commands(self):
        self.write_folder("own/train", 12)
        run, _ = self.train_on(self.path("own"))
        for name, words in [("Train", "Train and train"), ("extra", "got extra beside")]:
            folder = self.write_folder(f"own/{name}", 3)
            for command in [["data", self.path("own")], ["evaluate", run, "--samples", "2"],
                            ["train", "--data", self.path("own"), "--out", self.path("x"), *small()]]:
                self.fails(65, *command, says=words)
            folder.rename(self.folder / f"moved-{name}")

    def test_pictures_that_are_left_out_are_counted_by_all_commands(self):
        self.write_folder("own/a", 30)
        self.write_folder("own/b/x", 5)
        for i in range(3):
            pathlib.Path(self.path(f"own/a/{i}.JPG")).write_bytes(b"jpeg")
        words = "warning: data own: left out: 3 .jpg files, 5 PNG files in deeper folders (b/x);"
        run, said = self.train_on(self.path("own"))
        self.assertEqual(said.count(words), 1)
        for command in [["data", self.path("own")], ["evaluate", run, "--samples", "2"]]:
            self.assertEqual(self.run_spvae(*command).stderr.count(words), 1)
            self.assertIn("left out", self.run_json(*command)["data_warning"])


class Names(OwnImagesTest):
    def test_that_could_command_a_terminal_are_shown_plain(self):
        self.write_folder(f"own/{ESCAPES}", 30)
        self.write_folder("own/blue", 30)
        data = self.path("own")
        done = self.run_spvae("train", "--per-class", "--data", data, "--out", self.path("run"),
                              *small())
        self.expect_plain(done, "class 1 of 2:  [31mred   5m")
        for flags, words in [([], "2 classes"), (["--json"], "[31mred")]:
            self.expect_plain(self.run_spvae("classify", self.path("run"), "--samples", "2", *flags),
                              words)
        self.expect_plain(self.run_spvae("train", "--class", "green", "--data", data, "--out",
                                         self.path("x"), *small(), code=64), "31mred")
        named = self.path(f"{ESCAPES}.npy")
        self.write_array(named)
        self.expect_plain(self.run_spvae("data", named), "[31mred   5m   .npy")

    def test_of_classes_lose_marks_and_blanks(self):
        data = self.write_array()
        said = []
        for name, start, end in [("plain", "", "\n"), ("mark", "\ufeff", "\n"), ("blank", "", " \n"),
                                 ("lines", "", "\r\n"), ("all", "\ufeff", "\t\r\n")]:
            labels = pathlib.Path(self.path("labels.txt"))
            labels.write_bytes((start + "".join(f"{i % 3}{end}" for i in range(60))).encode())
            self.train_on(data, name, "--labels", labels, "--class", "0")
            said.append(self.model_bytes(name))
        self.assertEqual(len(set(said)), 1)
        labels.write_bytes("".join(f"{i % 3}\n" for i in range(60)).encode("utf-16"))
        self.fails(65, "train", "--data", data, "--labels", labels, "--class", "0", "--out",
                   self.path("x"), *small(), says=["UTF-16", "save it as UTF-8"])

    def test_of_a_class_without_validation_images_come_with_what_to_do(self):
        data = self.write_array()
        labels = pathlib.Path(self.path("labels.txt"))
        labels.write_text("rare\n" + "".join(f"{i % 2}\n" for i in range(59)))
        for flags in [["--per-class"], ["--class", "rare"]]:
            self.fails(65, "train", "--data", data, "--labels", labels, "--out", self.path("x"),
                       *flags, *small(), says=["of class rare", "--data-seed", "leave the class out"])


class MovedData(OwnImagesTest):
    def test_keep_the_division_of_the_run(self):
        before = self.folder / "before"
        before.mkdir()
        run, _ = self.train_on(self.write_array("before/own.npy"), "run", "--data-seed", "3")
        asked = ["evaluate", run, "--samples", "2"]
        rows = {}
        for split in ["train", "validation", "test"]:
            self.run_spvae(*asked, "--split", split, "--per-image", self.path("before.npy"))
            rows[split] = read_npy(self.path("before.npy"))
        # Where they were, naming them asks about all.
        named = self.run_spvae(*asked, "--data", self.path("before/own.npy"))
        self.assertIn("60 images (all)", named.stdout)
        self.assertIn("leave out --data", named.stderr)
        before.rename(self.folder / "after")
        self.fails(66, *asked, says="say --data with their new place")
        for split, expected in rows.items():
            done = self.run_spvae(*asked, "--data", self.path("after/own.npy"), "--split", split,
                                  "--per-image", self.path("after.npy"))
            self.assertNotIn("warning", done.stderr)
            self.assertIn(f"({split})", done.stdout)
            self.assertEqual(repr(read_npy(self.path("after.npy"))), repr(expected))
        # Others where they were are no hindrance; and others are taken whole.
        before.mkdir()
        self.write_array("before/own.npy", first=5)
        self.fails(65, *asked, says="not those")
        self.assertEqual(self.run_json(*asked, "--data", self.path("after/own.npy"))["split"], "test")
        other = self.write_array("other.npy", 61)
        self.assertEqual(self.run_json(*asked, "--data", other)["split"], "all")

    def test_of_a_class_or_under_a_mask_do_too(self):
        mask = write_npy(self.path("mask.npy"), (8, 8), [1] * 40 + [0] * 24)
        labels = pathlib.Path(self.path("labels.txt"))
        labels.write_text("".join(f"{i % 2}\n" for i in range(60)))
        for name, flags in [("masked", ["--mask", mask]),
                            ("class", ["--labels", labels, "--class", "1"])]:
            data = pathlib.Path(self.write_array(f"{name}-before.npy"))
            run, _ = self.train_on(data, name, *flags)
            after = self.path(f"{name}-after.npy")
            asked = ["evaluate", run, "--samples", "2", "--split", "train"]
            before = self.run_json(*asked)
            data.rename(after)
            moved = self.run_json(*asked, "--data", after)
            for key in ["images", "split", "log_likelihood", "data_digest"]:
                self.assertEqual(moved[key], before[key], name)
        labels.unlink()
        done = self.run_spvae("evaluate", run, "--samples", "2", "--data", after)
        self.assertIn("training images may be among them", done.stderr)
        pathlib.Path(mask).unlink()
        pathlib.Path(after).rename(data)
        self.fails(66, "evaluate", self.path("masked"), "--samples", "2", says="mask.npy")

    def test_of_classes_are_classified_in_the_division_of_the_run(self):
        labels = pathlib.Path(self.path("labels.txt"))
        labels.write_text("".join(f"{i % 2}\n" for i in range(60)))
        data = pathlib.Path(self.write_array())
        self.run_spvae("train", "--per-class", "--data", data, "--labels", labels, "--out",
                       self.path("run"), *small())
        asked = ["classify", self.path("run"), "--samples", "2", "--temperature", "1"]
        before = self.run_json(*asked)
        fitted = self.run_json(*asked[:4])["temperature"]
        data.rename(self.path("after.npy"))
        moved = ["--data", self.path("after.npy"), "--labels", labels]
        self.assertEqual(self.run_json(*asked[:4], *moved)["temperature"], fitted)
        after = self.run_json(*asked, "--data", self.path("after.npy"), "--labels", labels)
        self.assertEqual(after["images"], 6)
        for key in ["split", "before", "confusion", "data_digest"]:
            self.assertEqual(after[key], before[key])


class Truths(OwnImagesTest):
    def test_under_a_mask_that_leaves_one_value_are_those_of_the_whole_image(self):
        values = [0 if at % 8 < 4 else 200 + 7 * at % 56 for at in range(60 * PIXELS)]
        run, _ = self.train_on(write_npy(self.path("own.npy"), (60, 8, 8), values), "run",
                               "--stretch", "image", "--likelihood", "logistic")
        left = write_npy(self.path("left.npy"), (8, 8), [1, 1, 1, 1, 0, 0, 0, 0] * 8)
        asked = ["inpaint", run, "--fill", "mean", "--out", self.path("x.npy")]
        by_mask = self.run_json(*asked, "--mask", left)
        by_hiding = self.run_json(*asked, "--hide", "right")
        for key in ["squared_error", "squared_error_of_mean_image"]:
            self.assertEqual(by_mask[key], by_hiding[key])
        self.assertLess(by_mask["squared_error_of_mean_image"], 0.1)  # against black, above 0.6


class Arrays(OwnImagesTest):
    def test_in_files_of_other_formats_or_orders_are_refused_with_what_to_do(self):
        planes = write_npy(self.path("planes.npy"), (20, 3, 8, 8), [7] * 20 * 3 * PIXELS)
        train = ["train", "--out", self.path("x"), *small()]
        self.fails(65, *train, "--data", planes, says="images.transpose(0, 2, 3, 1)")
        signed = write_npy(self.path("signed.npy"), (20, 8, 8),
                           [1 - at % 5 / 2 for at in range(20 * PIXELS)], "<f4")
        self.fails(65, "data", signed, says="from -1 to 1: use (images + 1) / 2")
        pathlib.Path(self.path("own.npz")).write_bytes(b"PK\3\4")
        self.fails(65, "data", self.path("own.npz"), says="numpy.load")

    def test_of_one_channel_are_gray(self):
        shown = self.run_json("data", write_npy(self.path("own.npy"), (20, 8, 8, 1), images(20)))
        self.assertEqual((shown["height"], shown["width"], shown["in_colour"]), (8, 8, False))

    def test_may_be_a_single_picture_to_ask_about(self):
        run, _ = self.train_on(self.write_array())
        picture = write_png(self.path("one.PNG"), 8, images(1))
        self.assertEqual(self.run_json("evaluate", run, "--samples", "2", "--data",
                                       picture)["images"], 1)
        self.fails(65, "data", picture, says="too few images")


if __name__ == "__main__":
    main()
