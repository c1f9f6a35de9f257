/* SPDX-License-Identifier: MIT */
/*
 * Plans for recorded devices (tests/caps): what the planner promises holds on each, at every level
 * and for budgets as of cards of 1 to 80 GB; and the table of batches is the one kept beside them,
 * so that a change of the planner shows.
 */
#include "fm_test.h"

#include "plan_bytes.h"

#include <dirent.h>
#include <jansson.h>

#include <fm/fm.h>

TestSuite(plan_devices, .timeout = 60);

#define MOST 64

typedef struct recorded {
    char file[128];
    fm_caps caps;
} recorded;

static uint64_t number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    cr_assert(json_is_integer(value), "no number %s", key);
    return (uint64_t)json_integer_value(value);
}

static void text(const json_t *object, const char *key, char *out, size_t bytes) {
    const char *value = json_string_value(json_object_get(object, key));
    cr_assert_not_null(value, "no text %s", key);
    snprintf(out, bytes, "%s", value);
}

static fm_caps read_caps(const char *path) {
    fm_caps caps = {.compiler = true, .profiling = true, .images = true};
    char word[16];
    json_error_t error;
    json_t *object = json_load_file(path, 0, &error);
    cr_assert_not_null(object, "%s: %s", path, error.text);
    text(object, "name", caps.name, sizeof caps.name);
    text(object, "vendor", caps.vendor, sizeof caps.vendor);
    text(object, "platform", caps.platform, sizeof caps.platform);
    text(object, "type", word, sizeof word);
    caps.type = strcmp(word, "cpu") == 0 ? FM_DEVICE_CPU : FM_DEVICE_GPU;
    text(object, "specialisation", word, sizeof word);
    caps.preferred = strcmp(word, "cpu") == 0 ? FM_SPECIALISATION_CPU : FM_SPECIALISATION_GPU;
    caps.compute_units = (uint32_t)number(object, "compute_units");
    caps.clock_mhz = (uint32_t)number(object, "clock_mhz");
    caps.max_group_size = (uint32_t)number(object, "max_group_size");
    caps.base_align_bytes = (uint32_t)number(object, "base_align_bytes");
    caps.max_loop = (uint32_t)number(object, "max_loop");
    caps.global_bytes = number(object, "global_bytes");
    caps.max_alloc_bytes = number(object, "max_alloc_bytes");
    caps.local_bytes = number(object, "local_bytes");
    caps.unified_memory = json_is_true(json_object_get(object, "unified_memory"));
    caps.fp64 = json_is_true(json_object_get(object, "fp64"));
    caps.fp16 = json_is_true(json_object_get(object, "fp16"));
    json_decref(object);
    return caps;
}

static int by_file(const void *a, const void *b) {
    return strcmp(((const recorded *)a)->file, ((const recorded *)b)->file);
}

static size_t read_all(recorded list[MOST]) {
    char path[2 * FM_TEST_PATH];
    size_t count = 0;
    DIR *folder = opendir(getenv("FM_TEST_CAPS"));
    cr_assert_not_null(folder, "FM_TEST_CAPS names no folder");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!strstr(entry->d_name, ".json"))
            continue;
        cr_assert_lt(count, MOST);
        snprintf(list[count].file, sizeof list[count].file, "%.*s",
                 (int)strcspn(entry->d_name, "."), entry->d_name);
        snprintf(path, sizeof path, "%s/%s", getenv("FM_TEST_CAPS"), entry->d_name);
        list[count++].caps = read_caps(path);
    }
    closedir(folder);
    qsort(list, count, sizeof list[0], by_file);
    cr_assert_geq(count, 12);
    return count;
}

static const fm_problem jobs[] = {{.frames = 41,
                                   .width = 512,
                                   .height = 512,
                                   .channels = 3,
                                   .vertices = 18528,
                                   .triangles = 35928,
                                   .texture_width = 2048,
                                   .texture_height = 2048},
                                  {.frames = 2000,
                                   .width = 2048,
                                   .height = 2048,
                                   .channels = 4,
                                   .vertices = 18528,
                                   .triangles = 35928,
                                   .texture_width = 2048,
                                   .texture_height = 2048,
                                   .batch = 2000}};

/* Device bytes of a plan with another batch, and its largest buffer. */
static uint64_t bytes_of(const fm_caps *caps, const fm_problem *problem, const fm_plan *plan,
                         uint32_t batch, uint64_t *largest) {
    fmi_plan_bytes bytes;
    fmi_plan_parts(problem, plan, batch, &bytes);
    uint64_t arena = fmi_plan_arena(&bytes, plan->in_flight, caps->base_align_bytes);
    *largest = arena > bytes.pixels ? arena : bytes.pixels;
    return plan->bytes_fixed + arena + plan->in_flight * bytes.pixels;
}

