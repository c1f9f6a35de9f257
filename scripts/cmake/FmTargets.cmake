# SPDX-License-Identifier: MIT
# What every target of ours shares: warnings, sanitizers, revision. Targets own their flags, so
# nothing here is global.

set(FM_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wdouble-promotion
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef -Wformat=2
    -Wcast-align -Wwrite-strings)

set(FM_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

# fm_target_defaults(TARGET): flags of our own code.
function(fm_target_defaults target)
    target_compile_options(${target} PRIVATE ${FM_WARNINGS})
    if(FM_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    if(FM_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${FM_SANITIZE}
                               -fno-omit-frame-pointer)
        if(FM_SANITIZE MATCHES "undefined") # clang has these in "undefined", gcc does not
            target_compile_options(${target} PRIVATE -fsanitize=float-cast-overflow)
        endif()
        target_link_options(${target} PUBLIC -fsanitize=${FM_SANITIZE})
    endif()
    if(FM_COVERAGE)
        # Our worker threads share counters; those of the reference, in its own loops, stay cheap.
        target_compile_options(${target} PRIVATE --coverage
                               "SHELL:-include ${FM_CMAKE_DIR}/coverage_exit.h")
        if(NOT target STREQUAL "fm_engine")
            target_compile_options(${target} PRIVATE -fprofile-update=atomic)
        endif()
        target_link_options(${target} PUBLIC --coverage)
    endif()
endfunction()

# fm_revision: link it to see <fm_revision.h> with FM_REVISION, renewed by every build.
set(FM_GENERATED ${CMAKE_BINARY_DIR}/generated)
add_custom_target(fm_revision_header
    COMMAND ${CMAKE_COMMAND} -DOUT=${FM_GENERATED}/fm_revision.h -DSOURCE=${CMAKE_SOURCE_DIR}
            -P ${CMAKE_SOURCE_DIR}/scripts/cmake/revision.cmake
    BYPRODUCTS ${FM_GENERATED}/fm_revision.h
    COMMENT "Checking the git revision"
    VERBATIM)
add_library(fm_revision INTERFACE)
target_include_directories(fm_revision INTERFACE ${FM_GENERATED})
add_dependencies(fm_revision fm_revision_header)
