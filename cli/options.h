#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"

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
  /// The default of a field as help shows it; "" to show none.
  using DefaultText = std::function<std::string(const std::string& field)>;

  /// Help ends with `example`. Fields named in `positionals`, in this order, are arguments without
  /// a flag. Keys of a --config file must be in `file_fields`.
  Options(CLI::App& command, const std::string& example, std::vector<FieldInfo> fields,
          const DefaultText& default_text, std::vector<std::string> positionals = {},
          std::vector<FieldInfo> file_fields = {});
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  /// The keys of the --config file, overridden by the flags. Errors as read_config_file and
  /// flags().
  Json given() const;
  /// Those of the flags alone. Errors as parse_field; Error(kUsage) for an unknown flag, one given
  /// twice, or one without its value.
  Json flags() const;
  /// Whether the result is to be printed as JSON. Errors as given().
  bool json() const;

 private:
  bool is_positional(const FieldInfo& field) const;
  CLI::Option* add_flag(const FieldInfo& field, const std::string& default_text);
  /// The field's value on the command line; nothing if its flag is not there.
  std::optional<Json> flag_value(const FieldInfo& field) const;

  CLI::App& command_;
  std::vector<FieldInfo> fields_;
  std::vector<FieldInfo> file_fields_;
  std::vector<std::string> positionals_;
  std::map<std::string, CLI::Option*> flags_;  ///< by field
};

}  // namespace spvae::cli
