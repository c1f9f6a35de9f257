/* SPDX-License-Identifier: MIT */
/** @file rule.h Which calls a FMFAULT_ variable means: "name:N[:value][:sticky]", comma between. */
#ifndef FMF_RULE_H
#define FMF_RULE_H

#include "calls.h"

#include <stdbool.h>

#define FMF_RULES 8
#define FMF_ANY FMF_CALL_COUNT         /* '*': any that has a code */
#define FMF_PLACE (FMF_CALL_COUNT + 1) /* "place": the first of those from each call stack */
#define FMF_STACK (FMF_CALL_COUNT + 2) /* "stack": the first from the stack whose number N is */

typedef struct fmf_rule {
    int call; /**< fmf_call, FMF_ANY, FMF_PLACE or FMF_STACK */
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
/** Whether a rule asks for places, so that somebody must tell them apart. */
bool fmf_rules_want_places(const fmf_rules *rules);
/** Counts one call, stack: the number of its call stack when it is the first from there, else 0.
 * The first rule that hits it, else NULL. */
const fmf_rule *fmf_rules_hit(fmf_rules *rules, fmf_call call, unsigned long stack);

#endif
