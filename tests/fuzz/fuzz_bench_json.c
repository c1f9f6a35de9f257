/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "run_import.h"

/* A run as JSON from elsewhere: read whole or refused; what is read can be printed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fmi_import import;
    if (fmi_import_read(&import, (const char *)data, size, "x.json", NULL) != FM_OK) {
        fuzz_expect(import.count == 0, "what is refused leaves nothing");
        return 0;
    }
    for (uint32_t i = 0; i < import.count; i++) {
        fmi_json json = {0};
        const fmi_cells *cells = &import.run[i]->cells;
        for (uint32_t k = 0; k < cells->count; k++)
            fuzz_expect(!cells->cell[k].timed || cells->cell[k].status != FMI_CELL_WRONG_RESULT,
                        "a wrong result has no rate");
        fmi_report_json(&import.run[i]->report, &json);
        fuzz_expect(fmi_json_text(&json) != NULL, "it can be printed");
        fmi_json_free(&json);
    }
    fmi_import_free(&import);
    return 0;
}

void fuzz_seeds(void) {
    fuzz_seed_text(
        "{\"schema\":\"fmbench/sweep/1\",\"run\":\"a\",\"started\":\"2024\",\"seed\":3,"
        "\"environment\":{\"device\":{\"name\":\"d\"},\"host\":{\"cores\":2}},"
        "\"roofs\":{\"launch\":{\"value\":1e-5,\"unit\":\"s\",\"n\":3}},"
        "\"cold\":[{\"stage\":\"platform\",\"seconds\":0.5}],"
        "\"cells\":[{\"op\":\"raster\",\"batch\":8,\"level\":\"low\",\"size\":[64,64],"
        "\"vertices\":600,\"input\":\"heads\",\"status\":\"ok\",\"rate\":4000,\"n\":3,"
        "\"median_s\":0.002,\"error\":{\"max\":1,\"unit\":\"level\"},\"memory\":{\"peak\":5},"
        "\"samples_raw\":{\"timed_s\":[0.001,0.002,0.003]},"
        "\"stages_raw\":[{\"name\":\"a\",\"kind\":\"kernel\",\"count\":1,\"seconds\":1e-3}]},"
        "{\"op\":\"solve\",\"batch\":8,\"level\":\"high\",\"status\":\"crashed\","
        "\"reason\":\"signal\",\"matrix_n\":4}]}");
    fuzz_seed_text("{\"schema\":\"fmbench/sweeps/1\",\"sweeps\":[{\"schema\":"
                   "\"fmbench/sweep/1\",\"run\":\"b\",\"started\":\"x\",\"environment\":{},"
                   "\"cells\":[]}]}");
}
