# CMake's description of what is built for.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
# RocksDB would build everything for processors with CRC instructions.
set(HAS_ARMV8_CRC OFF CACHE BOOL "")
