#include <cstdlib>

#include "fuzz_file.h"
#include "spvae/config/config_fields.h"
#include "spvae/io/json_text.h"
#include "spvae/io/safetensors.h"

namespace {

using namespace spvae;

void expect_plain(std::string_view text) {
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x20 || code == 0x7f) std::abort();
  }
}

/// Reads the value as a configuration, whose every field may be of any type.
void read_as_config(const Json& value) {
  const std::vector<FieldInfo> known = {
      {.name = "count", .help = "", .maximum = 10, .choices = {}},
      {.name = "k-sum", .help = "", .maximum = 10, .choices = {"a", "b"}}};
  try {
    for (const Json& field : canonical_keys(value, known)) {
      for (const FieldInfo& info : known) {
        const auto attempt = [&](const auto& read) {
          try {
            read(info, field);
          } catch (const Error& error) {
            expect_plain(error.what());
          }
        };
        attempt(integer_of);
        attempt(integer_pair_of);
        attempt(real_of);
        attempt(text_of);
        attempt(choice_of);
        attempt(boolean_of);
        attempt(fail_unused);
      }
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) std::abort();
    expect_plain(error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const ParsedJson parsed = parse_json(text);
  if (parsed.fault) {
    if (!parsed.value.is_null() || parsed.fault->what.empty()) std::abort();
    expect_plain(fault_text(*parsed.fault, text));
  } else if (parse_json(parsed.value.dump()).value != parsed.value) {
    std::abort();
  }
  expect_plain(shown_json(parsed.value));
  expect_plain(shown_text(text));
  read_as_config(parsed.value);

  // As a model's file holds it.
  TensorFile file{.source = "file", .metadata = {{"config", text}}, .tensors = {}};
  fuzz::expect_value_or_error([&] {
    if (file.metadata_json("config") != parsed.value || parsed.fault) std::abort();
  });
  return 0;
}
