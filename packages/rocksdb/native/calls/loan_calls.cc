// Loans of tables between threads; see loans.h.
#include "calls/calls.h"
#include "database/loans.h"
#include "napi/entry.h"

namespace shale {

namespace {

// openLoan(handle): bigint
napi_value openLoan(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  return makeBigInt(arguments.env(), lease.database().loans().open(&lease));
}

// lend(handle, loan): boolean
napi_value lend(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  return makeBoolean(arguments.env(), lease.database().loans().lend(arguments.bigint(1, "loan"), &lease));
}

// useLoan(handle, loan): boolean
napi_value useLoan(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  return makeBoolean(arguments.env(), lease.database().loans().use(arguments.bigint(1, "loan"), &lease));
}

// returnLoan(handle, loan)
napi_value returnLoan(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  lease.database().loans().giveBack(arguments.bigint(1, "loan"), &lease);
  return makeNull(arguments.env());
}

// endLoan(handle, loan)
napi_value endLoan(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  lease.database().loans().end(arguments.bigint(1, "loan"), &lease);
  return makeNull(arguments.env());
}

}  // namespace

void exportLoans(napi_env env, napi_value exports) {
  exportFunction<openLoan>(env, exports, "openLoan");
  exportFunction<lend>(env, exports, "lend");
  exportFunction<useLoan>(env, exports, "useLoan");
  exportFunction<returnLoan>(env, exports, "returnLoan");
  exportFunction<endLoan>(env, exports, "endLoan");
}

}  // namespace shale
