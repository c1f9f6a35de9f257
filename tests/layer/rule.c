/* SPDX-License-Identifier: MIT */
#include "rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char **text, long *value) {
    char *end = NULL;
    errno = 0;
    *value = strtol(*text, &end, 10);
    bool good = end != *text && errno == 0;
    *text = end;
    return good;
}

static bool parse_name(const char **text, fmf_call *call) {
    size_t bytes = strcspn(*text, ":,");
    bool any = bytes == 1 && **text == '*';
    *call = any ? FMF_CALL_COUNT : fmf_call_find(*text, bytes);
    *text += bytes;
    return any || (*call != FMF_CALL_COUNT && fmf_call_codes[*call] != 0);
}

/* The parts after the name, up to a comma or the end. */
static bool parse_parts(const char **text, fmf_rule *rule) {
    long nth = 0;
    if (*(*text)++ != ':' || !parse_number(text, &nth) || nth < 1) {
        return false;
    }
    rule->nth = (unsigned long)nth;
    while (**text == ':') {
        ++*text;
        if (strncmp(*text, "sticky", 6) == 0) {
            rule->sticky = true;
            *text += 6;
        } else if (rule->has_value || !parse_number(text, &rule->value)) {
            return false;
        } else {
            rule->has_value = true;
        }
    }
    return **text == '\0' || **text == ',';
}

bool fmf_rules_parse(fmf_rules *rules, const char *text) {
    *rules = (fmf_rules){0};
    while (text && *text) {
        if (rules->count == FMF_RULES) {
            return false;
        }
        fmf_rule *rule = &rules->rule[rules->count++];
        if (!parse_name(&text, &rule->call) || !parse_parts(&text, rule)) {
            return false;
        }
        text += *text == ',';
    }
    return true;
}

static bool matches(const fmf_rule *rule, fmf_call call) {
    return rule->call == call || (rule->call == FMF_CALL_COUNT && fmf_call_codes[call] != 0);
}

const fmf_rule *fmf_rules_hit(fmf_rules *rules, fmf_call call) {
    const fmf_rule *hit = NULL;
    for (unsigned i = 0; i < rules->count; i++) {
        fmf_rule *rule = &rules->rule[i];
        if (!matches(rule, call)) {
            continue;
        }
        rule->seen++;
        if (!hit && (rule->seen == rule->nth || (rule->sticky && rule->seen > rule->nth))) {
            hit = rule;
        }
    }
    return hit;
}
