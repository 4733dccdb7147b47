"""Flags, config files, help, exit codes: what all commands share."""

import json
import os
import pathlib
import signal
import subprocess

from cli_support import SPVAE, CommandTest, main

COMMANDS = ["train", "evaluate", "sample", "info", "data"]


class Usage(CommandTest):
    def test_help_names_commands_and_exit_codes(self):
        text = self.run_spvae("--help").stdout
        for word in COMMANDS + ["Exit codes", " 64 ", " 65 ", " 66 ", " 70 ", " 73 ", " 74 ", "130 "]:
            self.assertIn(word, text)

    def test_every_command_has_help_with_an_example_and_the_common_flags(self):
        for command in COMMANDS:
            text = self.run_spvae(command, "--help").stdout
            seed = "--data-seed" if command == "data" else "--seed"
            for word in ["Example", f"spvae {command}", "--json", "--threads", seed, "--config"]:
                self.assertIn(word, text, command)
            self.assertRegex(text, rf"(?m)^Usage: spvae {command} \[OPTIONS\]")
            self.assertIn("'spvae --help' lists the exit codes", text)

    def test_train_help_shows_the_defaults(self):
        text = self.run_spvae("train", "--help").stdout
        text = " ".join(text.split())
        for word in ["--k-sum", "--patience", "(default 64; recipe paper: 128)",
                     "(default 160; recipe paper: 30; vae: 300)",
                     "(default 0.02; recipe paper: 0.01; vae, conv-vae: 0.001)", "--filters N,N",
                     "(conv-spvae, conv-vae) (default 4,8; conv-vae: 32,64)"]:
            self.assertIn(word, text)

    def test_version(self):
        self.assertRegex(self.run_spvae("--version").stdout, r"^spvae \d+\.\d+\.\d+\n$")

    def test_no_command_or_an_unknown_one_lists_the_known(self):
        self.fails(64, says=COMMANDS)
        self.fails(64, "trian", says=["trian"] + COMMANDS)
        self.fails(64, "--colour", says="--colour")

    def test_unknown_flags_are_refused_with_the_nearest_or_all_known(self):
        self.fails(64, "train", "--k-sums", "3", says=["k-sums", "'k-sum'"])
        self.fails(64, "evaluate", "x", "--frobnicate=7", says=["frobnicate", "samples", "per-image"])
        self.fails(64, "info", "one", "two", says="two")
        self.fails(64, "sample", "-x", says="-x")

    def test_a_flag_without_its_value_is_refused(self):
        for words in [["--batch"], ["--batch", "--hidden", "3"], ["--batch="], ["--batch", ""]]:
            self.fails(64, "train", *words,
                       says="error: --batch needs a value, N; see 'spvae train --help'")
        self.fails(64, "info", "--config", says="error: --config needs a value, FILE.json")

    def test_a_flag_given_twice_is_refused(self):
        self.fails(64, "info", "--hidden", "3", "--hidden", "4",
                   says="error: --hidden is given twice; see 'spvae info --help'")
        self.fails(64, "train", "--resume", "--resume", says="--resume is given twice")
        self.fails(64, "info", "--config", "a", "--config", "b", says="--config is given twice")

    def test_true_and_false_are_what_a_switch_takes(self):
        self.assertEqual(self.run_spvae("info", "--json=true").stdout[:1], "{")
        self.assertNotEqual(self.run_spvae("info", "--json=false").stdout[:1], "{")
        self.fails(64, "train", "--resume=true", "--force=true", says=["--resume and --force"])
        self.fails(66, "train", "--resume=true", "--force=false", "--out", self.path("x"))
        for word in ["maybe", "0", "False"]:
            self.fails(64, "train", f"--json={word}", "--out", self.path("x"),
                       says=["json", word, "expected true or false"])

    def test_absurd_numbers_are_refused_with_their_bounds(self):
        for flag, value in [("--hidden", "0"), ("--hidden", "-5"), ("--hidden", "1e3"),
                            ("--latent", "99999999999999999999"), ("--k-sum", "0"),
                            ("--delta", "-1"), ("--height", "0"), ("--width", "123456789"),
                            ("--seed", "-1"), ("--threads", "-2"), ("--threads", "100000"),
                            ("--hidden", "3x")]:
            self.fails(64, "info", flag, value, says=[flag[2:], "got", "expected"])
        for flag, value in [("--learning-rate", "nan"), ("--learning-rate", "0"),
                            ("--learning-rate", "inf"), ("--max-steps", "-1"), ("--samples", "0"),
                            ("--batch", "-1"), ("--patience", "0"), ("--validate-every", "-1"),
                            ("--recipe", "best")]:
            self.fails(64, "train", flag, value, "--out", "x", says=[flag[2:], "got", "expected"])
            self.assertFalse(pathlib.Path(self.path("x")).exists())
        self.fails(64, "train", "--learning-rate", "nan", says="got 'nan', expected 1e-12 to 10")

    def test_two_numbers_are_what_filters_takes(self):
        for text in ["4", "4,", "4,8,16", "4;8", "4,0", "4,x", "[4,8]"]:
            self.fails(64, "info", "--model", "conv-spvae", "--filters", text,
                       says=["filters: got", "expected", "1 to 65536"])
        self.fails(64, "info", "--model", "conv-vae", "--filters", says="--filters needs a value, N,N")
        self.fails(64, "info", "--model", "conv-vae", "--height", "4096", "--width", "4096",
                   says=["a layer of 134217728 units over 4096×4096 pixels", "choose fewer filters"])

    def test_flags_that_the_model_makes_no_use_of_are_refused(self):
        for model, flag, value, whom in [("vae", "delta", "7",
                                          "--structure poon-domingos, quad-tree, quad-graph"),
                                         ("spvae", "filters", "4,8", "conv-spvae, conv-vae"),
                                         ("conv-vae", "hidden", "30", "spvae, vae")]:
            for command in ["info", "train"]:
                self.fails(64, command, "--model", model, "--" + flag, value,
                           says=f"{flag}: got {value}, but it is for {whom} alone")
        self.fails(64, "info", "--likelihood", "binomial", "--mean-link", "identity",
                   says="mean-link: got identity, but it is for gaussian alone")

    def test_unknown_models_likelihoods_and_engines_list_the_known(self):
        self.fails(64, "info", "--model", "gan", says=["gan", "spvae, vae, conv-spvae, conv-vae"])
        self.fails(64, "info", "--likelihood", "poisson",
                   says=["poisson", "gaussian", "binomial", "logistic"])
        self.fails(64, "train", "--engine", "warp", says=["warp", "fused", "reference"])
        self.fails(64, "evaluate", "x", "--split", "all", says=["all", "train", "validation", "test"])


