/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "cli/resume.h"
#include "saved.h"

#include <stdlib.h>
#include <string.h>

/* JSON that is read back: run.json of a finished run, the environment of a stored one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static fmi_environment environment;
    fmi_finished finished;
    fuzz_put("run.json", data, size);
    (void)fmi_finished_read(&finished, fuzz_folder());
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    fmi_environment_parse(&environment, text);
    free(text);
    return 0;
}

void fuzz_seeds(void) {
    fuzz_seed_text(
        "{\"schema\":\"facemorph/run/1\",\"job\":\"ab\",\"frames\":2,\"seconds\":{\"total\":1.5},"
        "\"inputs\":{\"a\":{\"positions\":3}},\"statistics\":{\"total_displacement\":{\"mean\":1}},"
        "\"outputs\":[{\"path\":\"run.json\",\"bytes\":1}]}");
    fuzz_seed_text(
        "{\"fingerprint\":\"f\",\"version\":\"1\",\"device\":{\"name\":\"d\",\"units\":2},"
        "\"host\":{\"cores\":2,\"load\":0.5},\"variables\":{\"A\":\"b\"}}");
}
