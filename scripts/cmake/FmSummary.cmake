# SPDX-License-Identifier: MIT
# What was found and what will be built, as the last lines of a configure run.

# Libraries that a build can do without, and what each adds.
find_package(CLBlast QUIET CONFIG)

function(fm_summary_optional name found version what)
    if(found)
        message(STATUS "  ${name} ${version}: found, ${what}")
    else()
        message(STATUS "  ${name}: not found, ${what}")
    endif()
endfunction()

function(fm_summary)
    set(kind ${CMAKE_BUILD_TYPE})
    if(FM_SANITIZE)
        string(APPEND kind ", sanitizers ${FM_SANITIZE}")
    endif()
    if(FM_COVERAGE)
        string(APPEND kind ", coverage")
    endif()
    if(FM_WERROR)
        string(APPEND kind ", warnings are errors")
    endif()
    message(STATUS "facemorph ${PROJECT_VERSION}: ${kind}")
    message(STATUS "  compiler: ${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}")
    message(STATUS "  OpenCL ${OpenCL_VERSION_STRING}, Assimp ${ASSIMP_VERSION}, "
                   "libpng ${PNG_VERSION_STRING}, libjpeg ${JPEG_VERSION}, hwloc ${HWLOC_VERSION}")
    message(STATUS "  SQLite ${SQLITE_VERSION}, jansson ${JANSSON_VERSION}, "
                   "xxHash ${XXHASH_VERSION}")
    fm_summary_optional(FFmpeg "${FFMPEG_FOUND}" "${FFMPEG_libavcodec_VERSION}"
                        "videos: animation.mp4 and --background FILE")
    fm_summary_optional(CLBlast "${CLBlast_FOUND}" "${CLBlast_VERSION}${FM_CLBLAST_VERSION}"
                        "a module for blends of many targets")
    set(fm_lapack_found OFF)
    if(FM_OPENBLAS_OPENMP MATCHES "openblas-openmp")
        set(fm_lapack_found ON)
    endif()
    fm_summary_optional(OpenBLAS-OpenMP "${fm_lapack_found}" "" "LAPACK as a peer of fmbench")
    fm_summary_optional(OSMesa "${OSMESA_FOUND}" "${OSMESA_VERSION}" "llvmpipe as a peer of fmbench")
    fm_summary_optional(OpenMP "${OpenMP_C_FOUND}" "${OpenMP_C_VERSION}" "threads of the C peer")
    if(TARGET manual)
        message(STATUS "  scdoc: found, manual pages")
    else()
        message(STATUS "  scdoc: not found or FM_MANUAL is OFF, no manual pages")
    endif()
    fm_summary_optional(Doxygen "${DOXYGEN_FOUND}" "${DOXYGEN_VERSION}"
                        "target doxygen, the headers as pages")
    if(fm_tests)
        message(STATUS "  tests: Criterion ${CRITERION_VERSION}, data ${FM_TEST_DATA_USED}")
    else()
        message(STATUS "  tests: not built (FM_BUILD_TESTS is ${FM_BUILD_TESTS})")
    endif()
endfunction()
