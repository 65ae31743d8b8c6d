# The C and C++ library, shared and static, with its headers, a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Front ends by name or JSON, from samples to the last step, and the C interface.
set(library_sources csrc/c_frontend.cpp csrc/c_interface.cpp csrc/c_plan.cpp csrc/c_stream.cpp
  csrc/frontend/catalogue.cpp csrc/frontend/feature_steps.cpp csrc/frontend/feature_stream.cpp
  csrc/frontend/frontend.cpp csrc/frontend/frontend_stream.cpp csrc/frontend/samples.cpp)
add_library(fastmel_objects OBJECT ${core_sources} ${library_sources})
configure_core(fastmel_objects)
target_include_directories(fastmel_objects PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/include")
target_compile_definitions(fastmel_objects PRIVATE FASTMEL_BUILDING FASTMEL_VERSION="${version}")

set(libraries fastmel_static)
add_library(fastmel_static STATIC $<TARGET_OBJECTS:fastmel_objects> ${kernel_objects})
set(cxx_library stdc++)  # LLVM's is another
if("c++" IN_LIST CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
  set(cxx_library c++)
endif()
if(UNIX)  # what a program links that has no C++ of its own
  foreach(library IN ITEMS ${cxx_library} m)
    target_link_libraries(fastmel_static INTERFACE $<$<NOT:$<LINK_LANGUAGE:CXX>>:${library}>)
  endforeach()
endif()
get_property(can_share GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS)
if(can_share)  # WebAssembly links everything into one
  list(APPEND libraries fastmel)
  add_library(fastmel SHARED $<TARGET_OBJECTS:fastmel_objects> ${kernel_objects})
  # As fastmel.h says, and as find_package takes it: 0.x may differ from 0.y.
  set_target_properties(fastmel PROPERTIES
    VERSION ${version} SOVERSION ${fastmel_VERSION_MAJOR}.${fastmel_VERSION_MINOR})
  if(UNIX AND NOT APPLE)  # else instances of the standard library's templates are everybody's
    set(exports "${CMAKE_CURRENT_SOURCE_DIR}/cmake/exports.map")
    target_link_options(fastmel PRIVATE "LINKER:--version-script=${exports}")
    set_target_properties(fastmel PROPERTIES LINK_DEPENDS "${exports}")
  endif()
endif()
# A static library of the name of the shared one would be taken for its import library on Windows.
set_target_properties(fastmel_static PROPERTIES EXPORT_NAME static)
if(NOT WIN32)
  set_target_properties(fastmel_static PROPERTIES OUTPUT_NAME fastmel)
endif()
target_compile_definitions(fastmel_static INTERFACE FASTMEL_STATIC)
foreach(target IN LISTS libraries)
  add_library(fastmel::${target} ALIAS ${target})
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PRIVATE Threads::Threads)
  # What links it is linked as C++, whatever it is written in.
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
endforeach()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fastmel)
install(TARGETS ${libraries} EXPORT fastmel)
install(EXPORT fastmel NAMESPACE fastmel:: FILE fastmel-targets.cmake DESTINATION ${package_dir})
install(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/include/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE licenses/pocketfft.txt licenses/scipy.txt licenses/xsimd.txt
        DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/fastmel)

set(generated "${CMAKE_CURRENT_BINARY_DIR}/generated")
file(WRITE "${generated}/fastmel-config.cmake"
     "include(CMakeFindDependencyMacro)\n"
     "find_dependency(Threads)\n"
     "include(\"\${CMAKE_CURRENT_LIST_DIR}/fastmel-targets.cmake\")\n")
write_basic_package_version_file("${generated}/fastmel-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${generated}/fastmel-config.cmake" "${generated}/fastmel-config-version.cmake"
        DESTINATION ${package_dir})
file(RELATIVE_PATH to_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file(cmake/fastmel.pc.in "${generated}/fastmel.pc" @ONLY)
install(FILES "${generated}/fastmel.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
