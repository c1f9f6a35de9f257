/* SPDX-License-Identifier: MIT */
#include "stand_in.h"

#include "error.h"
#include "program.h"

#include <string.h>

fm_status fmi_stand_in_open(fmi_stand_in *s, fmi_queue *queue, const fmi_recipe *stored,
                            const fmi_recipe *today, const char *kernel_dir, const char *cache_dir,
                            fm_error *err) {
    *s = (fmi_stand_in){.today = today};
    fm_status status = stored ? fmi_replay_make(&s->replay, stored, today, err) : FM_OK;
    if (status == FM_OK && today->programs > FMI_STAND_IN_PROGRAMS)
        status = fmi_fail(err, FM_ERROR_UNSUPPORTED, "%u programs are more than %d",
                          today->programs, FMI_STAND_IN_PROGRAMS);
    if (status != FM_OK)
        return status;
    s->programs = today->programs;
    for (uint32_t i = 0; stored && status == FM_OK && i < today->programs; ++i) {
        const fmi_program_params params = {.file = today->program[i].file,
                                           .options = today->program[i].options,
                                           .kernel_dir = kernel_dir,
                                           .cache_dir = cache_dir,
                                           .large = true};
        fmi_recipe *record = fmi_queue_record(queue);
        fmi_queue_set_record(queue, NULL);
        fmi_queue_set_replay(queue, &s->replay);
        status = fmi_program_build(&s->program[i], queue, &params, err);
        fmi_queue_set_replay(queue, NULL);
        fmi_queue_set_record(queue, record);
    }
    if (status != FM_OK)
        fmi_stand_in_close(s);
    return status;
}

void fmi_stand_in_close(fmi_stand_in *s) {
    for (uint32_t i = 0; i < s->kernels; ++i) {
        (void)clReleaseKernel(s->kernel[i].from);
        (void)clReleaseKernel(s->kernel[i].to);
    }
    for (uint32_t i = 0; i < s->programs; ++i)
        if (s->program[i])
            (void)clReleaseProgram(s->program[i]);
    *s = (fmi_stand_in){0};
}

/* Which of today's programs a kernel is of. */
static fm_status find_program(const fmi_stand_in *s, cl_kernel kernel, uint32_t *index,
                              fm_error *err) {
    cl_program program = NULL;
    (void)clGetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof program, &program, NULL);
    for (*index = 0; *index < s->programs; ++*index)
        if (s->today->program[*index].handle == (void *)program)
            return FM_OK;
    return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                    "a kernel of a program that was built later is launched; its stored one is "
                    "not known");
}

static fm_status add_kernel(fmi_stand_in *s, cl_kernel from, cl_kernel *to, fm_error *err) {
    char name[FMI_RECIPE_NAME] = "";
    uint32_t index = 0;
    fm_status status = find_program(s, from, &index, err);
    if (status != FM_OK)
        return status;
    if (s->kernels == FMI_STAND_IN_KERNELS)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED, "more than %d kernels", FMI_STAND_IN_KERNELS);
    (void)clGetKernelInfo(from, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL);
    *to = from;
    if (s->program[index])
        status = fmi_kernel_create(to, s->program[index], name, err);
    else
        (void)clRetainKernel(from);
    if (status != FM_OK)
        return status;
    (void)clRetainKernel(from);
    s->kernel[s->kernels].from = from;
    s->kernel[s->kernels++].to = *to;
    return FM_OK;
}

fm_status fmi_stand_in_launch(fmi_stand_in *s, fmi_launch *launch, fm_error *err) {
    cl_kernel to = NULL;
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < s->kernels && !to; ++i)
        if (s->kernel[i].from == launch->kernel)
            to = s->kernel[i].to;
    if (!to)
        status = add_kernel(s, launch->kernel, &to, err);
    if (status != FM_OK)
        return status;
    if (s->replay.moves) {
        fmi_recipe_launch shape;
        fmi_recipe_launch_of(launch, &shape);
        if (fmi_replay_geometry(&s->replay, &shape)) {
            launch->dims = shape.dims;
            for (int i = 0; i < 3; ++i) {
                launch->global[i] = (size_t)shape.global[i];
                launch->local[i] = (size_t)shape.local[i];
            }
        }
    }
    launch->kernel = to;
    return FM_OK;
}
