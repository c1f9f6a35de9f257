/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "io/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fmi_csv csv;
    fm_error err = {0};
    if (fmi_csv_read(&csv, fuzz_file(data, size), &err) == FM_OK) {
        fuzz_expect(csv.rows >= 1 && csv.columns >= 1, "a table has a header");
        for (size_t row = 0; row < csv.rows; row++)
            for (size_t column = 0; column < csv.columns; column++) {
                float value = 0;
                uint32_t whole = 0;
                (void)fmi_csv_float(&csv, row, column, &value, &err);
                (void)fmi_csv_uint(&csv, row, column, &whole, &err);
                (void)fmi_csv_is_formula(fmi_csv_cell(&csv, row, column));
            }
        (void)fmi_csv_find(&csv, "x");
    }
    fmi_csv_free(&csv);
    return 0;
}

void fuzz_seeds(void) {
    fuzz_seed_text("frame,kp,x,y\n0,0,1.5,-2e-3\n0,1,\"3\",4\n");
    fuzz_seed_text("\xEF\xBB\xBF\"a \"\"b\"\"\",c\r\n\"1,\n2\",\r\n");
}
