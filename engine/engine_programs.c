/* SPDX-License-Identifier: MIT */
/* Programs that an engine has built already: the next user of one shares it, kernels are its own.
 */
#include "engine_impl.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

#define MOST_PROGRAMS 16 /* beyond that the oldest goes */

typedef struct kept {
    cl_program program;
    char file[64];
    char options[FMI_OPTIONS_BYTES];
} kept;

struct fmi_engine_programs {
    kept list[MOST_PROGRAMS];
    uint32_t count, next; /* next: the one to go */
};

fm_status fmi_engine_find_program(fm_engine *engine, const char *file, const char *options,
                                  cl_program *program, fm_error *err) {
    const struct fmi_engine_programs *programs = engine->programs;
    *program = NULL;
    for (uint32_t i = 0; programs && i < programs->count; i++) {
        const kept *k = &programs->list[i];
        if (strcmp(k->file, file) != 0 || strcmp(k->options, options) != 0)
            continue;
        cl_int code = clRetainProgram(k->program);
        if (code != CL_SUCCESS)
            return fmi_queue_fail(engine->queue, err, code, "clRetainProgram",
                                  "%s cannot be used again; try again", file);
        *program = k->program;
        break;
    }
    return FM_OK;
}

/* Nothing is lost when it does not work: the next user builds its own. */
void fmi_engine_keep_program(fm_engine *engine, const char *file, const char *options,
                             cl_program program) {
    if (!engine->programs)
        engine->programs = calloc(1, sizeof *engine->programs);
    struct fmi_engine_programs *programs = engine->programs;
    if (!programs || strlen(file) >= sizeof programs->list[0].file ||
        strlen(options) >= sizeof programs->list[0].options ||
        clRetainProgram(program) != CL_SUCCESS)
        return;
    kept *k = &programs->list[programs->next];
    if (k->program)
        clReleaseProgram(k->program);
    k->program = program;
    strcpy(k->file, file);
    strcpy(k->options, options);
    programs->next = (programs->next + 1) % MOST_PROGRAMS;
    if (programs->count < MOST_PROGRAMS)
        programs->count++;
}

void fmi_engine_drop_programs(fm_engine *engine) {
    struct fmi_engine_programs *programs = engine->programs;
    for (uint32_t i = 0; programs && i < programs->count; i++)
        clReleaseProgram(programs->list[i].program);
    free(programs);
    engine->programs = NULL;
}
