# One IEEE-defined result everywhere: the options that all sources are compiled with, and a check that
# the compiler heeds them. A multiplication that is fused with an addition rounds once where another
# instruction set rounds twice, and the same call returns other bits on another CPU.

# Clang's -fno-fast-math comes first, since it sets the others back. GCC 12's vectoriser forms fused
# multiply-add-subtract in spite of -ffp-contract=off, and has little to do: kernels are explicit vectors.
set(arithmetic -fno-fast-math -fno-math-errno -ffp-contract=off
    -fno-tree-vectorize -fno-tree-slp-vectorize)
# clang-cl takes GCC's options behind a prefix; without it, it ignores most, with a warning.
set(gnu)
set(before_source)
if(MSVC)
  set(gnu "/clang:")
  set(before_source "--") # a path that begins with /w is an option otherwise
  list(TRANSFORM arithmetic PREPEND ${gnu})
endif()

# Compile contraction.cpp as the project is and with these options, which put fused instructions at
# hand; set `result` to the first line of assembly that has one.
function(find_fused result)
  separate_arguments(command NATIVE_COMMAND
    "${CMAKE_CXX_COMPILER_ARG1} ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_RELEASE}")
  if(CMAKE_CXX_COMPILER_TARGET)
    list(APPEND command "${CMAKE_CXX_COMPILE_OPTIONS_TARGET}${CMAKE_CXX_COMPILER_TARGET}")
  endif()
  foreach(arch IN LISTS CMAKE_OSX_ARCHITECTURES)
    list(APPEND command -arch ${arch})
  endforeach()
  set(source "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/contraction.cpp")
  set(assembly "${CMAKE_CURRENT_BINARY_DIR}/contraction.s")
  foreach(option IN ITEMS -O3 -fno-lto -S "-o${assembly}")
    list(APPEND command "${gnu}${option}")
  endforeach()
  file(REMOVE "${assembly}")
  execute_process(COMMAND "${CMAKE_CXX_COMPILER}" ${command} ${ARGN} ${before_source} "${source}"
                  RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed OR NOT EXISTS "${assembly}")
    message(FATAL_ERROR "${CMAKE_CXX_COMPILER} does not compile ${source}:\n${output}")
  endif()
  # x86: vfmadd132ps, vfmaddsub132pd, …; Arm: fmadd, fmla, vfma, …; RISC-V: fmadd.s, …; POWER: fmadds,
  # xsmaddadp, xvnmsubasp, …; s390x: madbr, mseb, vfmadb, wfmsdb, …
  file(STRINGS "${assembly}" found LIMIT_COUNT 1 REGEX
       "fn?m(add|sub)|fml[as]|[ \t]vfn?m[as]|[ \t]x[sv]n?m(add|sub)|[ \t]m[as][de]br?[ \t]|[ \t][vw]fn?m[as]")
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

# Stop where the compiler fuses in spite of `arithmetic`, given options with which it could. It reads
# assembly, so it holds for another machine too. What sources ask to be fused is not looked at. A
# processor that is not known to fuse may have no such instruction (WebAssembly, Arm without VFPv4).
function(check_arithmetic)
  find_fused(fused ${arithmetic} ${ARGN} ${gnu}-ffp-contract=fast)
  if(NOT fused AND NOT processor MATCHES "x86_64|amd64|aarch64|arm64|riscv|ppc|powerpc|s390")
    message(WARNING "Whether multiplications are fused with additions on ${processor} is not known: no fused one "
                    "is found where one is asked for.")
    return()
  endif()
  if(NOT fused)
    message(FATAL_ERROR "No fused multiplication is found where one is asked for: the check of "
                        "cmake/arithmetic.cmake does not understand the assembly of this compiler.")
  endif()
  find_fused(fused ${arithmetic} ${ARGN})
  if(fused)
    string(STRIP "${fused}" fused)
    list(JOIN arithmetic " " options)
    message(FATAL_ERROR
      "${CMAKE_CXX_COMPILER} fuses multiplications with additions (${fused}), in spite of ${options}: "
      "results would not have the same bits on every CPU. Take out what allows it from "
      "CMAKE_CXX_FLAGS, '${CMAKE_CXX_FLAGS}', or find the option that this compiler needs.")
  endif()
  message(STATUS "No multiplication is fused with an addition")
endfunction()
