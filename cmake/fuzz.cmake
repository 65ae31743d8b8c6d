# Programs that look for faults in the C interface (`nox -s fuzz`): libFuzzer's target, which needs
# Clang, and one in which each allocation fails in turn.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_executable(fuzz_chain tests/fuzz/chain.cpp)
  target_compile_options(fuzz_chain PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_chain PRIVATE -fsanitize=fuzzer)
  target_link_libraries(fuzz_chain PRIVATE fastmel::fastmel_static)
endif()
if(NOT FASTMEL_SANITIZE)  # whose allocator is another one
  add_executable(allocations tests/fuzz/allocations.cpp)
  target_link_options(allocations PRIVATE
    -Wl,--wrap=malloc -Wl,--wrap=aligned_alloc -Wl,--wrap=free)
  target_link_libraries(allocations PRIVATE fastmel::fastmel_static)
endif()
