// What each file of calls adds to the addon's exports.
#pragma once

#include <node_api.h>

namespace shale {

void exportLifecycle(napi_env env, napi_value exports);
void exportWrite(napi_env env, napi_value exports);
void exportTrim(napi_env env, napi_value exports);
void exportScan(napi_env env, napi_value exports);
void exportFetch(napi_env env, napi_value exports);
void exportHeads(napi_env env, napi_value exports);
void exportTableEnds(napi_env env, napi_value exports);
void exportRecords(napi_env env, napi_value exports);
void exportSnapshot(napi_env env, napi_value exports);
void exportInspect(napi_env env, napi_value exports);
void exportAdmin(napi_env env, napi_value exports);
void exportSurvey(napi_env env, napi_value exports);
void exportLogFiles(napi_env env, napi_value exports);
void exportTableFiles(napi_env env, napi_value exports);
void exportRebuild(napi_env env, napi_value exports);
void exportLibrary(napi_env env, napi_value exports);
void exportBackup(napi_env env, napi_value exports);
void exportLoans(napi_env env, napi_value exports);

}  // namespace shale
