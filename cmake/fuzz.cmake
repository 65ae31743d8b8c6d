# Programs that look for faults in the C interface (`nox -s fuzz`): libFuzzer's targets, which need
# Clang, and one in which each allocation fails in turn.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  foreach(name IN ITEMS chain frontend)
    add_executable(fuzz_${name} tests/fuzz/${name}.cpp)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${name} PRIVATE fastmel::fastmel_static)
  endforeach()
endif()
if(NOT FASTMEL_SANITIZE)  # whose allocator is another one
  add_executable(allocations tests/fuzz/allocations.cpp)
  target_link_options(allocations PRIVATE
    -Wl,--wrap=malloc -Wl,--wrap=aligned_alloc -Wl,--wrap=free)
  target_link_libraries(allocations PRIVATE fastmel::fastmel_static)
endif()
