#include "recovery/log_file_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/crc32c.h"
#include "core/format.h"
#include "core/input_file.h"

namespace shale {

namespace {

constexpr size_t kBlock = 32768;
constexpr size_t kHeader = 7;
constexpr size_t kMostBuffered = 1 << 20;

enum Type : uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

}  // namespace

LogFileWriter::LogFileWriter(std::string path)
    : path_(std::move(path)), file_(openRegular(path_, O_WRONLY | O_CREAT | O_EXCL, 0600)) {
  if (!file_.isOpen()) throwSystemError("Cannot create", path_, errno);
}

void LogFileWriter::append(const std::string& record) {
  size_t at = 0;
  bool first = true;
  do {
    const size_t left = kBlock - inBlock_;
    if (left < kHeader) {
      buffer_.insert(buffer_.end(), left, '\0');
      inBlock_ = 0;
      continue;
    }
    const size_t size = std::min(record.size() - at, left - kHeader);
    const bool last = at + size == record.size();
    fragment(first ? (last ? kFull : kFirst) : (last ? kLast : kMiddle), record.data() + at, size);
    at += size;
    first = false;
  } while (first || at < record.size());
  if (buffer_.size() >= kMostBuffered) write();
}

void LogFileWriter::fragment(uint8_t type, const char* data, size_t size) {
  uint8_t header[kHeader];
  header[4] = static_cast<uint8_t>(size & 0xff);
  header[5] = static_cast<uint8_t>(size >> 8);
  header[6] = type;
  storeU32LE(header, maskCrc(extendCrc32c(crc32c(header + 6, 1), data, size)));
  buffer_.insert(buffer_.end(), header, header + kHeader);
  buffer_.insert(buffer_.end(), data, data + size);
  inBlock_ += kHeader + size;
}

void LogFileWriter::write() {
  for (size_t at = 0; at < buffer_.size();) {
    const ssize_t done = ::write(file_.number(), buffer_.data() + at, buffer_.size() - at);
    if (done >= 0) at += static_cast<size_t>(done);
    else if (errno != EINTR) throwSystemError("Cannot write", path_, errno);
  }
  buffer_.clear();
}

void LogFileWriter::finish() { write(); }

}  // namespace shale
