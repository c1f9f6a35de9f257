/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#include "error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fmi_recipe_free(fmi_recipe *recipe) {
    for (uint32_t i = 0; i < recipe->programs; ++i)
        free(recipe->program[i].text);
    free(recipe->program);
    free(recipe->launch);
    *recipe = (fmi_recipe){0};
}

/* --- noting --------------------------------------------------------------------------------- */

static const fmi_recipe_program *find(const fmi_recipe *recipe, const char *file,
                                      const char *options) {
    for (uint32_t i = 0; i < recipe->programs; ++i)
        if (strcmp(recipe->program[i].file, file) == 0 &&
            strcmp(recipe->program[i].options, options) == 0)
            return &recipe->program[i];
    return NULL;
}

void fmi_recipe_add_program(fmi_recipe *recipe, const char *file, const char *options,
                            const char *text, const void *handle) {
    options = options ? options : "";
    if (recipe->incomplete || strncmp(file, "probe", 5) == 0)
        return;
    const fmi_recipe_program *known = find(recipe, file, options);
    if (known) { /* built again: another handle */
        recipe->program[known - recipe->program].handle = handle;
        return;
    }
    fmi_recipe_program *grown =
        realloc(recipe->program, sizeof *grown * ((size_t)recipe->programs + 1));
    char *copy = strdup(text);
    if (grown)
        recipe->program = grown;
    if (!grown || !copy || strlen(file) >= FMI_RECIPE_NAME ||
        strlen(options) >= FMI_RECIPE_OPTIONS) {
        recipe->incomplete = true;
        free(copy);
        return;
    }
    fmi_recipe_program *p = &grown[recipe->programs++];
    *p = (fmi_recipe_program){.text = copy, .handle = handle};
    strcpy(p->file, file);
    strcpy(p->options, options);
}

static bool same_shape(const fmi_recipe_launch *a, const fmi_recipe_launch *b) {
    return a->dims == b->dims && memcmp(a->global, b->global, sizeof a->global) == 0 &&
           memcmp(a->local, b->local, sizeof a->local) == 0;
}

static bool same_interface(const fmi_recipe_launch *a, const fmi_recipe_launch *b) {
    return strcmp(a->kernel, b->kernel) == 0 && a->args == b->args && a->signature == b->signature;
}

static bool append(fmi_recipe *recipe, const fmi_recipe_launch *launch) {
    const uint32_t n = recipe->launches;
    if ((n & (n - 1)) == 0) { /* room for the next power of two */
        fmi_recipe_launch *grown = realloc(recipe->launch, sizeof *grown * (n ? 2 * (size_t)n : 1));
        if (!grown)
            return false;
        recipe->launch = grown;
    }
    recipe->launch[recipe->launches++] = *launch;
    return true;
}

void fmi_recipe_add_launch(fmi_recipe *recipe, const fmi_recipe_launch *launch) {
    if (!recipe->launching || recipe->incomplete)
        return;
    fmi_recipe_launch *last = recipe->launches ? &recipe->launch[recipe->launches - 1] : NULL;
    if (last && same_interface(last, launch) && same_shape(last, launch)) {
        last->repeats++;
        return;
    }
    fmi_recipe_launch one = *launch;
    one.repeats = 1;
    if (recipe->launches == FMI_RECIPE_LAUNCHES || !append(recipe, &one))
        recipe->incomplete = true;
}

/* --- as text -------------------------------------------------------------------------------- */

#define LINE_BYTES 320

char *fmi_recipe_geometry(const fmi_recipe *recipe) {
    char *text = malloc((size_t)recipe->launches * LINE_BYTES + 1);
    size_t used = 0;
    if (!text)
        return NULL;
    text[0] = '\0';
    for (uint32_t i = 0; i < recipe->launches; ++i) {
        const fmi_recipe_launch *l = &recipe->launch[i];
        const int n =
            snprintf(text + used, LINE_BYTES,
                     "%s %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
                     " %" PRIu64 " %" PRIu64 " %" PRIu32 " %016" PRIx64 "\n",
                     l->kernel, l->repeats, l->dims, l->global[0], l->global[1], l->global[2],
                     l->local[0], l->local[1], l->local[2], l->args, l->signature);
        used += n > 0 ? (size_t)n : 0;
    }
    return text;
}

static bool read_line(const char *line, fmi_recipe_launch *l) {
    *l = (fmi_recipe_launch){0};
    return sscanf(line,
                  "%63s %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                  " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNx64,
                  l->kernel, &l->repeats, &l->dims, &l->global[0], &l->global[1], &l->global[2],
                  &l->local[0], &l->local[1], &l->local[2], &l->args, &l->signature) == 11 &&
           l->dims >= 1 && l->dims <= 3 && l->repeats >= 1;
}

fm_status fmi_recipe_read_geometry(fmi_recipe *recipe, const char *text, fm_error *err) {
    uint32_t line = 1;
    for (const char *at = text; *at; ++line) {
        fmi_recipe_launch launch;
        const size_t length = strcspn(at, "\n");
        if (!read_line(at, &launch) || line > FMI_RECIPE_LAUNCHES)
            return fmi_fail(err, FM_ERROR_BAD_INPUT,
                            "line %u of stored launches is damaged: \"%.60s\"", line, at);
        if (!append(recipe, &launch))
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for stored launches");
        at += length + (at[length] == '\n');
    }
    return FM_OK;
}

