/* SPDX-License-Identifier: MIT */
/** @file rule.h Which calls a FMFAULT_ variable means: "name:N[:value][:sticky]", comma between. */
#ifndef FMF_RULE_H
#define FMF_RULE_H

#include "calls.h"

#include <stdbool.h>

#define FMF_RULES 8

typedef struct fmf_rule {
    fmf_call call; /**< FMF_CALL_COUNT = any that has a code */
    unsigned long nth;
    unsigned long seen;
    long value;
    bool has_value;
    bool sticky; /**< the N-th and every later one */
} fmf_rule;

typedef struct fmf_rules {
    unsigned count;
    fmf_rule rule[FMF_RULES];
} fmf_rules;

/** NULL and "" are no rules. False when the text is not understood. */
bool fmf_rules_parse(fmf_rules *rules, const char *text);
/** Counts one call; the first rule that hits it, else NULL. */
const fmf_rule *fmf_rules_hit(fmf_rules *rules, fmf_call call);

#endif
