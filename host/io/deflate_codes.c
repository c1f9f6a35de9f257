/* SPDX-License-Identifier: MIT */
/* Prefix codes of a deflate block. */
#include "deflate.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 15

typedef struct node {
    uint32_t count;
    uint16_t parent; /* of a tree's inner nodes and leaves */
    uint16_t symbol;
} node;

static int by_count(const void *a, const void *b) {
    const node *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

/* Leaves in order of their counts, then inner nodes, whose counts come out in order as well: the
 * two smallest are always the next of the one or the other. Returns the root. */
static uint32_t join(node *nodes, uint32_t leaves) {
    uint32_t leaf = 0, inner = leaves, next = leaves;
    for (; next < 2 * leaves - 1; next++) {
        nodes[next].count = 0;
        for (int k = 0; k < 2; k++) {
            bool take_leaf =
                leaf < leaves && (inner >= next || nodes[leaf].count <= nodes[inner].count);
            uint32_t child = take_leaf ? leaf++ : inner++;
            nodes[next].count += nodes[child].count;
            nodes[child].parent = (uint16_t)next;
        }
    }
    return next - 1;
}

/* Lengths from the root down. False: one is over the limit. */
static bool measure(uint8_t *length, const node *nodes, uint32_t leaves, uint32_t root,
                    uint32_t limit) {
    uint8_t depth[2 * FMI_LITERAL_CODES];
    depth[root] = 0;
    for (uint32_t i = root; i-- > 0;) {
        depth[i] = (uint8_t)(depth[nodes[i].parent] + 1);
        if (i < leaves) {
            if (depth[i] > limit)
                return false;
            length[nodes[i].symbol] = depth[i];
        }
    }
    return true;
}

void fmi_code_lengths(uint8_t *length, const uint32_t *count, uint32_t n, uint32_t limit) {
    node nodes[2 * FMI_LITERAL_CODES];
    uint32_t leaves = 0;
    memset(length, 0, n);
    for (uint32_t i = 0; i < n; i++)
        if (count[i] > 0)
            nodes[leaves++] = (node){.count = count[i], .symbol = (uint16_t)i};
    if (leaves == 1)
        length[nodes[0].symbol] = 1;
    if (leaves < 2)
        return;
    for (;;) {
        qsort(nodes, leaves, sizeof *nodes, by_count);
        if (measure(length, nodes, leaves, join(nodes, leaves), limit))
            return;
        for (uint32_t i = 0; i < leaves; i++)
            nodes[i].count = nodes[i].count / 2 + 1;
    }
}

static uint16_t reversed(uint32_t word, uint32_t length) {
    uint32_t out = 0;
    for (; length > 0; length--, word >>= 1)
        out = out << 1 | (word & 1);
    return (uint16_t)out;
}

void fmi_code_words(uint16_t *word, const uint8_t *length, uint32_t n) {
    uint32_t of_length[LONGEST + 1] = {0}, next[LONGEST + 1] = {0};
    for (uint32_t i = 0; i < n; i++)
        of_length[length[i]]++;
    of_length[0] = 0;
    for (uint32_t k = 1; k <= LONGEST; k++)
        next[k] = (next[k - 1] + of_length[k - 1]) << 1;
    for (uint32_t i = 0; i < n; i++)
        word[i] = length[i] > 0 ? reversed(next[length[i]]++, length[i]) : 0;
}
