/* SPDX-License-Identifier: MIT */
#include "options_impl.h"

#include "error.h"

#include <string.h>

/* What a command can print besides its usual text. */
enum { NO_FORMS = 0, JSON = 1, TABLES = 2, ALL_FORMS = 3 };

/* The commands that are words, how many words may follow them, and the forms they know. */
static const struct {
    const char *word;
    fmi_command command;
    uint32_t least, most, forms;
} words[] = {{"verify", FMI_COMMAND_VERIFY, 0, 0, JSON},
             {"devices", FMI_COMMAND_DEVICES, 0, 0, ALL_FORMS},
             {"mem", FMI_COMMAND_MEM, 0, 0, JSON},
             {"roofs", FMI_COMMAND_ROOFS, 0, 0, ALL_FORMS},
             {"tune", FMI_COMMAND_TUNE, 0, 0, JSON},
             {"bundle", FMI_COMMAND_BUNDLE, 0, 1, NO_FORMS},
             {"merge", FMI_COMMAND_MERGE, 1, FMI_WORDS_MAX, NO_FORMS},
             {"import", FMI_COMMAND_IMPORT, 1, FMI_WORDS_MAX, NO_FORMS},
             {"doctor", FMI_COMMAND_DOCTOR, 0, 0, JSON},
             {"report", FMI_COMMAND_REPORT, 0, 1, NO_FORMS},
             {"history", FMI_COMMAND_HISTORY, 0, 0, ALL_FORMS},
             {"export", FMI_COMMAND_EXPORT, 0, 1, ALL_FORMS},
             {"compare", FMI_COMMAND_COMPARE, 1, 2, ALL_FORMS},
             {"scoreboard", FMI_COMMAND_SCOREBOARD, 0, FMI_WORDS_MAX, ALL_FORMS},
             {"--describe", FMI_COMMAND_DESCRIBE, 0, 1, JSON}};

#define WORD_COUNT (sizeof words / sizeof words[0])

static fm_status follow(fmi_options *o, const char *word, bool have_command, fm_error *err) {
    for (size_t i = 0; have_command && i < WORD_COUNT; ++i)
        if (words[i].command == o->command && o->word_count < words[i].most) {
            o->word[o->word_count++] = word;
            return FM_OK;
        }
    for (size_t i = 0; have_command && i < WORD_COUNT; ++i)
        if (words[i].command == o->command)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            words[i].most ? "unexpected \"%.60s\": %s takes at most %u %s"
                                          : "unexpected \"%.60s\": %s takes options only; see "
                                            "fmbench --help",
                            word, words[i].word, words[i].most,
                            words[i].most == 1 ? "word" : "words");
    char known[200] = "--sweep";
    for (size_t i = 0; i < WORD_COUNT; ++i) {
        fmi_option_add(known, sizeof known, ", ", words[i].word);
    }
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "unexpected \"%.60s\"; allowed are %s", word,
                    known);
}

fm_status fmi_option_word(fmi_options *o, const char *word, bool *have_command, fm_error *err) {
    for (size_t i = 0; !*have_command && i < WORD_COUNT; ++i)
        if (strcmp(word, words[i].word) == 0) {
            o->command = words[i].command;
            *have_command = true;
            return FM_OK;
        }
    return follow(o, word, *have_command, err);
}

/* A form that a command does not know is refused, never ignored. */
static fm_status check_form(const fmi_options *o, fm_error *err) {
    const bool json = o->format == FMI_FORMAT_JSON;
    const bool table = o->format == FMI_FORMAT_CSV || o->format == FMI_FORMAT_MARKDOWN;
    for (size_t i = 0; i < WORD_COUNT; ++i)
        if (words[i].command == o->command &&
            ((json && !(words[i].forms & JSON)) || (table && !(words[i].forms & TABLES))))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--%s: %s %s",
                            json                          ? "json"
                            : o->format == FMI_FORMAT_CSV ? "csv"
                                                          : "md",
                            words[i].word,
                            words[i].forms ? "prints text or --json" : "prints no other form");
    return FM_OK;
}

static const char *what_follows(fmi_command command) {
    return command == FMI_COMMAND_MERGE
               ? "file that fmbench bundle made, or another store: fmbench merge FILE..."
           : command == FMI_COMMAND_IMPORT
               ? "file of export --json or --sweep --json: fmbench import FILE.json..."
               : "run: fmbench compare A B, or A --live";
}

fm_status fmi_option_check_words(const fmi_options *o, fm_error *err) {
    if (o->format > FMI_FORMAT_MARKDOWN && o->command != FMI_COMMAND_EXPORT)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--jsonl, --tsv, --sql, --junit and --prometheus are formats of export");
    if (o->live && o->command != FMI_COMMAND_COMPARE)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--live is an option of compare");
    if (o->command == FMI_COMMAND_COMPARE && !o->live && o->word_count == 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "compare needs two runs, or one and --live");
    if (o->summary && (o->command != FMI_COMMAND_EXPORT || o->format != FMI_FORMAT_MARKDOWN))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--summary belongs to export --md");
    if (o->rank && o->command != FMI_COMMAND_DEVICES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--rank belongs to devices");
    if (o->device && o->command == FMI_COMMAND_DEVICES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--device: devices lists all of them; leave it out");
    if (o->all_devices && o->command != FMI_COMMAND_SWEEP && o->command != FMI_COMMAND_DEVICES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--device all: only --sweep goes through all of them; name one");
    if (o->command == FMI_COMMAND_MEM && o->mem_limit.count > 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--mem-limit: mem takes one size, not %u",
                        o->mem_limit.count);
    if (o->concurrent && o->command != FMI_COMMAND_SWEEP)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--concurrent belongs to --sweep");
    if (o->concurrent && (o->resume || o->peers || o->list || o->dry_run ||
                          o->isolate != FMI_ISOLATE_CELL || o->compute_units.count > 1))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--concurrent runs whole cells in processes of their own: not with "
                        "--resume, --peers, --list, --dry-run, --isolate or several "
                        "--compute-units");
    if (o->anonymous && o->command != FMI_COMMAND_BUNDLE)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--anonymous belongs to bundle");
    for (size_t i = 0; i < WORD_COUNT; ++i)
        if (words[i].command == o->command && o->word_count < words[i].least)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s needs at least %u %s",
                            words[i].word, words[i].least, what_follows(o->command));
    return check_form(o, err);
}
