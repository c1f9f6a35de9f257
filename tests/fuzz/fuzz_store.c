/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "store.h"

#include <stdio.h>
#include <unistd.h>

/* A damaged store: opened, asked for its runs, closed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[512];
    fmi_store *store = NULL;
    fmi_store_found found = {0};
    snprintf(path, sizeof path, "%s/x.db", fuzz_folder());
    fuzz_put("x.db", data, size);
    if (fmi_store_open_existing(&store, path, NULL) == FM_OK)
        (void)fmi_store_find(store, "last", &found, NULL);
    fmi_store_found_free(&found);
    fmi_store_close(&store);
    snprintf(path, sizeof path, "%s/x.db-wal", fuzz_folder());
    (void)unlink(path);
    snprintf(path, sizeof path, "%s/x.db-shm", fuzz_folder());
    (void)unlink(path);
    return 0;
}

void fuzz_seeds(void) {
    static unsigned char block[1 << 17];
    char path[512];
    fmi_store *store = NULL;
    snprintf(path, sizeof path, "%s/seed.db", fuzz_folder());
    if (fmi_store_open(&store, path, NULL) != FM_OK)
        return;
    fmi_store_close(&store);
    FILE *f = fopen(path, "rbe");
    size_t n = f ? fread(block, 1, sizeof block, f) : 0;
    if (f)
        fclose(f);
    fuzz_seed(block, n);
}
