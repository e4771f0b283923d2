// A process that writes is killed; what it acknowledged must be there when the database is opened again, and nothing
// else but the one batch that was under way.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "workload.h"

extern char** environ;

namespace shale::test {

void writeUntilKilled(const std::string& path, uint64_t seed, uint64_t skip) {
  const std::unique_ptr<rocksdb::DB> db = open(path, true);
  Workload workload(seed);
  rocksdb::WriteBatch batch;
  for (uint64_t i = 0;; i++) {
    workload.next(&batch);
    if (i < skip) continue;
    expect(db->Write(rocksdb::WriteOptions(), &batch).ok(), "a write failed");
    const char acknowledged = '.';
    if (::write(STDOUT_FILENO, &acknowledged, 1) != 1) return;  // nobody listens any more
  }
}

namespace {

// Runs the writer until it has acknowledged that many batches, kills it, and tells how many it has acknowledged.
uint64_t acknowledgedWhenKilled(const std::string& program, const std::string& path, uint64_t seed, uint64_t skip,
                                uint64_t wanted) {
  int ends[2];
  expect(::pipe2(ends, O_CLOEXEC) == 0, "no pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<std::string> words = {program, "write-until-killed", path, std::to_string(seed), std::to_string(skip)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  expect(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ) == 0, "no process");
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  uint64_t acknowledged = 0;
  char buffer[4096];
  for (ssize_t size; (size = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
    acknowledged += static_cast<uint64_t>(size);
    if (acknowledged >= wanted) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the writer ended before it was killed");
  return acknowledged;
}

}  // namespace

std::string testCrash(uint64_t seed, uint64_t crashes, const std::string& folder, const std::string& program) {
  Random random(seed);
  uint64_t batches = 0;
  for (uint64_t crash = 0; crash < crashes;) {
    const std::string path = folder + "/crash" + std::to_string(crash);
    const uint64_t workloadSeed = random.next();
    Workload workload(workloadSeed);
    rocksdb::WriteBatch batch;
    uint64_t done = 0;
    // Several crashes of one database: the log of a recovered memtable is replayed again.
    for (int generation = 0; generation < 3 && crash < crashes; generation++, crash++) {
      const uint64_t acknowledged =
          acknowledgedWhenKilled(program, path, workloadSeed, done, 1 + random.below(random.percent(30) ? 1000 : 100));
      const std::unique_ptr<rocksdb::DB> db = open(path, random.percent(70));
      for (uint64_t i = 0; i < acknowledged; i++) workload.next(&batch);
      done += acknowledged;
      Workload withOneMore = workload;
      withOneMore.next(&batch);
      const std::unique_ptr<rocksdb::Iterator> iterator(db->NewIterator(rocksdb::ReadOptions()));
      Contents found;
      for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
        found.emplace(iterator->key().ToString(), iterator->value().ToString());
      }
      if (found == withOneMore.contents()) {
        workload = withOneMore;
        done++;
      }
      compare(*db, workload.contents(), nullptr, random);
    }
    batches += done;
    std::filesystem::remove_all(path);
  }
  return std::to_string(crashes) + " crashes, " + std::to_string(batches) + " batches";
}

}  // namespace shale::test
