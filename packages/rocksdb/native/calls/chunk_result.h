// What a scan came to, as JavaScript gets it.
#pragma once

#include "database/chunk_scan.h"
#include "napi/napi_support.h"

namespace shale {

inline void setChunk(napi_env env, napi_value result, const Chunk& chunk) {
  setNumber(env, result, "entries", chunk.entries);
  setNumber(env, result, "runs", chunk.runs);
  setNumber(env, result, "dataLength", chunk.dataLength);
  setNumber(env, result, "endsAt", chunk.endsAt);
  setNumber(env, result, "runsAt", chunk.runsAt);
  setProperty(env, result, "more", makeBoolean(env, chunk.more));
  setNumber(env, result, "neededBytes", chunk.neededBytes);
}

}  // namespace shale
