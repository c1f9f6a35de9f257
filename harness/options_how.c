/* SPDX-License-Identifier: MIT */
#include "options_impl.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static fm_status parse_percent(double *share, const char *text, fm_error *err) {
    char *end = NULL;
    *share = (text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : (double)NAN) / 100.0;
    if (!end || (*end && strcmp(end, "%") != 0) || !(*share <= 1.0))
        return fmi_option_bad("--threshold", text, "percents from 0 to 100", err);
    return FM_OK;
}

static fm_status parse_format(fmi_options *o, fmi_format format, fm_error *err) {
    if (o->format != FMI_FORMAT_TABLE && o->format != format)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--json, --csv, --md and the other formats exclude each other; give one");
    o->format = format;
    return FM_OK;
}

static fm_status parse_log_level(fmi_options *o, const char *text, fm_error *err) {
    static const char *const names[] = {"error", "warning", "info", "debug"};
    for (size_t i = 0; i < 4; ++i)
        if (strcmp(text, names[i]) == 0) {
            o->log_level = (fm_log_level)i;
            return FM_OK;
        }
    return fmi_option_bad("--log-level", text, "error, warning, info, debug", err);
}

static fm_status parse_isolation(fmi_options *o, const char *text, fm_error *err) {
    static const char *const names[] = {"cell", "op", "none"};
    for (size_t i = 0; i < 3; ++i)
        if (strcmp(text, names[i]) == 0) {
            o->isolate = (fmi_isolation)i;
            return FM_OK;
        }
    return fmi_option_bad("--isolate", text, "cell, op, none", err);
}

fm_status fmi_option_how(fmi_options *o, fmi_option_id id, const char *const *value,
                         fm_error *err) {
    static const double time_units[] = {1.0, 60.0, 3600.0};
    double number = 0.0;
    fm_status status = FM_OK;
    switch (id) {
    case OPT_ORDER:
        if (strcmp(value[0], "random") != 0 && strcmp(value[0], "fixed") != 0)
            return fmi_option_bad("--order", value[0], "random, fixed", err);
        o->fixed_order = value[0][0] == 'f';
        return FM_OK;
    case OPT_SEED:
        status = fmi_option_number("--seed", value[0], 0x1p53, &number, err);
        o->seed = status == FM_OK ? (uint64_t)number : 0;
        o->seed_set = true;
        return status;
    case OPT_ISOLATE:
        return parse_isolation(o, value[0], err);
    case OPT_RESUME:
        o->resume = value[0];
        return FM_OK;
    case OPT_TIMEOUT:
        status = fmi_option_number("--timeout", value[0], 86400.0, &o->cell_limit_s, err);
        return status;
    case OPT_MAX_TIME:
        return fmi_option_scaled("--max-time", value[0], "smh", time_units,
                                 "seconds, or a number with s, m or h", &o->max_time_s, err);
    case OPT_LOG_LEVEL:
        return parse_log_level(o, value[0], err);
    case OPT_OUTPUT:
        o->output = value[0];
        return FM_OK;
    case OPT_AGAINST:
        o->against = value[0];
        return FM_OK;
    case OPT_PROGRESS:
        if (strcmp(value[0], "json") != 0 && strcmp(value[0], "auto") != 0)
            return fmi_option_bad("--progress", value[0], "auto, json", err);
        o->json_progress = value[0][0] == 'j';
        return FM_OK;
    case OPT_THRESHOLD:
        return parse_percent(&o->threshold, value[0], err);
    case OPT_CELL:
        o->cell = value[0];
        return FM_OK;
    default:
        o->db = value[0];
        return FM_OK;
    }
}

fm_status fmi_option_flag(fmi_options *o, fmi_option_id id, fm_error *err) {
    switch (id) {
    case OPT_LIST:
        o->list = true;
        return FM_OK;
    case OPT_DRY_RUN:
        o->dry_run = true;
        return FM_OK;
    case OPT_QUICK:
        o->quick = true;
        return FM_OK;
    case OPT_LIVE:
        o->live = true;
        return FM_OK;
    case OPT_DIFFERENT_ENV:
        o->allow_different_env = true;
        return FM_OK;
    case OPT_PEERS:
        o->peers = true;
        return FM_OK;
    case OPT_ANONYMOUS:
        o->anonymous = true;
        return FM_OK;
    case OPT_SUMMARY:
        o->summary = true;
        return FM_OK;
    case OPT_CONCURRENT:
        o->concurrent = true;
        return FM_OK;
    case OPT_NO_QUIRKS:
        o->no_quirks = true;
        return FM_OK;
    case OPT_RANK:
        o->rank = true;
        return FM_OK;
    case OPT_PIN:
        o->pin = true;
        return FM_OK;
    case OPT_JSON:
        return parse_format(o, FMI_FORMAT_JSON, err);
    case OPT_CSV:
        return parse_format(o, FMI_FORMAT_CSV, err);
    case OPT_MD:
        return parse_format(o, FMI_FORMAT_MARKDOWN, err);
    case OPT_JSONL:
        return parse_format(o, FMI_FORMAT_JSONL, err);
    case OPT_TSV:
        return parse_format(o, FMI_FORMAT_TSV, err);
    case OPT_SQL:
        return parse_format(o, FMI_FORMAT_SQL, err);
    case OPT_JUNIT:
        return parse_format(o, FMI_FORMAT_JUNIT, err);
    case OPT_PROMETHEUS:
        return parse_format(o, FMI_FORMAT_PROMETHEUS, err);
    case OPT_VERBOSE:
        o->log_level = FM_LOG_DEBUG;
        return FM_OK;
    case OPT_QUIET:
        o->log_level = FM_LOG_ERROR;
        return FM_OK;
    default:
        o->no_color = true;
        return FM_OK;
    }
}
