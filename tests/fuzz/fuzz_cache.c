/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "kernel_cache.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const fmi_cache_key key = {.text = "kernel",
                                  .options = "-w",
                                  .device = "device",
                                  .driver = "1",
                                  .platform = "platform",
                                  .version = "2"};
static char entry[256]; /* name of the key's entry */

static void find_entry(void) {
    struct dirent **found = NULL;
    fmi_cache_store(fuzz_folder(), &key, (const unsigned char *)"binary", 6, NULL);
    int count = scandir(fuzz_folder(), &found, NULL, NULL);
    for (int i = 0; i < count; i++) {
        if (strstr(found[i]->d_name, ".fmbin"))
            memcpy(entry, found[i]->d_name, strlen(found[i]->d_name) + 1);
        free(found[i]);
    }
    free(found);
    fuzz_expect(entry[0] != '\0', "an entry was stored");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t bytes = 0;
    fuzz_put(entry, data, size);
    unsigned char *binary = fmi_cache_load(fuzz_folder(), &key, &bytes, NULL);
    fuzz_expect(!binary || bytes + 64 == size, "a binary is all of its entry but the header");
    free(binary);
    return 0;
}

void fuzz_seeds(void) {
    char path[512];
    unsigned char block[256];
    find_entry();
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), entry);
    FILE *f = fopen(path, "rbe");
    size_t n = f ? fread(block, 1, sizeof block, f) : 0;
    if (f)
        fclose(f);
    fuzz_seed(block, n);
}