class ConfigFile(CommandTest):
    def write(self, content):
        path = self.path("config.json")
        pathlib.Path(path).write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def test_takes_the_names_of_the_flags_which_override_it(self):
        config = self.write({"hidden": 7, "latent": 3, "likelihood": "binomial"})
        model = self.run_json("info", "--config", config, "--latent", "5")["model"]
        self.assertEqual((model["hidden"], model["latent"], model["likelihood"]), (7, 5, "binomial"))

    def test_takes_filters_as_an_array(self):
        config = self.write({"model": "conv-spvae", "filters": [5, 6]})
        self.assertEqual(self.run_json("info", "--config", config)["model"]["filters"], [5, 6])
        self.fails(64, "info", "--config", self.write({"filters": "5,6"}), says="filters")

    def test_may_hold_what_another_model_makes_use_of(self):
        config = self.write({"model": "spvae", "hidden": 7, "delta": 4})
        self.assertEqual(self.run_json("info", "--config", config, "--model", "conv-vae")["leaves"], 1)

    def test_that_is_too_deep_is_refused(self):
        deep = "[" * 100000 + "]" * 100000
        for command in COMMANDS:
            self.fails(64, command, "--config", self.write('{"latent": ' + deep + "}"),
                       says="config.json: arrays and objects lie more than 64 deep")

    def test_may_come_through_a_pipe(self):
        done = self.run_spvae("info", "--config", "/dev/stdin", "--json", input='{"latent": 3}')
        self.assertEqual(json.loads(done.stdout)["model"]["latent"], 3)

    def test_may_be_a_pipe_whose_writer_comes_late(self):
        os.mkfifo(self.path("pipe"))
        writer = subprocess.Popen(["sh", "-c", f"sleep 0.5; echo '{{\"latent\": 2}}' > "
                                   f"{self.path('pipe')}"])
        self.run_spvae("info", "--config", self.path("pipe"))
        writer.wait()

    def test_that_is_a_silent_pipe_keeps_no_command_from_a_signal(self):
        os.mkfifo(self.path("pipe"))
        for is_open in [False, True]:
            writer = os.open(self.path("pipe"), os.O_RDWR) if is_open else None
            process = subprocess.Popen([SPVAE, "train", "--config", self.path("pipe"), "--out",
                                        self.path("x")], stderr=subprocess.PIPE)
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(0.3)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            self.assertIn(process.returncode, [130, -signal.SIGTERM])
            if is_open:
                os.close(writer)

    def test_with_an_unknown_key_is_refused(self):
        for command in COMMANDS:
            self.fails(64, command, "--config", self.write({"hiden-units": 7}), says="hiden-units")

    def test_with_a_value_of_the_wrong_kind_is_refused(self):
        for value in ["7", 7.5, None, [7], True, -1]:
            self.fails(64, "info", "--config", self.write({"hidden": value}), says="hidden")

    def test_that_is_no_json_object_is_refused(self):
        self.fails(64, "info", "--config", self.write("{"),
                   says="config.json: not valid JSON at line 1, column 2")
        self.fails(64, "info", "--config", self.write("[]"), says="object")

    def test_with_a_key_that_stands_twice_is_refused(self):
        self.fails(64, "info", "--config", self.write('{"latent":2,"latent":3}'),
                   says="config.json: 'latent' is given twice")

    def test_with_a_number_beyond_a_double_is_refused(self):
        self.fails(64, "train", "--config", self.write('{"learning-rate":1e400}'),
                   says="config.json: the number 1e400 is beyond")

    def test_that_is_missing_is_no_input(self):
        self.fails(66, "info", "--config", self.path("none.json"), says="none.json")


