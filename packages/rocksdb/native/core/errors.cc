#include "core/errors.h"

#include <cerrno>
#include <exception>
#include <new>
#include <system_error>

namespace shale {

namespace {

using rocksdb::Status;

bool says(const Status& status, const char* words) { return status.ToString().find(words) != std::string::npos; }

bool says(const Status& status, int error) { return says(status, std::generic_category().message(error).c_str()); }

// What happens to a LOCK file is an IOError like any other to RocksDB; only its text tells.
bool isAboutLock(const Status& status) { return status.IsIOError() && says(status, "While lock file"); }

bool isWithoutLocks(const Status& status) {
  if (!isAboutLock(status)) return false;
  return says(status, ENOLCK) || says(status, ENOSYS) || says(status, ENOTSUP) || says(status, EOPNOTSUPP);
}

bool isLockHeld(const Status& status) {
  return isAboutLock(status) || (status.IsIOError() && says(status, "lock hold by current process"));
}

// A database that does not exist is, depending on the mode, an invalid argument or an IOError about its CURRENT file.
bool isMissing(const Status& status) {
  if (status.IsNotFound() || status.IsPathNotFound()) return true;
  const std::string text = status.ToString();
  if (status.IsInvalidArgument()) return text.find("does not exist (create_if_missing is false)") != std::string::npos;
  return status.IsIOError() && text.find("No such file or directory") != std::string::npos &&
         text.find("/CURRENT") != std::string::npos;
}

const char* codeOf(const Status& status) {
  if (isNoSpace(status)) return "ROCKSDB_NO_SPACE";
  if (isOutOfResources(status)) return "ROCKSDB_NO_RESOURCES";
  if (isWithoutLocks(status)) return "ROCKSDB_LOCKS_UNSUPPORTED";
  if (isLockHeld(status)) return "ROCKSDB_LOCKED";
  if (isMissing(status)) return "ROCKSDB_NOT_FOUND";
  switch (status.code()) {
    case Status::kCorruption: return "ROCKSDB_CORRUPTION";
    case Status::kNotSupported: return "ROCKSDB_NOT_SUPPORTED";
    case Status::kInvalidArgument: return "ROCKSDB_INVALID_ARGUMENT";
    case Status::kIOError: return "ROCKSDB_IO_ERROR";
    case Status::kIncomplete: return "ROCKSDB_INCOMPLETE";
    case Status::kShutdownInProgress: return "ROCKSDB_SHUTDOWN_IN_PROGRESS";
    case Status::kTimedOut: return "ROCKSDB_TIMED_OUT";
    case Status::kAborted: return "ROCKSDB_ABORTED";
    case Status::kBusy: return "ROCKSDB_BUSY";
    case Status::kExpired: return "ROCKSDB_EXPIRED";
    case Status::kTryAgain: return "ROCKSDB_TRY_AGAIN";
    case Status::kCompactionTooLarge: return "ROCKSDB_COMPACTION_TOO_LARGE";
    case Status::kColumnFamilyDropped: return "ROCKSDB_COLUMN_FAMILY_DROPPED";
    default: return "ROCKSDB_UNKNOWN";
  }
}

const char* subcodeOf(const Status& status) {
  switch (status.subcode()) {
    case Status::kNone: return "none";
    case Status::kMutexTimeout: return "mutexTimeout";
    case Status::kLockTimeout: return "lockTimeout";
    case Status::kLockLimit: return "lockLimit";
    case Status::kNoSpace: return "noSpace";
    case Status::kDeadlock: return "deadlock";
    case Status::kStaleFile: return "staleFile";
    case Status::kMemoryLimit: return "memoryLimit";
    case Status::kSpaceLimit: return "spaceLimit";
    case Status::kPathNotFound: return "pathNotFound";
    case Status::kManualCompactionPaused: return "manualCompactionPaused";
    case Status::kOverwritten: return "overwritten";
    case Status::kIOFenced: return "ioFenced";
    default: return "other";
  }
}

const char* severityOf(const Status& status) {
  switch (status.severity()) {
    case Status::kNoError: return "none";
    case Status::kSoftError: return "soft";
    case Status::kHardError: return "hard";
    case Status::kFatalError: return "fatal";
    case Status::kUnrecoverableError: return "unrecoverable";
    default: return "other";
  }
}

}  // namespace

const char* codeOfErrno(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return "ROCKSDB_NO_SPACE";
    case EMFILE:
    case ENFILE:
    case ENOMEM: return "ROCKSDB_NO_RESOURCES";
    default: return "ROCKSDB_IO_ERROR";
  }
}

bool isNoSpace(const Status& status) {
  if (status.IsNoSpace()) return true;
  // RocksDB knows only one way of being without room.
  return status.IsIOError() && (status.subcode() == Status::kSpaceLimit || says(status, EDQUOT));
}

bool isOutOfResources(const Status& status) {
  if (!status.IsIOError()) return false;
  // `IO error: While open a file for appending: /data/000012.sst: Too many open files`
  const std::string text = status.ToString();
  const size_t start = text.find(": ");
  const size_t end = start == std::string::npos ? start : text.find(": ", start + 2);
  if (end == std::string::npos) return false;
  const std::string call = text.substr(start, end - start);
  if (call.find("open") == std::string::npos && call.find("create") == std::string::npos) return false;
  return says(status, EMFILE) || says(status, ENFILE) || says(status, ENOMEM);
}

DatabaseError errorFromStatus(const Status& status, const std::string& path) {
  const char* meaning = isWithoutLocks(status) ? "The file system of this directory has no file locks: "
                        : isLockHeld(status)   ? "Another process has it open for writing: "
                                               : "";
  return DatabaseError{codeOf(status), meaning + status.ToString(), path, subcodeOf(status), severityOf(status)};
}

void throwIfFailed(const Status& status, const std::string& path) {
  if (!status.ok()) throw errorFromStatus(status, path);
}

void throwTypeError(std::string_view name, std::string_view expectation) {
  throw ArgumentError{ArgumentError::Kind::kType,
                      "The \"" + std::string(name) + "\" argument must be " + std::string(expectation)};
}

void throwRangeError(std::string_view name, std::string_view expectation) {
  throw ArgumentError{ArgumentError::Kind::kRange,
                      "The \"" + std::string(name) + "\" argument is out of range: it must be " +
                          std::string(expectation)};
}

DatabaseError describeCurrentException(const std::string& path) {
  try {
    throw;
  } catch (const DatabaseError& error) {
    return error;
  } catch (const ArgumentError& error) {
    return DatabaseError{"ROCKSDB_INVALID_ARGUMENT", error.message, path};
  } catch (const std::bad_alloc&) {
    return DatabaseError{"ROCKSDB_UNKNOWN", "Out of memory", path, "memoryLimit", "none"};
  } catch (const std::exception& error) {
    return DatabaseError{"ROCKSDB_UNKNOWN", error.what(), path};
  } catch (...) {
    return DatabaseError{"ROCKSDB_UNKNOWN", "Unknown failure inside the RocksDB binding", path};
  }
}

}  // namespace shale
