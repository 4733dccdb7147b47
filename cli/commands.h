#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace spvae::cli {

/// Runs a command whose flags have been parsed.
using Run = std::function<void()>;

/// Each adds a command's flags and help to `command` and returns what runs it.
Run add_train(CLI::App& command);
Run add_evaluate(CLI::App& command);
Run add_sample(CLI::App& command);
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
