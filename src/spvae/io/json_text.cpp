#include "spvae/io/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace spvae {
namespace {

using nlohmann::json;

/// Sees a text's events in order; stops at the first fault.
class Checker : public nlohmann::json_sax<json> {
 public:
  JsonCheck take() { return std::move(check_); }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool start_object(std::size_t) override {
    ++depth_;
    open_.emplace_back();
    return true;
  }
  bool end_object() override {
    --depth_;
    open_.pop_back();
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) check_.keys.push_back(name);
    if (open_.back().insert(name).second) return true;
    check_.fault = {.what = fmt::format("'{}' is given twice", name)};
    return false;
  }
  bool parse_error(std::size_t byte, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) {
      constexpr std::size_t kLongest = 40;
      check_.fault = {.what = fmt::format("the number {}{} is beyond the range of a double",
                                          token.substr(0, kLongest),
                                          token.size() > kLongest ? "…" : "")};
    } else {
      check_.fault = {.what = "not valid JSON", .byte = byte};
    }
    return false;
  }

 private:
  JsonCheck check_;
  std::size_t depth_ = 0;                    // of arrays and objects
  std::vector<std::set<std::string>> open_;  // keys of the objects that are open
};

}  // namespace

JsonCheck check_json(std::string_view text) {
  Checker checker;
  json::sax_parse(text, &checker);
  return checker.take();
}

std::string fault_text(const JsonFault& fault, std::string_view text) {
  if (fault.byte == 0) return fault.what;
  const std::string_view before = text.substr(0, fault.byte - 1);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = lines == 0 ? 0 : before.rfind('\n') + 1;
  return fmt::format("{} at line {}, column {}", fault.what, lines + 1, fault.byte - line_start);
}

}  // namespace spvae
