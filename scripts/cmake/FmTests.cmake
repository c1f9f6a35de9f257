# SPDX-License-Identifier: MIT
# Test entries for ctest, with the guards that Criterion 2.4.1 leaves to its caller:
#   - a filter or suite without a test that ran is a failure, although Criterion exits with 0;
#   - a leak or a sanitizer report printed after the last assertion is a failure;
#   - every suite has a time limit here, because Criterion's --timeout only lowers existing ones.
# tests/guard proves that the guards bite.

set(FM_TEST_FAIL_WORDS
    "Tested: 0 [|]" LeakSanitizer AddressSanitizer ThreadSanitizer UndefinedBehaviorSanitizer
    "runtime error: ")

set(FM_TESTS_DIR ${CMAKE_CURRENT_LIST_DIR}/../../tests)

# Environment of every test: one driver (a sanitized program may abort in another vendor's C++
# code), our own kernel caches, plain text.
set(FM_TEST_ENVIRONMENT
    OCL_ICD_VENDORS=pocl.icd
    POCL_CACHE_DIR=${CMAKE_BINARY_DIR}/kc
    FM_CACHE_DIR=${CMAKE_BINARY_DIR}/fmcache
    LC_ALL=C NO_COLOR=1
    # A context deep enough for the suppression: LLVM's passes are thirty calls below PoCL's.
    ASAN_OPTIONS=detect_leaks=1:fast_unwind_on_malloc=0:malloc_context_size=40
    LSAN_OPTIONS=suppressions=${FM_TESTS_DIR}/sanitizers/lsan.supp:print_suppressions=0
    UBSAN_OPTIONS=print_stacktrace=1
    TSAN_OPTIONS=halt_on_error=0)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/kc ${CMAKE_BINARY_DIR}/fmcache)

# Locales that write numbers and letters in another way, made here: few machines have them.
find_program(FM_LOCALEDEF localedef)
mark_as_advanced(FM_LOCALEDEF)
if(FM_LOCALEDEF AND EXISTS /usr/share/i18n/locales/tr_TR)
    set(locales ${CMAKE_BINARY_DIR}/tests/locale)
    foreach(name de_DE tr_TR)
        add_custom_command(OUTPUT ${locales}/${name}.UTF-8/LC_NUMERIC
            COMMAND ${CMAKE_COMMAND} -E make_directory ${locales}
            COMMAND ${FM_LOCALEDEF} -i ${name} -f UTF-8 ${locales}/${name}.UTF-8
            COMMENT "Making the locale ${name}" VERBATIM)
        list(APPEND FM_TEST_LOCALES ${locales}/${name}.UTF-8/LC_NUMERIC)
    endforeach()
    add_custom_target(test_locales ALL DEPENDS ${FM_TEST_LOCALES})
    list(APPEND FM_TEST_ENVIRONMENT FM_TEST_LOCALES=${locales})
endif()

set(FM_TEST_DATA "" CACHE PATH "Folder with real heads for the tests that can use them")
set(FM_TEST_DATA_USED "${FM_TEST_DATA}")
if(NOT FM_TEST_DATA_USED AND IS_DIRECTORY ${CMAKE_SOURCE_DIR}/../shared/data)
    cmake_path(SET FM_TEST_DATA_USED NORMALIZE ${CMAKE_SOURCE_DIR}/../shared/data)
endif()
if(FM_TEST_DATA_USED)
    list(APPEND FM_TEST_ENVIRONMENT FM_TEST_DATA=${FM_TEST_DATA_USED})
else()
    set(FM_TEST_DATA_USED none)
endif()
set(FM_TEST_DATA_USED ${FM_TEST_DATA_USED} PARENT_SCOPE)

# Properties that all entries share. TIMEOUT counts seconds on an idle machine; sanitizers
# and coverage get five times as many.
function(fm_test_properties test tmp timeout device)
    if(FM_SANITIZE OR FM_COVERAGE)
        math(EXPR timeout "${timeout} * 5")
    endif()
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/tmp/${tmp})
    set_tests_properties(${test} PROPERTIES
        ENVIRONMENT "${FM_TEST_ENVIRONMENT};FM_TEST_TMP=${CMAKE_BINARY_DIR}/tmp/${tmp};${ARGN}"
        FAIL_REGULAR_EXPRESSION "${FM_TEST_FAIL_WORDS}"
        TIMEOUT ${timeout})
    if(device)
        set_tests_properties(${test} PROPERTIES FIXTURES_REQUIRED kernel_cache)
    endif()
