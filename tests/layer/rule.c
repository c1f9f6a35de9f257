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

static bool parse_name(const char **text, int *call) {
    size_t bytes = strcspn(*text, ":,");
    bool any = bytes == 1 && **text == '*';
    bool place = bytes == 5 && strncmp(*text, "place", bytes) == 0;
    bool stack = bytes == 5 && strncmp(*text, "stack", bytes) == 0;
    *call = place   ? FMF_PLACE
            : stack ? FMF_STACK
            : any   ? FMF_ANY
                    : (int)fmf_call_find(*text, bytes);
    *text += bytes;
    return any || place || stack || (*call != FMF_CALL_COUNT && fmf_call_codes[*call] != 0);
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

bool fmf_rules_want_places(const fmf_rules *rules) {
    for (unsigned i = 0; i < rules->count; i++) {
        if (rules->rule[i].call == FMF_PLACE || rules->rule[i].call == FMF_STACK) {
            return true;
        }
    }
    return false;
}

static bool counts(const fmf_rule *rule, fmf_call call, unsigned long stack) {
    bool fallible = fmf_call_codes[call] != 0;
    return rule->call == (int)call || (rule->call == FMF_ANY && fallible) ||
           (rule->call == FMF_PLACE && fallible && stack != 0) ||
           (rule->call == FMF_STACK && fallible && stack == rule->nth);
}

/* After the N-th a sticky rule for places takes any call. */
static bool goes_on(const fmf_rule *rule, fmf_call call, bool counted) {
    bool place = rule->call == FMF_PLACE || rule->call == FMF_STACK;
    return rule->sticky && rule->seen >= rule->nth &&
           (counted || (place && fmf_call_codes[call] != 0));
}

const fmf_rule *fmf_rules_hit(fmf_rules *rules, fmf_call call, unsigned long stack) {
    const fmf_rule *hit = NULL;
    for (unsigned i = 0; i < rules->count; i++) {
        fmf_rule *rule = &rules->rule[i];
        bool counted = counts(rule, call, stack);
        rule->seen = counted && rule->call == FMF_STACK ? rule->nth : rule->seen + counted;
        if (!hit && ((counted && rule->seen == rule->nth) || goes_on(rule, call, counted))) {
            hit = rule;
        }
    }
    return hit;
}
