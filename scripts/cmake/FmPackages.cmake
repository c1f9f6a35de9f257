# SPDX-License-Identifier: MIT
# `cpack` (or `ninja package`) makes three Debian packages: facemorph, libfm0, libfm-dev.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME facemorph)
set(CPACK_PACKAGE_CONTACT "facemorph maintainers <facemorph@invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL tools runtime dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME facemorph)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS "pocl-opencl-icd | opencl-icd")
# fm-import, which the tools start, comes with the library.
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "libfm0 (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS "mesa-opencl-icd, intel-opencl-icd")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libfm0)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/engine ${CMAKE_BINARY_DIR}/host/io)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS "pocl-opencl-icd | opencl-icd")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/packages/triggers)
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libfm-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libfm0 (= ${PROJECT_VERSION}), ocl-icd-opencl-dev, opencl-headers")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION
    "Morph, render and measure faces on any OpenCL device: fmorph and fmbench.")
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "Shared libraries of facemorph: libfm and libfmio.")
set(CPACK_COMPONENT_DEV_DESCRIPTION "Headers and package files of libfm and libfmio.")
file(WRITE ${CMAKE_BINARY_DIR}/packages/triggers "activate-noawait ldconfig\n")

# Each package carries its terms: our source is MIT; what its binaries link decides theirs.
foreach(package facemorph libfm0 libfm-dev)
    string(REPLACE libfm0 runtime component ${package})
    string(REPLACE libfm-dev dev component ${component})
    string(REPLACE facemorph tools component ${component})
    install(FILES ${CMAKE_SOURCE_DIR}/scripts/cmake/copyright
            DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${package} COMPONENT ${component})
endforeach()
include(CPack)