endfunction()

# fm_test_program(NAME SOURCES .. LIBS ..): a Criterion program, no ctest entry. Criterion does not
# run under ThreadSanitizer; there a stand-in does.
function(fm_test_program target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    add_executable(${target} ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_include_directories(${target} PRIVATE
        ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/engine ${CMAKE_SOURCE_DIR}/engine/ref
        ${CMAKE_SOURCE_DIR}/host ${CMAKE_SOURCE_DIR}/cl ${CMAKE_SOURCE_DIR}/harness)
    target_link_libraries(${target} PRIVATE ${arg_LIBS})
    if(FM_SANITIZE MATCHES "thread")
        target_sources(${target} PRIVATE ${FM_TESTS_DIR}/tsan/runner.c)
        target_include_directories(${target} BEFORE PRIVATE ${FM_TESTS_DIR}/tsan)
    else()
        target_link_libraries(${target} PRIVATE PkgConfig::CRITERION)
    endif()
    fm_target_defaults(${target})
    # Criterion's macros expand to code that -Wpedantic and -Wconversion dislike.
    target_compile_options(${target} PRIVATE -Wno-pedantic -Wno-missing-prototypes)
endfunction()

# fm_add_suite(NAME SOURCES test_NAME.c LIBS fm fmio [DEVICE] [SERIAL] [TIMEOUT s] [LABELS ..])
# One program and one ctest entry "NAME". DEVICE: opens a device, so the kernel cache is warmed
# first. SERIAL: measures time, nothing runs beside it. At least one test of a suite must run
# without FM_TEST_DATA: a suite in which every test was skipped counts as a failure.
function(fm_add_suite name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "DEVICE;SERIAL" "TIMEOUT" "SOURCES;LIBS;LABELS")
    list(GET arg_SOURCES 0 first)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${first})
        message(STATUS "test suite ${name}: not there yet")
        return()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    fm_test_program(test_${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS})
    set(patience "${FM_PATIENCE}")
    if(NOT patience AND (FM_COVERAGE OR (FM_SANITIZE AND NOT FM_SANITIZE MATCHES "thread")))
        set(patience 600)
    endif()
    if(patience)
        target_compile_options(test_${name} PRIVATE -Wno-override-init
            "SHELL:-include ${FM_TESTS_DIR}/sanitizers/patience.h" -DFM_PATIENCE=${patience})
    endif()
    add_test(NAME ${name} COMMAND test_${name} -j1 --color=never --verbose)
    fm_test_properties(${name} ${name} ${arg_TIMEOUT} ${arg_DEVICE})
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ${arg_SERIAL} LABELS "suite;${arg_LABELS}")
endfunction()

# fm_add_script(NAME script.sh [ARGS ..] [DEVICE] [TIMEOUT s] [LABELS ..])
# A shell test. Sees FMORPH and FMBENCH (paths of the programs), FM_SOURCE_DIR, FM_BUILD_DIR and
# the environment of the suites. Exit status 77 is a skip, and the script says why.
function(fm_add_script name script)
    cmake_parse_arguments(PARSE_ARGV 2 arg "DEVICE;SERIAL" "TIMEOUT" "ARGS;LABELS")
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${script})
        message(STATUS "test script ${name}: not there yet")
        return()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    set(programs FM_SOURCE_DIR=${CMAKE_SOURCE_DIR} FM_BUILD_DIR=${CMAKE_BINARY_DIR})
    if(TARGET fmorph)
        list(APPEND programs FMORPH=$<TARGET_FILE:fmorph>)
    endif()
    if(TARGET fmbench)
        list(APPEND programs FMBENCH=$<TARGET_FILE:fmbench>)
    endif()
    add_test(NAME ${name}
             COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${arg_ARGS} ${arg_UNPARSED_ARGUMENTS})
    fm_test_properties(${name} ${name} ${arg_TIMEOUT} ${arg_DEVICE} ${programs})
    set_tests_properties(${name} PROPERTIES
        SKIP_RETURN_CODE 77 RUN_SERIAL ${arg_SERIAL} LABELS "script;${arg_LABELS}")
endfunction()
