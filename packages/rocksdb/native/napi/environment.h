// What the addon keeps for each JavaScript environment (the main thread and every worker has one).
#pragma once

#include <node_api.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "napi/buffer_use.h"

namespace shale {

class Lease;

// The way of a finished asynchronous operation back to its JavaScript thread. It outlives the environment: after
// close() a delivery is refused, and no thread can touch an environment that is gone.
class Mailbox {
 public:
  using Letter = std::function<void(napi_env)>;  // called with nullptr if the environment went away meanwhile

  Mailbox() = default;
  ~Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void open(napi_env env);
  void close();
  // From any thread. A letter that cannot be delivered is destroyed in the calling thread.
  void deliver(std::unique_ptr<Letter> letter);
  // From the JavaScript thread: an operation under way keeps the event loop alive.
  void expectOne(napi_env env);
  void receivedOne(napi_env env);

  // Process exit: no mailbox may call into Node any more.
  static void closeAll();

 private:
  static void receive(napi_env env, napi_value callback, void* context, void* data);

  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;  // null once closed
  size_t expected_ = 0;
};

class Environment {
 public:
  // Registers the environment's data and its clean-up. `errorConstructor` is the class RocksDBError.
  static void install(napi_env env, napi_value errorConstructor);
  static Environment& of(napi_env env);

  explicit Environment(napi_env env) : env_(env), mailbox_(std::make_shared<Mailbox>()) {}

  napi_value errorConstructor() const;
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  const std::shared_ptr<BufferUse>& buffers() const { return buffers_; }

  // Keeps a value from being collected until it is let go, or the environment ends.
  napi_ref keep(napi_value value);
  void letGo(napi_ref kept);

  // Leases of this thread; the clean-up releases those that are left.
  void add(const std::shared_ptr<Lease>& lease);
  void remove(Lease* lease);
  std::shared_ptr<Lease> shared(Lease* lease) const { return leases_.at(lease); }

 private:
  static void cleanUp(void* data);

  napi_env env_;
  napi_ref errorConstructor_ = nullptr;
  std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<BufferUse> buffers_ = std::make_shared<BufferUse>();
  std::unordered_map<Lease*, std::shared_ptr<Lease>> leases_;
  // Node frees none by itself when a thread ends.
  std::unordered_set<napi_ref> kept_;
};

}  // namespace shale
