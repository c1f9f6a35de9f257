# SPDX-License-Identifier: MIT
# What every target of ours shares: warnings, sanitizers, revision. Targets own their flags, so
# nothing here is global.

set(FM_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wdouble-promotion
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef -Wformat=2
    -Wcast-align -Wwrite-strings)

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
        target_link_options(${target} PUBLIC -fsanitize=${FM_SANITIZE})
    endif()
    if(FM_COVERAGE)
        target_compile_options(${target} PRIVATE --coverage)
        target_link_options(${target} PUBLIC --coverage)
    endif()
endfunction()
