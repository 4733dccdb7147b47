#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/train/run_config.h"

// Not its header: each file that includes it compiles the whole of CLI11 again.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace spvae::cli {

/// A command's flags: one for each field of its config, and the flags that all commands have,
/// --config and --json. Must outlive the parsing.
class Options {
 public:
  /// Help ends with `example`. Fields named in `positionals`, in this order, are arguments without
  /// a flag. Keys of a --config file must be in `file_fields` (empty: in `fields`).
  Options(CLI::App& command, const std::string& example, std::vector<FieldInfo> fields,
          std::vector<std::string> positionals = {}, std::vector<FieldInfo> file_fields = {});
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  /// The keys of the --config file, overridden by the flags. Errors as read_config_file and
  /// flags().
  Json given() const;
  /// Whether there is a --config file.
  bool has_file() const;
  /// Those of the flags alone. Errors as parse_field; Error(kUsage) for an unknown flag, one given
  /// twice, or one without its value.
  Json flags() const;
  /// The config that is given. Errors as given(), apply_config, check_used and check_output;
  /// Error(kUsage) where a required field is not given.
  template <class Config>
  Config config(const FieldList<Config>& fields) const {
    Config config;
    const Json values = given();
    apply_config(fields, values, config);
    check_given(values);
    check_used(fields, config, values);
    return config;
  }

  /// Prints a result: --json says which of the two. Errors as given() and print.
  void print_result(const Json& result, const std::string& text) const;

 private:
  /// Checks that required fields are given, and that given outputs can be written.
  void check_given(const Json& values) const;
  bool is_positional(const FieldInfo& field) const;
  CLI::Option* add_flag(const FieldInfo& field);
  /// The field's value on the command line; nothing if its flag is not there.
  std::optional<Json> flag_value(const FieldInfo& field) const;

  CLI::App& command_;
  std::vector<FieldInfo> fields_;
  std::vector<FieldInfo> file_fields_;
  std::vector<std::string> positionals_;
  std::map<std::string, CLI::Option*> flags_;  ///< by field
};

/// Runs a command whose flags have been parsed.
using Run = std::function<void()>;

/// Adds a command that is its flags and what it does with the config that they give.
template <class Config>
Run add_command(CLI::App& app, const char* example, const FieldList<Config>& fields,
                void (*run)(const Config& config, const Options& options),
                const std::vector<std::string>& positionals = {"run"}) {
  auto options =
      std::make_shared<Options>(app, example, field_infos(fields, Config{}), positionals);
  return [options, fields, run] { run(options->config(fields), *options); };
}

/// What a run is called where nobody says: "mnist-spvae-gaussian", the data without folders and
/// endings; of one class with "-class-NAME".
std::string run_name(const RunConfig& config);

/// Takes the keys of `fields` out of `given` and returns them.
Json taken_keys(const std::vector<FieldInfo>& fields, Json& given);

/// Each adds a command's flags and help to `command` and returns what runs it.
Run add_train(CLI::App& command);
Run add_evaluate(CLI::App& command);
Run add_sample(CLI::App& command);
Run add_show(CLI::App& command);
Run add_info(CLI::App& command);
Run add_score(CLI::App& command);
Run add_inpaint(CLI::App& command);
Run add_reconstruct(CLI::App& command);
Run add_embed(CLI::App& command);
Run add_explain(CLI::App& command);
Run add_report(CLI::App& command);
Run add_classify(CLI::App& command);
Run add_compare(CLI::App& command);
Run add_tune(CLI::App& command);
Run add_reproduce(CLI::App& command);
Run add_data(CLI::App& command);

}  // namespace spvae::cli
