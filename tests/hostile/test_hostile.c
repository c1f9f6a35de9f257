/* SPDX-License-Identifier: MIT */
/* The hostile inputs, all of them. FM_HOSTILE_KIND=N runs one kind, FM_HOSTILE_SHOW=1 prints every
 * answer. */
#include "fm_test.h"

#include "hostile.h"

#include <unistd.h>

TestSuite(hostile, .timeout = 300);

static const hostile_table *const tables[] = {&hostile_fbx,     &hostile_mesh,   &hostile_texture,
                                              &hostile_picture, &hostile_array,  &hostile_words,
                                              &hostile_place,   &hostile_device, &hostile_machine};
#define TABLES (sizeof tables / sizeof tables[0])

static bool is_wanted(const hostile_row *row) {
    const char *only = getenv("FM_HOSTILE_KIND");
    return !only || !only[0] || atoi(only) == row->kind;
}

/* Everything a table's rows got wrong, in one message. */
static void run_table(const hostile_table *table) {
    char folder[FM_TEST_PATH], one[FM_TEST_PATH + 32];
    static char said[1 << 15];
    size_t ran = 0, wrong = 0;
    fm_test_dir(folder, table->name);
    for (size_t i = 0; i < table->count; i++) {
        const hostile_row *row = &table->rows[i];
        if (!is_wanted(row))
            continue;
#if defined(FM_SANITIZED)
        if (row->plain)
            continue;
#endif
        if (row->layer && !getenv("FMFAULT_LAYER"))
            cr_log_warn("kind %d, %s: skipped: no fault layer", row->kind, row->label);
        else {
            snprintf(one, sizeof one, "%s/%03zu", folder, i);
            hostile_run(row, one, said, sizeof said);
            wrong += said[0] != '\0';
            if (said[0] != '\0')
                cr_log_error("%s", said);
        }
        ran++;
    }
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(wrong, 0, "%s: %zu of %zu answers are wrong", table->name, wrong, ran);
}

Test(hostile, every_kind_of_the_table_is_there) {
    size_t rows = 0, of_kind[HOSTILE_KINDS + 1] = {0};
    for (size_t t = 0; t < TABLES; t++)
        for (size_t i = 0; i < tables[t]->count; i++) {
            int kind = tables[t]->rows[i].kind;
            cr_assert(kind >= 1 && kind <= HOSTILE_KINDS, "kind %d", kind);
            of_kind[kind]++;
            rows++;
        }
    for (int kind = 1; kind <= HOSTILE_KINDS; kind++)
        cr_assert_gt(of_kind[kind], 0U, "kind %d has no row", kind);
    cr_log_info("%d kinds, %zu rows", HOSTILE_KINDS, rows);
}

Test(hostile, fbx_files) {
    run_table(&hostile_fbx);
}

Test(hostile, meshes) {
    run_table(&hostile_mesh);
}

Test(hostile, textures_of_meshes) {
    run_table(&hostile_texture);
}

Test(hostile, pictures) {
    run_table(&hostile_picture);
}

Test(hostile, arrays_and_tables) {
    run_table(&hostile_array);
}

Test(hostile, words_and_names) {
    run_table(&hostile_words);
}

Test(hostile, places_to_write_to) {
    run_table(&hostile_place);
}

Test(hostile, devices) {
    run_table(&hostile_device);
}

Test(hostile, machines) {
    run_table(&hostile_machine);
}
