/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "io/side_wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A whole answer of the importer. Its header's marks are made to fit. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int fd = -1;
    fmi_side side;
    fmi_wire wire;
    if (fd < 0)
        fd = memfd_create("answer", MFD_CLOEXEC);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    if (size >= sizeof wire) {
        memcpy(&wire, data, sizeof wire);
        wire.magic = FMI_WIRE_MAGIC;
        wire.header_bytes = sizeof wire;
        wire.status %= FM_ERROR_INTERNAL + 2U;
        if (pwrite(fd, &wire, sizeof wire, 0) != (ssize_t)sizeof wire)
            abort();
    }
    fm_status status = fmi_wire_read(fd, &side, "fuzz", NULL);
    fuzz_expect(status != FM_OK || side.blob, "a mesh with success");
    fmi_side_free(&side);
    return 0;
}

void fuzz_seeds(void) {
    static fmi_wire wire;
    wire.magic = FMI_WIRE_MAGIC;
    wire.header_bytes = sizeof wire;
    wire.status = FM_ERROR_BAD_INPUT;
    memcpy(wire.error.message, "x.obj: bad", 11);
    fuzz_seed(&wire, sizeof wire);
    wire.status = FM_OK;
    wire.width = wire.height = 1;
    wire.channels = 3;
    wire.pixel_bytes = 3;
    fuzz_seed(&wire, sizeof wire);
}
