/* SPDX-License-Identifier: MIT */
#include "huffman.h"

#include <stdlib.h>
#include <string.h>

#define BITS 15
#define NODES (2 * FMI_HUFFMAN_SYMBOLS)

/* Symbols that occur, rarest first; each is count << 9 | symbol. */
typedef struct leaves {
    uint32_t item[FMI_HUFFMAN_SYMBOLS];
    uint32_t count;
} leaves;

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void collect(leaves *l, const uint32_t *counts, uint32_t symbols) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < symbols; i++)
        used += counts[i] > 0;
    for (uint32_t i = 0; i < symbols; i++) {
        uint32_t count = counts[i];
        if (count == 0 && used < 2) {
            count = 1;
            used++;
        }
        if (count > 0)
            l->item[l->count++] = count << 9 | i;
    }
    qsort(l->item, l->count, sizeof *l->item, ascending);
}

/* Bits of every leaf by joining the two lightest nodes again and again: leaves and joined nodes are
 * both in order of weight, so the lightest stand in front. */
static void measure(const leaves *l, uint32_t of_length[BITS + 1], uint32_t limit) {
    uint32_t weight[NODES], parent[NODES], depth[NODES];
    const uint32_t n = l->count, all = 2 * n - 1;
    uint32_t leaf = 0, joined = n;
    for (uint32_t i = 0; i < n; i++)
        weight[i] = l->item[i] >> 9;
    for (uint32_t node = n; node < all; node++) {
        weight[node] = 0;
        for (int k = 0; k < 2; k++) {
            uint32_t child =
                leaf < n && (joined == node || weight[leaf] <= weight[joined]) ? leaf++ : joined++;
            weight[node] += weight[child];
            parent[child] = node;
        }
    }
    depth[all - 1] = 0;
    for (uint32_t node = all - 1; node-- > 0;) {
        depth[node] = depth[parent[node]] + 1;
        if (node < n)
            of_length[depth[node] < limit ? depth[node] : limit]++;
    }
}

/* Codes that were cut to the limit leave too little room for all: a shorter code gets longer by one
 * bit and takes one of them as its sibling, until the room is used exactly. */
static void make_room(uint32_t of_length[BITS + 1], uint32_t limit) {
    uint32_t room = 0;
    for (uint32_t i = 1; i <= limit; i++)
        room += of_length[i] << (limit - i);
    for (; room > UINT32_C(1) << limit; room--) {
        uint32_t i = limit - 1;
        while (of_length[i] == 0)
            i--;
        of_length[limit]--;
        of_length[i]--;
        of_length[i + 1] += 2;
    }
}

static uint16_t reverse(uint32_t code, uint32_t bits) {
    uint32_t out = 0;
    for (uint32_t i = 0; i < bits; i++)
        out |= (code >> i & 1) << (bits - 1 - i);
    return (uint16_t)out;
}

void fmi_huffman_make(fmi_huffman *out, const uint32_t *counts, uint32_t symbols, uint32_t limit) {
    leaves l = {.count = 0};
    uint32_t of_length[BITS + 1] = {0}, next[BITS + 1], code = 0, at = 0;
    memset(out, 0, sizeof *out);
    collect(&l, counts, symbols);
    measure(&l, of_length, limit);
    make_room(of_length, limit);
    for (uint32_t bits = limit; bits > 0; bits--)
        for (uint32_t k = 0; k < of_length[bits]; k++)
            out->length[l.item[at++] & 511] = (uint8_t)bits;
    for (uint32_t bits = 1; bits <= limit; bits++) {
        next[bits] = code;
        code = (code + of_length[bits]) << 1;
    }
    for (uint32_t i = 0; i < symbols; i++)
        if (out->length[i] > 0)
            out->code[i] = reverse(next[out->length[i]]++, out->length[i]);
}
