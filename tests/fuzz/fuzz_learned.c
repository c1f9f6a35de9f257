/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "learned.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const fm_caps caps = {.id = "id", .driver = "driver"};
static char name[256];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_put(name, data, size);
    (void)fmi_learned_read(fuzz_folder(), &caps);
    return 0;
}

void fuzz_seeds(void) {
    struct dirent **found = NULL;
    fmi_learned_write(fuzz_folder(), &caps, 123456);
    int count = scandir(fuzz_folder(), &found, NULL, NULL);
    for (int i = 0; i < count; i++) {
        if (strncmp(found[i]->d_name, "memory-", 7) == 0)
            memcpy(name, found[i]->d_name, strlen(found[i]->d_name) + 1);
        free(found[i]);
    }
    free(found);
    fuzz_expect(fmi_learned_read(fuzz_folder(), &caps) == 123456, "what was learned is known");
    fuzz_seed_text("facemorph memory edge 1\n123456\n");
}
