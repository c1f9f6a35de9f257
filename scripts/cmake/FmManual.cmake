# SPDX-License-Identifier: MIT
# Manual pages (scdoc), bash completion and the page of the library (Doxygen), where their tools are.
set(FM_MANUAL AUTO CACHE STRING "Manual pages: ON, OFF, AUTO (where scdoc is there)")
set_property(CACHE FM_MANUAL PROPERTY STRINGS AUTO ON OFF)

find_program(FM_SCDOC scdoc)
mark_as_advanced(FM_SCDOC)
if(FM_MANUAL STREQUAL "ON" AND NOT FM_SCDOC)
    message(FATAL_ERROR "FM_MANUAL is ON, but there is no scdoc")
endif()
if(FM_SCDOC AND NOT FM_MANUAL STREQUAL "OFF")
    file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/engine/cli/man/*.scd
                                      ${CMAKE_SOURCE_DIR}/harness/man/*.scd)
    set(manual)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/man)
    foreach(page ${pages})
        cmake_path(GET page STEM LAST_ONLY name)
        # The date of a page is that of its source: builds of one source are equal.
        add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/man/${name} DEPENDS ${page}
            COMMAND ${CMAKE_COMMAND} -DSCDOC=${FM_SCDOC} -DIN=${page}
                    -DOUT=${CMAKE_BINARY_DIR}/man/${name} -DSOURCE=${CMAKE_SOURCE_DIR}
                    -P ${CMAKE_SOURCE_DIR}/scripts/cmake/manual.cmake
            COMMENT "Manual page ${name}" VERBATIM)
        list(APPEND manual ${CMAKE_BINARY_DIR}/man/${name})
    endforeach()
    add_custom_target(manual ALL DEPENDS ${manual})
    install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
endif()

# The folder that the package names lies under its own prefix; it is taken over under ours.
pkg_get_variable(FM_COMPLETIONS bash-completion completionsdir)
pkg_get_variable(FM_COMPLETIONS_PREFIX bash-completion prefix)
set(FM_COMPLETIONS_DIR ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions)
if(FM_COMPLETIONS AND FM_COMPLETIONS_PREFIX)
    cmake_path(IS_PREFIX FM_COMPLETIONS_PREFIX "${FM_COMPLETIONS}" below)
    if(below)
        cmake_path(RELATIVE_PATH FM_COMPLETIONS BASE_DIRECTORY "${FM_COMPLETIONS_PREFIX}"
                   OUTPUT_VARIABLE FM_COMPLETIONS_DIR)
    endif()
endif()
foreach(program fmorph fmbench) # bash loads a file by the name of the command
    install(FILES ${CMAKE_SOURCE_DIR}/scripts/completion/facemorph.bash RENAME ${program}
            DESTINATION ${FM_COMPLETIONS_DIR} COMPONENT tools)
endforeach()

# `ninja doxygen`: the headers as pages in BUILD/doxygen/html.
find_package(Doxygen QUIET)
if(DOXYGEN_FOUND)
    set(DOXYGEN_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/doxygen)
    set(DOXYGEN_PROJECT_NAME libfm)
    set(DOXYGEN_JAVADOC_AUTOBRIEF YES)
    set(DOXYGEN_OPTIMIZE_OUTPUT_FOR_C YES)
    set(DOXYGEN_MACRO_EXPANSION YES)
    set(DOXYGEN_EXPAND_ONLY_PREDEF YES)
    set(DOXYGEN_PREDEFINED FM_API=)
    set(DOXYGEN_EXTRACT_ALL YES) # tests/docs/doxygen.sh looks for what has no comment
    set(DOXYGEN_WARN_IF_INCOMPLETE_DOC NO) # what is the same everywhere (err, engine) is said once
    set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)
    set(DOXYGEN_HAVE_DOT NO)
    set(DOXYGEN_QUIET YES)
    set(DOXYGEN_STRIP_FROM_PATH ${CMAKE_SOURCE_DIR}/engine/include)
    set(DOXYGEN_EXAMPLE_PATH ${CMAKE_SOURCE_DIR}/tests/examples)
    doxygen_add_docs(doxygen ${CMAKE_SOURCE_DIR}/engine/include/fm
                     COMMENT "The public headers as pages")
endif()
