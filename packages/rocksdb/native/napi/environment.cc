#include "napi/environment.h"

#include <unordered_set>

#include "database/lease.h"
#include "database/registry.h"
#include "napi/napi_support.h"

namespace shale {

namespace {

struct Mailboxes {
  std::mutex mutex;
  std::unordered_set<Mailbox*> open;
};

Mailboxes& mailboxes() {
  static Mailboxes* instance = new Mailboxes();
  return *instance;
}

}  // namespace

void Mailbox::open(napi_env env) {
  napi_value name = makeString(env, "shale.rocksdb");
  check(napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr,
                                        &Mailbox::receive, &function_));
  check(napi_unref_threadsafe_function(env, function_));
  Mailboxes& all = mailboxes();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.open.insert(this);
}

void Mailbox::close() {
  {
    Mailboxes& all = mailboxes();
    std::lock_guard<std::mutex> lock(all.mutex);
    all.open.erase(this);
  }
  std::lock_guard<std::mutex> lock(mutex_);
  function_ = nullptr;
}

void Mailbox::closeAll() {
  Mailboxes& all = mailboxes();
  std::lock_guard<std::mutex> lock(all.mutex);
  for (Mailbox* mailbox : all.open) {
    std::lock_guard<std::mutex> own(mailbox->mutex_);
    mailbox->function_ = nullptr;
  }
  all.open.clear();
}

void Mailbox::deliver(std::unique_ptr<Letter> letter) {
  // Held over the call: close() has to wait, so the function is alive here. The call only queues.
  std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  if (napi_call_threadsafe_function(function_, letter.get(), napi_tsfn_nonblocking) == napi_ok) letter.release();
}

void Mailbox::receive(napi_env env, napi_value, void*, void* data) {
  std::unique_ptr<Letter> letter(static_cast<Letter*>(data));
  try {
    (*letter)(env);
  } catch (...) {
    // The environment refuses calls: it is being torn down, and nothing waits for the promise.
  }
}

void Mailbox::expectOne(napi_env env) {
  if (function_ == nullptr) throw PendingException{};
  if (expected_++ == 0) check(napi_ref_threadsafe_function(env, function_));
}

void Mailbox::receivedOne(napi_env env) {
  if (--expected_ == 0 && function_ != nullptr) check(napi_unref_threadsafe_function(env, function_));
}

void Environment::install(napi_env env, napi_value errorConstructor) {
  auto environment = std::make_unique<Environment>(env);
  check(napi_create_reference(env, errorConstructor, 1, &environment->errorConstructor_));
  environment->mailbox_->open(env);
  Environment* raw = environment.get();
  check(napi_set_instance_data(
      env, raw,
      [](napi_env finalizing, void* data, void*) {
        std::unique_ptr<Environment> ending(static_cast<Environment*>(data));
        napi_delete_reference(finalizing, ending->errorConstructor_);
        for (napi_ref kept : ending->kept_) napi_delete_reference(finalizing, kept);
      },
      nullptr));
  environment.release();
  Registry::instance().onExit(&Mailbox::closeAll);
  // Hooks run last in, first out: ours comes before the one that ends the mailbox's threadsafe function.
  check(napi_add_env_cleanup_hook(env, &Environment::cleanUp, raw));
}

Environment& Environment::of(napi_env env) {
  void* data = nullptr;
  check(napi_get_instance_data(env, &data));
  if (data == nullptr) throw PendingException{};
  return *static_cast<Environment*>(data);
}

napi_value Environment::errorConstructor() const {
  napi_value result;
  check(napi_get_reference_value(env_, errorConstructor_, &result));
  return result;
}

napi_ref Environment::keep(napi_value value) {
  napi_ref kept = nullptr;
  check(napi_create_reference(env_, value, 1, &kept));
  kept_.insert(kept);
  return kept;
}

void Environment::letGo(napi_ref kept) {
  kept_.erase(kept);
  napi_delete_reference(env_, kept);
}

void Environment::add(const std::shared_ptr<Lease>& lease) { leases_.emplace(lease.get(), lease); }

void Environment::remove(Lease* lease) { leases_.erase(lease); }

void Environment::cleanUp(void* data) {
  Environment* environment = static_cast<Environment*>(data);
  environment->mailbox_->close();
  environment->buffers_->close();
  for (const auto& entry : environment->leases_) {
    entry.second->release(Lease::Closing::kHere);
    entry.second->orphaned = true;
  }
  environment->leases_.clear();
}

}  // namespace shale
