#include "spvae/io/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace spvae {
namespace {

// What is printed, compared or freed is walked through by calls within calls.
constexpr std::size_t kMostDepth = 64;
// An object that keeps its order looks for each new key among all it has.
constexpr std::size_t kMostKeys = 10'000;
constexpr std::size_t kLongestShown = 60;

/// Sees a text's events in order; stops at the first fault.
class Checker : public nlohmann::json_sax<Json> {
 public:
  std::optional<JsonFault> take_fault() { return std::move(fault_); }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool key(string_t& name) override {
    std::set<std::string>& keys = open_.back();
    if (!keys.insert(name).second) {
      return stop(fmt::format("'{}' is given twice", shown_text(name)));
    }
    if (keys.size() <= kMostKeys) return true;
    return stop(fmt::format("an object has more than {} keys", kMostKeys));
  }
  bool parse_error(std::size_t byte, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) {
      constexpr std::size_t kLongest = 40;
      return stop(fmt::format("the number {}{} is beyond the range of a double",
                              token.substr(0, kLongest), token.size() > kLongest ? "…" : ""));
    }
    fault_ = {.what = "not valid JSON", .byte = byte};
    return false;
  }

 private:
  bool enter() {
    open_.emplace_back();
    if (open_.size() <= kMostDepth) return true;
    return stop(fmt::format("arrays and objects lie more than {} deep", kMostDepth));
  }
  bool leave() {
    open_.pop_back();
    return true;
  }
  bool stop(std::string what) {
    fault_ = {.what = std::move(what)};
    return false;
  }

  std::optional<JsonFault> fault_;
  std::vector<std::set<std::string>> open_;  // keys of the objects that are open; an array has none
};

/// A value's JSON, in which U+FFFD stands for what is no UTF-8, and blanks for the control
/// characters that JSON allows.
std::string plain_dump(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x7f') text[i] = ' ';
    // U+0080 to U+009F
    const bool is_control = text[i] == '\xc2' && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (is_control) text[i] = text[i + 1] = ' ';
  }
  return text;
}

std::string cut(const std::string& text) {
  if (text.size() <= kLongestShown) return text;
  std::size_t end = kLongestShown;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // within a character
  return text.substr(0, end) + "…";
}

}  // namespace

ParsedJson parse_json(std::string_view text) {
  Checker checker;
  Json::sax_parse(text, &checker);
  if (auto fault = checker.take_fault()) return {.value = {}, .fault = std::move(fault)};
  return {.value = Json::parse(text), .fault = {}};
}

std::string fault_text(const JsonFault& fault, std::string_view text) {
  if (fault.byte == 0) return fault.what;
  const std::string_view before = text.substr(0, fault.byte - 1);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = lines == 0 ? 0 : before.rfind('\n') + 1;
  return fmt::format("{} at line {}, column {}", fault.what, lines + 1, fault.byte - line_start);
}

bool is_utf8(const std::string& text) {
  try {
    Json(text).dump();
  } catch (const Json::exception&) {
    return false;
  }
  return true;
}

std::string shown_json(const Json& value) { return cut(plain_dump(value)); }

std::string shown_text(std::string_view text) {
  // Where this cuts a character in two, what is shown has ended before.
  const std::string quoted = plain_dump(std::string(text.substr(0, 2 * kLongestShown)));
  return cut(quoted.substr(1, quoted.size() - 2));
}

}  // namespace spvae
