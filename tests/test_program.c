/* SPDX-License-Identifier: MIT */
/* The text of programs and their build. */
#include "host_unit.h"

#include "program.h"

#include <sys/stat.h>

TestSuite(program, .timeout = 60);

Test(program, includes_are_resolved_once_with_line_marks) {
    fm_error err;
    char dir[FM_TEST_PATH];
    char *text = NULL;
    fm_test_dir(dir, "with a blank");
    write_file(dir, "a.cl", "first\n#include \"b.h\"\n  #  include \"b.h\" \nlast");
    write_file(dir, "b.h", "#include \"c.h\"\nb\n");
    write_file(dir, "c.h", "#include <stdint.h>\r\n// #include \"none.h\"\n");
    fmi_program_params params = {.file = "a.cl", .kernel_dir = dir};
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_str_eq(text,
                     "#line 1 \"a.cl\"\nfirst\n"
                     "#line 1 \"b.h\"\n#line 1 \"c.h\"\n#include <stdint.h>\r\n"
                     "// #include \"none.h\"\n#line 2 \"b.h\"\nb\n"
                     "#line 3 \"a.cl\"\n#line 4 \"a.cl\"\nlast\n",
                     "got %s", text);
    free(text);
}

Test(program, a_kernel_folder_replaces_single_embedded_files) {
    fm_error err;
    char dir[FM_TEST_PATH];
    char *text = NULL;
    fm_test_dir(dir, "override");
    fmi_program_params params = {.file = "probe_clock.cl"};
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_not_null(strstr(text, "fm_probe_spin"));
    cr_assert_not_null(strstr(text, "#line 1 \"common.cl\"\n"));
    free(text);
    params.kernel_dir = dir; /* empty: all embedded */
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_null(strstr(text, "MINE"));
    free(text);
    write_file(dir, "common.cl", "// MINE\n");
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_not_null(strstr(text, "#line 1 \"common.cl\"\n// MINE\n"));
    cr_assert_not_null(strstr(text, "fm_probe_spin"));
    free(text);
}

Test(program, a_missing_or_strange_include_is_named) {
    fm_error err;
    char dir[FM_TEST_PATH];
    char path[2 * FM_TEST_PATH];
    char *text = (char *)&err;
    fm_test_dir(dir, "missing");
    fmi_program_params params = {.file = "a.cl", .kernel_dir = dir};
    write_file(dir, "a.cl", "x\n#include \"gone.h\"\n");
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err,
                    "a.cl:2: kernel file \"gone.h\"");
    cr_assert_null(text);
    write_file(dir, "a.cl", "x\n\n#include \"../up.h\"\n");
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err,
                    "a.cl:3: kernel file \"../up.h\" is outside");
    write_file(dir, "a.cl", "#include \"/etc/passwd\"\n");
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err, "outside");
    write_file(dir, "a.cl", "#include \"pipe.h\"\n");
    snprintf(path, sizeof path, "%s/pipe.h", dir);
    cr_assert_eq(mkfifo(path, 0600), 0);
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err, "pipe.h");
    params.file = "nowhere.cl";
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err,
                    "nowhere.cl");
}

Test(program, files_that_include_each_other_end) {
    fm_error err;
    char dir[FM_TEST_PATH];
    char *text = NULL;
    fm_test_dir(dir, "circle");
    write_file(dir, "a.cl", "#include \"b.h\"\nA\n");
    write_file(dir, "b.h", "#include \"a.cl\"\nB\n");
    fmi_program_params params = {.file = "a.cl", .kernel_dir = dir};
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_str_eq(text, "#line 1 \"a.cl\"\n#line 1 \"b.h\"\n#line 2 \"b.h\"\nB\n"
                           "#line 2 \"a.cl\"\nA\n");
    free(text);
}

Test(program, a_syntax_error_is_reported_in_its_file_and_line) {
    fm_error err;
    lines got = {0};
    char dir[FM_TEST_PATH];
    cl_program program = NULL;
    fmi_queue *queue = open_queue(&(fmi_queue_params){.log = {take_line, &got, FM_LOG_DEBUG}});
    fm_test_dir(dir, "syntax error");
    write_file(dir, "a.cl", "#define A\n#include \"b.h\"\n__kernel void k(__global int *x) {}\n");
    write_file(dir, "b.h", "// one\n// two\nint broken(void) { return nothing_here; }\n");
    fmi_program_params params = {.file = "a.cl", .kernel_dir = dir};
    fm_assert_fails(fmi_program_build(&program, queue, &params, &err), FM_ERROR_BUILD, err,
                    "b.h:3:");
    cr_assert_null(program);
    cr_assert_eq(err.cl_code, CL_BUILD_PROGRAM_FAILURE);
    cr_assert_not_null(strstr(err.message, "a.cl does not compile on"), "%s", err.message);
    cr_assert_not_null(strstr(got.all, "nothing_here"), "the log has no detail: %s", got.all);
    cr_assert_not_null(strstr(got.all, dir), "the log does not name the folder: %s", got.all);
    cr_assert_eq(fmi_queue_stats(queue)->builds, 0);
    write_file(dir, "a.cl", "#include \"b.h\"\nint after = nothing_there;\n");
    write_file(dir, "b.h", "\n\n\n");
    fm_assert_fails(fmi_program_build(&program, queue, &params, &err), FM_ERROR_BUILD, err,
                    "a.cl:2:");
    fmi_queue_destroy(&queue);
}

Test(program, builds_are_counted_and_a_missing_kernel_is_named) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){0});
    cl_kernel kernel = (cl_kernel)&err;
    cr_assert_eq(fmi_queue_stats(u.queue)->builds, 1);
    cr_assert_eq(fmi_queue_stats(u.queue)->cache_hits, 0);
    cr_assert_gt(fmi_queue_stats(u.queue)->build_seconds, 0.0);
    fm_assert_fails(fmi_kernel_create(&kernel, u.program, "nobody", &err), FM_ERROR_BUILD, err,
                    "nobody");
    cr_assert_null(kernel);
    close_unit(&u);
}