/* What every plan promises; `where` names it in messages. */
static void check_plan(const fm_caps *caps, const fm_problem *problem, const fm_plan *plan,
                       const char *where) {
    uint64_t largest = 0, more = 0;
    uint64_t bytes = bytes_of(caps, problem, plan, plan->batch, &largest);
    cr_assert_leq(bytes, plan->budget_bytes, "%s: over the budget", where);
    cr_assert_leq(largest, caps->max_alloc_bytes, "%s: a buffer is too large", where);
    cr_assert_leq(plan->budget_bytes, caps->global_bytes, "%s: budget over the total", where);
    cr_assert_leq(plan->group, caps->max_group_size, "%s: group", where);
    if (plan->specialisation == FM_SPECIALISATION_GPU)
        cr_assert_leq(plan->tile * plan->tile * 8, caps->local_bytes, "%s: local memory", where);
    if (caps->max_loop)
        cr_assert_gt(plan->slice, 0, "%s: no slices", where);
    bytes = bytes_of(caps, problem, plan, plan->batch + 1, &more);
    if (plan->limited_by == FM_LIMIT_MEMORY)
        cr_assert_gt(bytes, plan->budget_bytes, "%s: memory is not what limits", where);
    if (plan->limited_by == FM_LIMIT_SINGLE_BUFFER)
        cr_assert_gt(more, caps->max_alloc_bytes, "%s: no buffer is what limits", where);
}

Test(plan_devices, promises_hold_on_every_device) {
    recorded list[MOST];
    size_t count = read_all(list);
    for (size_t i = 0; i < count; i++)
        for (int level = 0; level < 4; level++)
            for (int gigabytes = 0; gigabytes <= 80; gigabytes += gigabytes < 8 ? 1 : 8)
                for (int job = 0; job < 2; job++) {
                    fm_problem problem = jobs[job];
                    fm_plan plan;
                    fm_error err;
                    char where[192];
                    problem.mem_limit_bytes = (uint64_t)gigabytes << 30;
                    snprintf(where, sizeof where, "%.100s, %s, %d GB, job %d", list[i].file,
                             fm_level_name((fm_level)level), gigabytes, job);
                    fm_status status =
                        fm_plan_render(&list[i].caps, (fm_level)level, &problem, &plan, &err);
                    if (status == FM_OK)
                        check_plan(&list[i].caps, &problem, &plan, where);
                    else
                        cr_assert_eq(status, FM_ERROR_LIMIT, "%s: %s", where, err.message);
                }
}

/* More memory, or a bolder level, never makes fewer frames fit: those of all batches in flight, but
 * for what whole batches leave over. */
Test(plan_devices, batches_grow_with_the_budget) {
    static const fm_level rising[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    recorded list[MOST];
    size_t count = read_all(list);
    for (size_t i = 0; i < count; i++)
        for (int gigabytes = 1; gigabytes <= 48; gigabytes++) {
            uint32_t before = 0;
            for (int level = 0; level < 4; level++) {
                fm_problem problem = jobs[1];
                fm_plan plan = {0};
                fm_error err;
                problem.mem_limit_bytes = (uint64_t)gigabytes << 30;
                (void)fm_plan_render(&list[i].caps, rising[level], &problem, &plan, &err);
                uint32_t most = plan.batch ? (plan.batch + 1) * plan.in_flight - 1 : 0;
                cr_assert_geq(most, before, "%s, %d GB, %s", list[i].file, gigabytes,
                              fm_level_name(rising[level]));
                before = plan.batch * plan.in_flight;
            }
        }
}

/* tests/caps/batches.txt: device, level, job, batch (xbatches in flight, /strips of a frame), what
 * limits it. */
Test(plan_devices, the_table_of_batches_is_the_one_kept) {
    recorded list[MOST];
    char path[2 * FM_TEST_PATH], line[256], want[256];
    size_t count = read_all(list);
    snprintf(path, sizeof path, "%s/batches.txt", getenv("FM_TEST_CAPS"));
    FILE *kept = fopen(path, "r");
    FILE *made = fopen("batches.txt", "w"); /* to compare with, or to keep, after a change */
    bool same = kept != NULL;
    for (size_t i = 0; i < count; i++)
        for (int level = 0; level < 4; level++)
            for (int job = 0; job < 2; job++) {
                fm_plan plan = {0};
                fm_error err;
                fm_status status =
                    fm_plan_render(&list[i].caps, (fm_level)level, &jobs[job], &plan, &err);
                char strips[16] = "";
                if (plan.strips > 1)
                    snprintf(strips, sizeof strips, "/%u", plan.strips);
                else if (plan.in_flight > 1)
                    snprintf(strips, sizeof strips, "x%u", plan.in_flight);
                snprintf(line, sizeof line, "%.100s %s %dx%d %u%s %s\n", list[i].file,
                         fm_level_name((fm_level)level), (int)jobs[job].width,
                         (int)jobs[job].frames, plan.batch, strips,
                         status == FM_OK ? fm_limit_name(plan.limited_by) : "too-large");
                if (made)
                    fputs(line, made);
                if (kept && (!fgets(want, sizeof want, kept) || strcmp(want, line) != 0)) {
                    fprintf(stderr, "got %swant %s", line, want);
                    same = false;
                }
            }
    if (kept)
        fclose(kept);
    if (made)
        fclose(made);
    cr_assert(same, "other batches than %s; the new table is batches.txt of the test's folder",
              path);
}
