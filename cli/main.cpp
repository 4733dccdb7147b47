#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <sstream>
#include <system_error>

#include "options.h"
#include "output.h"
#include "process.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/kernels/kernels.h"

namespace spvae::cli {
namespace {

struct Command {
  const char* name;
  const char* description;
  Run (*add)(CLI::App& command);
};

// The one table of commands.
constexpr Command kCommands[] = {
    {"train", "Learn a model; without flags, the best density of MNIST's images", add_train},
    {"evaluate", "Log-likelihood of a run's best model on its test images", add_evaluate},
    {"sample", "Draw images from a run's best model", add_sample},
    {"show", "Samples and completions of a run's best model, in one picture", add_show},
    {"info", "Sizes and counts of a run's model, or of one that is only described", add_info},
    {"score", "Log-likelihood of every image, what its parts contribute, the least likely ones",
     add_score},
    {"inpaint", "Fill in what is missing of images", add_inpaint},
    {"reconstruct", "Images through their most probable tree and the means of its leaves",
     add_reconstruct},
    {"embed", "Where images lie in the latent spaces of leaves and circuit", add_embed},
    {"explain", "How an image is divided: its most probable tree, drawn over it", add_explain},
    {"report", "All of this for a run, as one HTML file", add_report},
    {"classify", "Classes of images by the models of 'train --per-class', calibrated",
     add_classify},
    {"compare", "Paired difference of two runs' log-likelihoods of the same images", add_compare},
    {"tune", "Choose sizes and settings by their validation bound", add_tune},
    {"reproduce", "The paper's tables and figures, computed anew", add_reproduce},
    {"data", "The data sets: where they are, how they are divided, what they look like", add_data},
};

std::string names() {
  std::string text;
  for (const Command& command : kCommands)
    text += (text.empty() ? "" : ", ") + std::string(command.name);
  return text;
}

/// Names program and command once in the line of usage, whatever CLI11's version makes of them.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(36); }
  std::string make_usage(const CLI::App* app, std::string /*name*/) const override {
    std::string name = app->get_name();
    for (const CLI::App* parent = app->get_parent(); parent; parent = parent->get_parent()) {
      name.insert(0, parent->get_name() + " ");
    }
    return CLI::Formatter::make_usage(app, name);
  }
};

std::string footer() {
  return "Example:\n"
         "  spvae train --out runs/mnist && spvae evaluate runs/mnist\n\n"
         "'spvae COMMAND --help' lists a command's flags. Results go to stdout, progress to "
         "stderr.\n\n" +
         exit_codes_help();
}

// A misspelt target would otherwise be ignored, and a measurement be one of another.
void check_simd_target() {
  const char* target = std::getenv("SPVAE_SIMD");
  if (target == nullptr || *target == '\0' || kernels::force_target(target)) return;
  fail(ErrorKind::kUsage,
       "SPVAE_SIMD: got '{}', expected a target that this machine can run: {}; leave it unset for "
       "the best",
       target, fmt::join(kernels::supported_targets(), ", "));
}

// The words to ask for help on what was being parsed.
std::string help_command(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? "spvae --help" : "spvae " + parsed.front()->get_name() + " --help";
}

void run(int argc, char** argv) {
  CLI::App app{
      "Learns, evaluates and samples densities of images: sum-product networks over "
      "variational autoencoders (SPVAE)",
      "spvae"};
  app.set_version_flag("--version", fmt::format("spvae {}", version()), "Print the version");
  app.footer(footer());
  app.require_subcommand(0, 1);
  app.allow_extras();
  app.formatter(std::make_shared<HelpFormatter>());  // inherited by the commands
  std::vector<std::pair<CLI::App*, Run>> commands;
  for (const Command& command : kCommands) {
    CLI::App* added = app.add_subcommand(command.name, command.description);
    commands.emplace_back(added, command.add(*added));
    added->footer(added->get_footer() + "\n\n'spvae --help' lists the exit codes.");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    std::ostringstream text;
    app.exit(help, text, text);
    return print(text.str());
  } catch (const CLI::ParseError& error) {
    fail(ErrorKind::kUsage, "{}; see '{}'", error.what(), help_command(app));
  }
  for (const std::string& word : app.remaining()) {
    fail(ErrorKind::kUsage, "unknown command '{}'; known ones: {}", word, names());
  }
  check_simd_target();
  for (const auto& [command, start] : commands) {
    if (command->parsed()) return start();
  }
  fail(ErrorKind::kUsage, "no command given; known ones: {} (see 'spvae --help')", names());
}

int report(int code, const std::string& message) {
  std::fprintf(stderr, "spvae: error: %s\n", one_line(message).c_str());
  return code;
}

}  // namespace
}  // namespace spvae::cli

int main(int argc, char** argv) {
  using namespace spvae;
  using namespace spvae::cli;
  turn_write_signals_into_errors();
  try {
    run(argc, argv);
    return kSuccess;
  } catch (const Error& error) {
    return report(exit_code(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return report(kOutOfMemory, "out of memory; choose smaller sizes or fewer images at a time");
  } catch (const std::filesystem::filesystem_error& error) {
    return report(exit_code(ErrorKind::kIo), error.what());
  } catch (const std::system_error& error) {
    return report(kOutOfMemory, error.what());
  } catch (const std::exception& error) {
    return report(kBug, fmt::format("{}; this is a bug of spvae {}", error.what(), version()));
  }
}
