# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: component `tools` (programs, modules, man pages, completion),
# `runtime` (shared libraries) and `dev` (headers, package files).
include(CMakePackageConfigHelpers)

set(FM_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/fm)
set(FM_IN ${CMAKE_SOURCE_DIR}/scripts/cmake)

install(TARGETS fmorph fmbench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
if(TARGET fm_video) # where host/io/video_load.c looks: ../lib/facemorph from the programs
    install(TARGETS fm_video LIBRARY DESTINATION lib/facemorph COMPONENT tools)
endif()
# libfmio starts it for every program that reads a mesh. The folder is where host/io/confined.c and
# harness/peers/llvmpipe.c look: ../libexec from the programs.
install(TARGETS fm-import RUNTIME DESTINATION libexec/facemorph COMPONENT runtime)
if(TARGET fmbench-llvmpipe)
    install(TARGETS fmbench-llvmpipe RUNTIME DESTINATION libexec/facemorph COMPONENT tools)
endif()
install(TARGETS fm_shared fmio_shared EXPORT fm
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT dev
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/engine/include/fm DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT dev FILES_MATCHING PATTERN "*.h")
install(EXPORT fm NAMESPACE fm:: DESTINATION ${FM_CMAKE_DIR} FILE fm-targets.cmake COMPONENT dev)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/README.md
              ${CMAKE_SOURCE_DIR}/CHANGELOG.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT tools)

configure_package_config_file(${FM_IN}/fm-config.cmake.in ${CMAKE_BINARY_DIR}/fm-config.cmake
                              INSTALL_DESTINATION ${FM_CMAKE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/fm-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/fm-config.cmake ${CMAKE_BINARY_DIR}/fm-config-version.cmake
        DESTINATION ${FM_CMAKE_DIR} COMPONENT dev)
foreach(pc fm fmio)
    configure_file(${FM_IN}/${pc}.pc.in ${CMAKE_BINARY_DIR}/${pc}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/${pc}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
            COMPONENT dev)
endforeach()
