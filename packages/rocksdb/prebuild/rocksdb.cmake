# Comes right after project() of RocksDB's CMakeLists.txt (CMAKE_PROJECT_rocksdb_INCLUDE).
# Many files at a time, which RocksDB's sources are kept fit for: each would read the same headers again.
set(CMAKE_UNITY_BUILD ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 16)
# Compiled beside it, so that the binary asks the processor what it can do.
set_source_files_properties(util/crc32c.cc PROPERTIES HEADER_FILE_ONLY ON)
