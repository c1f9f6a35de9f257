/* SPDX-License-Identifier: MIT */
#include "host_unit.h"

#include "device.h"
#include "program.h"

void take_line(void *user, fm_log_level level, const char *line) {
    lines *l = user;
    (void)level;
    l->count++;
    l->thread = pthread_self();
    snprintf(l->last, sizeof l->last, "%s", line);
    size_t used = strlen(l->all);
    snprintf(l->all + used, sizeof l->all - used, "%s\n", line);
}

fmi_queue *open_queue(const fmi_queue_params *params) {
    fm_error err;
    fmi_device *list = NULL;
    fmi_queue *queue = NULL;
    size_t count = 0;
    size_t i = 0;
    fm_assert_ok(fmi_device_list(&list, &count, &err), err);
    fm_assert_ok(fmi_device_select(list, count, "auto", &i, &err), err);
    fm_assert_ok(fmi_queue_create(&queue, &list[i], params, &err), err);
    free(list);
    return queue;
}

void write_file(const char *dir, const char *name, const char *text) {
    char path[2 * FM_TEST_PATH];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

unit open_unit(const fmi_queue_params *params) {
    fm_error err;
    char dir[FM_TEST_PATH];
    unit u = {.queue = open_queue(params)};
    fm_test_dir(dir, "unit");
    write_file(dir, "unit.cl",
               "__kernel void add(__global uint *out, uint k, __local uint *space) {\n"
               "    space[get_local_id(0)] = k;\n"
               "    out[get_global_id(0)] += space[get_local_id(0)];\n"
               "}\n");
    fmi_program_params program = {.file = "unit.cl", .kernel_dir = dir};
    fm_assert_ok(fmi_program_build(&u.program, u.queue, &program, &err), err);
    fm_assert_ok(fmi_kernel_create(&u.kernel, u.program, "add", &err), err);
    fm_assert_ok(fmi_buffer_create(&u.out, u.queue, CL_MEM_READ_WRITE, 64 * 4, "out", &err), err);
    const cl_uint zero[64] = {0};
    fm_assert_ok(fmi_buffer_write(&u.out, 0, sizeof zero, zero, &err), err);
    return u;
}

fm_status launch_unit(unit *u, cl_uint k, uint32_t timer, fm_error *err) {
    fmi_arg args[] = {FMI_ARG(u->out.mem), FMI_ARG(k), FMI_ARG_LOCAL(16 * sizeof(cl_uint))};
    fmi_launch launch = {.kernel = u->kernel,
                         .name = "add",
                         .args = args,
                         .arg_count = 3,
                         .dims = 1,
                         .global = {64, 1, 1},
                         .local = {16, 1, 1},
                         .timer = timer};
    return fmi_queue_launch(u->queue, &launch, err);
}

void close_unit(unit *u) {
    fmi_buffer_destroy(&u->out);
    clReleaseKernel(u->kernel);
    clReleaseProgram(u->program);
    fmi_queue_destroy(&u->queue);
}
