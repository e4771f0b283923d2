#include "database/writer_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <map>
#include <sstream>
#include <thread>
#include <utility>

#include "core/errors.h"
#include "core/file_lock.h"
#include "core/input_file.h"
#include "recovery/watermark.h"

namespace shale {

namespace {

constexpr size_t kMostBytes = 4096;
// The file's name was another one's again and again: another process is removing it.
constexpr int kMostAttempts = 100;

using Fields = std::map<std::string, std::string>;

// When a process was started, in ticks since the kernel was: with the id it tells one process from all others. Empty if
// there is none, or the system does not say.
std::string startOf(const std::string& pid) {
  try {
    const std::string stat = readSmallFile("/proc/" + pid + "/stat", kMostBytes);
    // `pid (any name) state ...`: the start is the 22nd field.
    const size_t end = stat.rfind(')');
    if (end == std::string::npos) return "";
    std::istringstream fields(stat.substr(end + 1));
    std::string field;
    for (int i = 3; i <= 22; i++) fields >> field;
    return field;
  } catch (const DatabaseError&) {
    return "";
  }
}

std::string hostName() {
  char name[256] = "";
  if (::gethostname(name, sizeof(name) - 1) != 0) return "";
  for (char* c = name; *c != '\0'; c++) {
    if (static_cast<unsigned char>(*c) <= ' ') *c = '?';
  }
  return name;
}

// Processes have their ids within one of these.
std::string processNamespace() {
  char name[64];
  const ssize_t length = ::readlink("/proc/self/ns/pid", name, sizeof(name));
  return length > 0 ? std::string(name, static_cast<size_t>(length)) : "";
}

Fields ownFields() {
  const std::string pid = std::to_string(::getpid());
  return {{"pid", pid}, {"start", startOf(pid)}, {"boot", bootId()}, {"namespace", processNamespace()},
          {"host", hostName()}};
}

Fields parse(const std::string& text) {
  Fields fields;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find('=');
    if (equals != std::string::npos) fields[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return fields;
}

void describeHolder(int file, const Fields& own) {
  std::string text;
  for (const auto& [name, value] : own) text += name + "=" + value + "\n";
  // On a full disk it stays empty: the lock counts, not what the file says.
  if (::ftruncate(file, 0) != 0) return;
  (void)!::pwrite(file, text.data(), text.size(), 0);
}

bool isNumber(const std::string& text) {
  return !text.empty() && text.size() < 12 && text.find_first_not_of("0123456789") == std::string::npos;
}

bool sameKernel(const Fields& holder, const Fields& own) {
  return !own.at("boot").empty() && holder.at("boot") == own.at("boot") &&
         holder.at("namespace") == own.at("namespace");
}

bool isRunning(const Fields& holder) {
  return !holder.at("start").empty() && startOf(holder.at("pid")) == holder.at("start");
}

// The holder, as far as the file says; empty when it does not.
Fields readHolder(const std::string& path, const Fields& own) {
  // A process that has just taken the lock may not have written that yet.
  for (int attempt = 0; attempt < 5; attempt++) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    try {
      Fields holder = parse(readSmallFile(path, kMostBytes));
      for (const auto& [name, value] : own) holder.emplace(name, "");
      if (!isNumber(holder["pid"])) continue;
      if (!sameKernel(holder, own) || isRunning(holder)) return holder;
    } catch (const DatabaseError&) {
      // Another file took its place, or it cannot be read.
    }
  }
  return {};
}

std::string nameHolder(const Fields& holder, const Fields& own) {
  if (holder.empty()) return "Another process, which has not said who it is, has the database open for writing";
  const std::string process = "Process " + holder.at("pid");
  if (!sameKernel(holder, own)) {
    return process + " of " + (holder.at("host").empty() ? "another machine" : "the machine " + holder.at("host")) +
           " has the database open for writing, by what it wrote into the file WRITER";
  }
  if (holder.at("pid") == own.at("pid")) {
    return "This process itself (" + holder.at("pid") +
           ") has the database open for writing, by another copy of the addon";
  }
  return process + ", which is running on this machine, has the database open for writing";
}

[[noreturn]] void throwLocked(const std::string& directory, const std::string& path) {
  const Fields own = ownFields();
  throw DatabaseError{"ROCKSDB_LOCKED", nameHolder(readHolder(path, own), own), directory};
}

}  // namespace

WriterLock::WriterLock(const std::string& directory) : path_(directory + "/WRITER") {
  for (int attempt = 0; attempt < kMostAttempts; attempt++) {
    made_ = true;
    file_ = Descriptor(openRegular(path_, O_RDWR | O_CREAT | O_EXCL, 0600));
    if (!file_.isOpen() && errno == EEXIST) {
      made_ = false;
      file_ = Descriptor(openRegular(path_, O_RDWR));
      if (!file_.isOpen() && errno == ENOENT) continue;
    }
    if (!file_.isOpen()) throwSystemError("Cannot open", path_, errno);
    const int error = lockFile(file_.number(), LockKind::kExclusive);
    if (error == EAGAIN) throwLocked(directory, path_);
    if (error != 0 && isWithoutLocks(error)) {
      if (made_) ::unlink(path_.c_str());
      throwWithoutLocks(directory, error, "a second writer");
    }
    if (error != 0) throwSystemError("Cannot lock", path_, error);
    if (!isNamed(path_, file_.number())) continue;
    describeHolder(file_.number(), ownFields());
    return;
  }
  throwSystemError("Cannot lock", path_, ESTALE);
}

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
  release();
  path_ = std::move(other.path_);
  file_ = std::move(other.file_);
  made_ = other.made_;
  return *this;
}

void WriterLock::release() {
  if (!file_.isOpen()) return;
  // A killed process leaves its file, without an owner.
  (void)!::ftruncate(file_.number(), 0);
  unlockFile(file_.number());
  file_ = Descriptor();
}

void WriterLock::undo() {
  // A process that has opened it meanwhile finds that the name is not that file's any more.
  if (file_.isOpen() && made_) ::unlink(path_.c_str());
  release();
}

}  // namespace shale
