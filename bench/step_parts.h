#pragma once

#include <map>
#include <string>

#include "subject.h"

namespace spvae::bench {

/// Seconds of each part of a training step by name (StepPart): medians over `count` steps of the
/// trainer.
std::map<std::string, double> step_parts(Subject& subject, int count);

}  // namespace spvae::bench
