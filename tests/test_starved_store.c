/* SPDX-License-Identifier: MIT */
/* Without memory at any one place of ours: the store of fmbench, its reports, exports and
 * comparisons. What was stored before is there afterwards. */
#include "starve.h"

#include "commands.h"
#include "error.h"
#include "made_up_run.h"

TestSuite(starved_store, .timeout = 120);

#define TEXT (1 << 20)

typedef struct command {
    fmi_options options;
    int (*run)(const fmi_options *options);
    const char *whole, *file; /* what it prints and writes with all the memory it wants */
} command;

static char folder[FM_TEST_PATH], db[FM_TEST_PATH + 16], out[FM_TEST_PATH + 16];
static char shown[FM_TEST_PATH + 16]; /* stdout */

/* Into memory that is there: this, too, runs without any. */
static void read_text(const char *path, char text[TEXT]) {
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    text[fread(text, 1, TEXT - 1, file)] = '\0';
    fclose(file);
}

/* Two runs; what commands say on stderr is dropped. */
static void open_store(const char *name) {
    fm_test_dir(folder, name);
    snprintf(db, sizeof db, "%s/a.db", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(shown, sizeof shown, "%s/shown", folder);
    made_up_run(db, "one", "2024-01-01T00:00:00Z", 64, 1.0);
    made_up_run(db, "two", "2024-01-02T00:00:00Z", 64, 1.25);
    cr_assert_not_null(freopen("/dev/null", "w", stderr));
}

/* What a command printed: the whole of it, or in its place that there was no memory. */
static void expect_whole(const char *path, const char *whole) {
    static char text[TEXT];
    read_text(path, text);
    size_t at = 0;
    while (whole && text[at] && text[at] == whole[at])
        at++;
    cr_assert(!whole || text[at] == whole[at] || strstr(text, "no memory for") ||
                  strncmp(text + at, "nan to nan", 10) == 0,
              "something else, and nothing says why: %.60s, want %.60s", text + at, whole + at);
}

/* The code of a process as the status it stands for. */
static fm_status run_command(void *user, fm_error *err) {
    const command *c = user;
    cr_assert_not_null(freopen(shown, "w", stdout));
    const int code = c->run(&c->options);
    fflush(stdout);
    if (code == 0 || code == 1) { /* 1: what was compared is slower */
        expect_whole(shown, c->whole);
        if (c->file)
            expect_whole(out, c->file);
        return FM_OK;
    }
    snprintf(err->message, sizeof err->message, "exit code %d", code);
    return code == fmi_exit_code(FM_ERROR_HOST_MEMORY) ? FM_ERROR_HOST_MEMORY : FM_ERROR_INTERNAL;
}

/* A bundle is never replaced. */
static int bundle_anew(const fmi_options *options) {
    remove(out);
    return fmi_command_bundle(options);
}

/* A command line, split at its spaces; %s is the file it writes. */
static void starve_command(const char *line, int (*run)(const fmi_options *options),
                           uint32_t least) {
    static char words[2 * FM_TEST_PATH], whole[TEXT], written[TEXT];
    char *argv[40];
    int argc = 0;
    fm_error err;
    command c = {.run = run};
    snprintf(words, sizeof words, "fmbench %s --db %s", line, db);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "OUT") == 0 ? out : word;
    fm_assert_ok(fmi_options_parse(&c.options, argc, argv, &err), err);
    cr_assert_eq(run_command(&c, &err), FM_OK, "%s", err.message);
    read_text(shown, whole);
    c.whole = whole;
    if (strstr(line, "-o OUT") && run != bundle_anew) {
        read_text(out, written);
        c.file = written;
    }
    const uint32_t places = starve(run_command, &c);
    cr_assert_geq(places, least, "%s: only %u places", line, places);
}

Test(starved_store, pages) {
    open_store("page");
    starve_command("report last --against one -o OUT", fmi_command_report, 15);
}

Test(starved_store, exports) {
    static const char *const forms[] = {"--json",  "--jsonl",      "--csv",         "--md",
                                        "--junit", "--prometheus", "--md --summary"};
    char line[100];
    open_store("export");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        snprintf(line, sizeof line, "export last %s -o OUT", forms[i]);
        starve_command(line, fmi_command_export, i == 0 ? 10 : 0);
    }
}

Test(starved_store, comparisons) {
    open_store("compare");
    starve_command("compare one two", fmi_command_compare, 10);
    starve_command("compare one two --json", fmi_command_compare, 0);
    starve_command("compare one two --md", fmi_command_compare, 0);
}

Test(starved_store, histories_and_scores) {
    open_store("history");
    starve_command("history", fmi_command_history, 5);
    starve_command("history --json", fmi_command_history, 0);
    starve_command("scoreboard last", fmi_command_scoreboard, 5);
    starve_command("scoreboard last --json", fmi_command_scoreboard, 0);
}

Test(starved_store, bundles) {
    open_store("bundle");
    starve_command("bundle -o OUT --anonymous", bundle_anew, 1);
    starve_command("merge OUT", fmi_command_merge, 0);
}