class SimdTarget(CommandTest):
    def test_that_is_unknown_is_refused_with_those_of_the_machine(self):
        done = self.run_spvae("info", code=64, env={**os.environ, "SPVAE_SIMD": "AVX99"})
        self.assertRegex(done.stderr, "SPVAE_SIMD: got 'AVX99', expected .*: [A-Z0-9_]+(, |;)")

    def test_is_the_best_where_the_variable_is_empty(self):
        self.run_spvae("info", env={**os.environ, "SPVAE_SIMD": ""})


class Streams(CommandTest):
    def test_a_full_disk_behind_stdout_is_an_error(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([SPVAE, "info"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 74)
        self.assertIn("standard output", done.stderr)

    def test_a_closed_pipe_behind_stdout_is_an_error_not_a_crash(self):
        for arguments in [["info"], ["--help"]]:
            read_end, write_end = os.pipe()
            os.close(read_end)
            done = subprocess.run([SPVAE, *arguments], stdout=write_end, stderr=subprocess.PIPE,
                                  text=True)
            os.close(write_end)
            self.assertEqual(done.returncode, 74)
            self.assertIn("standard output", done.stderr)

    def test_a_closed_stdout_is_an_error_not_a_crash(self):
        done = subprocess.run(f"'{SPVAE}' info >&-", shell=True, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 74, done.stderr)

    def test_a_name_that_is_no_utf8_does_not_break_the_message(self):
        self.fails(64, "info", os.fsdecode(b"no\xff\nrun"), says=["no\ufffd", "UTF-8"])


if __name__ == "__main__":
    main()
