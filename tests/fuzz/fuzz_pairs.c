/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "cli/batch_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fmi_batch_list list;
    if (fmi_batch_list_read(&list, fuzz_file(data, size), NULL) == FM_OK) {
        for (uint64_t n = 0; n < list.pairs; n++) {
            uint32_t side[2];
            char name[1024];
            fmi_batch_list_pair(&list, n, side);
            fuzz_expect(side[0] < list.meshes && side[1] < list.meshes, "sides are meshes");
            fmi_batch_list_name(&list, n, name, sizeof name);
        }
    }
    fmi_batch_list_free(&list);
    return 0;
}

void fuzz_seeds(void) {
    fuzz_seed_text("a,b\nx.obj,y.obj\nx.obj,/z/y.fbx\n");
    fuzz_seed_text(
        "note,b,texture_a,a,texture_b\n1,y.obj,t.png,x.obj,\n2,y.obj,t.png,x.obj,u.png\n");
}
