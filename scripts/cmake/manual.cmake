# SPDX-License-Identifier: MIT
# IN (scdoc) -> OUT (manual page). cmake -DSCDOC= -DIN= -DOUT= -DSOURCE= -P manual.cmake
find_package(Git QUIET)
if(GIT_FOUND AND NOT DEFINED ENV{SOURCE_DATE_EPOCH})
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} log -1 --format=%ct -- ${IN}
                    OUTPUT_VARIABLE seconds OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(seconds)
        set(ENV{SOURCE_DATE_EPOCH} ${seconds})
    endif()
endif()
execute_process(COMMAND ${SCDOC} INPUT_FILE ${IN} OUTPUT_FILE ${OUT}.new RESULT_VARIABLE code)
if(code)
    file(REMOVE ${OUT}.new)
    message(FATAL_ERROR "${IN}: scdoc refused it")
endif()
file(RENAME ${OUT}.new ${OUT})
