#pragma once

#include <string>

#include "spvae/config/config_fields.h"
#include "spvae/train/run_config.h"

namespace spvae {

/// What `spvae train` must be told besides the defaults of the model and of the data to learn with
/// this config: field by field, of those that the model makes use of. config.model has the images'
/// size.
Json train_flags(const RunConfig& config);

/// Keys and values as flags, " --seed 1 --data 'my data'", words quoted as a POSIX shell needs
/// them. An empty text, which no flag takes, stands for none and is left out.
std::string flag_words(const Json& flags);

/// The command that learns with this config into the folder `out`: "spvae train --seed 1 --out
/// runs/a", words quoted as a POSIX shell needs them.
std::string train_command(const RunConfig& config, const std::string& out);

}  // namespace spvae