/* --- putting the stored in place of today's ------------------------------------------------- */

static uint32_t count_of_file(const fmi_recipe *recipe, const char *file) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < recipe->programs; ++i)
        count += strcmp(recipe->program[i].file, file) == 0;
    return count;
}

/* Every program of today's must have exactly one that stands for it. */
static fm_status check_programs(const fmi_recipe *stored, const fmi_recipe *today, fm_error *err) {
    for (uint32_t i = 0; i < today->programs; ++i) {
        const fmi_recipe_program *p = &today->program[i];
        const uint32_t theirs = count_of_file(stored, p->file);
        if (!find(stored, p->file, p->options) &&
            (theirs != 1 || count_of_file(today, p->file) != 1))
            return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                            "the stored run built %u of %s, none with \"%.200s\"; its kernels do "
                            "not fit this program",
                            theirs, p->file, p->options);
    }
    return FM_OK;
}

static fm_status check_launches(const fmi_recipe *stored, const fmi_recipe *today, fm_error *err) {
    const uint32_t both = stored->launches < today->launches ? stored->launches : today->launches;
    for (uint32_t i = 0; i < both; ++i) {
        const fmi_recipe_launch *a = &stored->launch[i], *b = &today->launch[i];
        if (strcmp(a->kernel, b->kernel) != 0 || a->repeats != b->repeats)
            return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                            "launch %u was %u x %s and is %u x %s; the stored kernels do not fit "
                            "this program",
                            i, a->repeats, a->kernel, b->repeats, b->kernel);
        if (!same_interface(a, b))
            return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                            "%s took %u arguments and takes %u, or of other sizes; the stored "
                            "kernels do not fit this program",
                            a->kernel, a->args, b->args);
    }
    return stored->launches == today->launches
               ? FM_OK
               : fmi_fail(err, FM_ERROR_UNSUPPORTED,
                          "the stored run made %u kinds of launches, this program makes %u; the "
                          "stored kernels do not fit it",
                          stored->launches, today->launches);
}

static bool known_move(const fmi_replay *replay, const fmi_recipe_launch *from) {
    for (uint32_t i = 0; i < replay->moves; ++i)
        if (same_interface(&replay->from[i], from) && same_shape(&replay->from[i], from))
            return true;
    return false;
}

fm_status fmi_replay_make(fmi_replay *replay, const fmi_recipe *stored, const fmi_recipe *today,
                          fm_error *err) {
    *replay = (fmi_replay){.stored = stored};
    if (stored->incomplete || today->incomplete || stored->programs == 0 || stored->launches == 0)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                        "no kernels are stored with the cell; measure it again with this version");
    fm_status status = check_programs(stored, today, err);
    if (status == FM_OK)
        status = check_launches(stored, today, err);
    for (uint32_t i = 0; status == FM_OK && i < today->launches; ++i) {
        const fmi_recipe_launch *from = &today->launch[i], *to = &stored->launch[i];
        if (same_shape(from, to) || known_move(replay, from))
            continue;
        if (replay->moves == FMI_REPLAY_MOVES)
            return fmi_fail(err, FM_ERROR_UNSUPPORTED, "more than %d launches had another geometry",
                            FMI_REPLAY_MOVES);
        replay->from[replay->moves] = *from;
        replay->to[replay->moves++] = *to;
    }
    return status;
}

const fmi_recipe_program *fmi_replay_program(const fmi_replay *replay, const char *file,
                                             const char *options) {
    const fmi_recipe_program *exact = find(replay->stored, file, options ? options : "");
    if (exact)
        return exact;
    for (uint32_t i = 0; i < replay->stored->programs; ++i)
        if (strcmp(replay->stored->program[i].file, file) == 0)
            return &replay->stored->program[i];
    return NULL;
}

bool fmi_replay_geometry(const fmi_replay *replay, fmi_recipe_launch *launch) {
    for (uint32_t i = 0; i < replay->moves; ++i) {
        if (strcmp(replay->from[i].kernel, launch->kernel) != 0 ||
            !same_shape(&replay->from[i], launch))
            continue;
        launch->dims = replay->to[i].dims;
        memcpy(launch->global, replay->to[i].global, sizeof launch->global);
        memcpy(launch->local, replay->to[i].local, sizeof launch->local);
        return true;
    }
    return false;
}

bool fmi_recipe_equal(const fmi_recipe *a, const fmi_recipe *b) {
    if (a->programs != b->programs || a->launches != b->launches)
        return false;
    for (uint32_t i = 0; i < a->programs; ++i) {
        const fmi_recipe_program *p = find(b, a->program[i].file, a->program[i].options);
        if (!p || strcmp(p->text, a->program[i].text) != 0)
            return false;
    }
    for (uint32_t i = 0; i < a->launches; ++i)
        if (!same_interface(&a->launch[i], &b->launch[i]) ||
            !same_shape(&a->launch[i], &b->launch[i]) ||
            a->launch[i].repeats != b->launch[i].repeats)
            return false;
    return true;
}
