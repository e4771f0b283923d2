#include "database/info_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <ctime>

#include "core/regular_file.h"

namespace shale {

namespace {

constexpr size_t kMostBytes = 1 << 20;
constexpr size_t kMostOfLine = 8 << 10;

std::string now() {
  const auto time = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count() % 1000000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const size_t length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + length, sizeof(text) - length, ".%06dZ", static_cast<int>(micros));
  return text;
}

}  // namespace

InfoLog::InfoLog(const std::string& directory)
    : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), path_(directory + "/LOG") {}

InfoLog::~InfoLog() {
  if (file_ >= 0) ::close(file_);
}

void InfoLog::Logv(const char* format, va_list arguments) {
  char text[kMostOfLine];
  const int length = std::vsnprintf(text, sizeof(text), format, arguments);
  if (length < 0) return;
  std::string line = now() + " " + text;
  if (line.back() != '\n') line += '\n';
  std::lock_guard<std::mutex> lock(mutex_);
  write(line);
}

void InfoLog::write(const std::string& line) {
  if (file_ < 0 || size_ + line.size() > kMostBytes) {
    if (file_ >= 0) ::close(file_);
    size_ = 0;
    std::rename(path_.c_str(), (path_ + ".old").c_str());
    file_ = openRegular(path_, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file_ < 0) return;
  }
  // Not by way of stdio, whose calls are not seen by what records a process's disk.
  const ssize_t written = ::write(file_, line.data(), line.size());
  if (written > 0) size_ += static_cast<size_t>(written);
}

}  // namespace shale
