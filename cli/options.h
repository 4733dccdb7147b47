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

/// A command that is its flags and what it does with the config that they give.
template <class Config>
struct Command {
  const char* example;
  FieldList<Config> fields;
  std::vector<std::string> positionals = {"run"};
  void (*run)(const Config& config, const Options& options);
};

/// Adds it to the program's command line.
template <class Config>
std::function<void()> add_command(CLI::App& app, const Command<Config>& command) {
  auto options = std::make_shared<Options>(
      app, command.example, field_infos(command.fields, Config{}), command.positionals);
  return [options, command] { command.run(options->config(command.fields), *options); };
}

/// What a run is called where nobody says: "mnist-spvae-gaussian", the data without folders and
/// endings; of one class with "-class-NAME".
std::string run_name(const RunConfig& config);

/// Takes the keys of `fields` out of `given` and returns them.
Json taken_keys(const std::vector<FieldInfo>& fields, Json& given);

}  // namespace spvae::cli
