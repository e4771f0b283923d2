#include "napi/operation.h"

#include <optional>
#include <utility>

#include "core/executor.h"
#include "napi/entry.h"
#include "napi/environment.h"

namespace shale {

namespace {

struct Operation {
  napi_deferred deferred = nullptr;
  std::shared_ptr<Mailbox> mailbox;
  std::string path;
  Work work;
  Finish finish;
  napi_ref kept = nullptr;
  std::optional<DatabaseError> failure;

  void run() {
    try {
      finish = work();
    } catch (...) {
      failure = describeCurrentException(path);
    }
    work = nullptr;
  }

  void letGo(napi_env env) {
    if (kept != nullptr) Environment::of(env).letGo(std::exchange(kept, nullptr));
  }

  void settle(napi_env env) {
    mailbox->receivedOne(env);
    letGo(env);
    if (!failure) {
      try {
        napi_resolve_deferred(env, deferred, finish(env));
        return;
      } catch (const PendingException&) {
        napi_value pending;
        if (napi_get_and_clear_last_exception(env, &pending) == napi_ok) napi_reject_deferred(env, deferred, pending);
        return;
      } catch (...) {
        failure = describeCurrentException(path);
      }
    }
    napi_reject_deferred(env, deferred, makeDatabaseError(env, *failure));
  }
};

Executor& executorFor(Duration duration) {
  switch (duration) {
    case Duration::kBrief:
      return Executor::brief();
    case Duration::kLengthy:
      return Executor::lengthy();
    case Duration::kRead:
      break;
  }
  return Executor::reads();
}

}  // namespace

napi_value startOperation(napi_env env, std::string path, Duration duration, Work work, napi_value kept) {
  auto operation = std::make_shared<Operation>();
  operation->mailbox = Environment::of(env).mailbox();
  operation->path = std::move(path);
  operation->work = std::move(work);
  operation->mailbox->expectOne(env);
  napi_value promise;
  if (napi_create_promise(env, &operation->deferred, &promise) == napi_ok) {
    try {
      if (kept != nullptr) operation->kept = Environment::of(env).keep(kept);
      executorFor(duration).submit([operation] {
        operation->run();
        auto mailbox = operation->mailbox;
        try {
          mailbox->deliver(std::make_unique<Mailbox::Letter>([operation](napi_env receiver) {
            if (receiver != nullptr) operation->settle(receiver);
          }));
        } catch (...) {
          // No memory for a letter: the promise stays pending, which is better than the end of the process.
        }
      });
      return promise;
    } catch (...) {
      operation->mailbox->receivedOne(env);
      operation->letGo(env);
      operation->failure = describeCurrentException(operation->path);
      napi_reject_deferred(env, operation->deferred, makeDatabaseError(env, *operation->failure));
      return promise;
    }
  }
  operation->mailbox->receivedOne(env);
  throw PendingException{};
}

Finish finishWithUndefined() { return makeUndefined; }

napi_value startDatabaseOperation(napi_env env, Reference reference, Duration duration,
                                  std::function<void(SharedDatabase&)> work) {
  auto held = std::make_shared<Reference>(std::move(reference));
  const std::string path = (*held)->path();
  return startOperation(env, path, duration, [held, work = std::move(work)]() -> Finish {
    work(**held);
    return finishWithUndefined();
  });
}

}  // namespace shale
