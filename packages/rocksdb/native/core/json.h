// Writes JSON. Numbers of 64 bits are strings of digits, for a JavaScript number cannot hold them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shale {

class Json {
 public:
  Json& open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  Json& close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  Json& key(const char* name) {
    string(name);
    text_ += ':';
    first_ = true;
    return *this;
  }
  Json& string(std::string_view value) {
    separate();
    text_ += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text_ += '\\';
      // File names in an unknown encoding, and what cannot be shown.
      text_ += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? '?' : c;
    }
    text_ += '"';
    return *this;
  }
  Json& wide(uint64_t value) { return string(std::to_string(value)); }
  Json& number(uint64_t value) { return plain(std::to_string(value)); }
  Json& boolean(bool value) { return plain(value ? "true" : "false"); }
  Json& null() { return plain("null"); }
  const std::string& text() const { return text_; }

 private:
  Json& plain(const std::string& value) {
    separate();
    text_ += value;
    return *this;
  }
  void separate() {
    if (!first_) text_ += ',';
    first_ = false;
  }

  std::string text_;
  bool first_ = true;
};

}  // namespace shale
