/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "cli/keypoint_file.h"

#include <stdio.h>

/* The first byte chooses model and ending. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"x.csv", "x.npy", "x.npz"};
    char path[256];
    fmi_kp_file file = {0};
    fm_error err = {0};
    if (size == 0)
        return 0;
    const char *name = names[data[0] / 3 % 3];
    fuzz_put(name, data + 1, size - 1);
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    (void)fmi_kp_file_read(&file, path, (fm_keypoints_model)(data[0] % 3), &err);
    fmi_kp_file_free(&file);
    return 0;
}

void fuzz_seeds(void) {
    fuzz_seed_text("\x09"
                   "frame,kp,x,y,j00,j01,j10,j11\n0,0,1,2,1,0,0,1\n0,1,3,2,1,0,0,1\n");
    fuzz_seed_text("\x0A"
                   "frame,kp,x,y,z\n0,0,1,2,3\n0,1,3,2,1\n");
    static const unsigned char npy[] = "\x0D\x93NUMPY\1\0\x40\0{'descr': '<f4', 'fortran_order': "
                                       "False, 'shape': (1, 1, 3), }  12345678";
    fuzz_seed(npy, sizeof npy - 1);
}
