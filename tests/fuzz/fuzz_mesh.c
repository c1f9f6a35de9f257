/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "io/import_guard.h"

#include <stdlib.h>
#include <string.h>

/* The strict look at mesh files before Assimp sees them. The first byte chooses the format. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"x.obj", "x.fbx", "x.gltf", "x.glb", "x.ply"};
    fm_error err = {0};
    if (size < 2)
        return 0;
    unsigned char *text = malloc(size); /* ends with a zero byte, as files in memory do */
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    fm_status status = fmi_import_guard(text, size - 1, names[data[0] % 5], &err);
    fuzz_expect(status == FM_OK || err.message[0] != '\0', "a refusal says why");
    free(text);
    return 0;
}

void fuzz_seeds(void) {
    static const unsigned char binary[] =
        "\1Kaydara FBX Binary  \0\x1A\0\xE8\x1C\0\0" /* version 7400 */
        "\x60\0\0\0\1\0\0\0\x13\0\0\0\x08Vertices"
        "d\6\0\0\0\0\0\0\0\x06\0\0\0abcdef"
        "\x90\0\0\0\1\0\0\0\x19\0\0\0\x12PolygonVertexIndex"
        "i\3\0\0\0\0\0\0\0\x0C\0\0\0\0\0\0\0\1\0\0\0\xFD\xFF\xFF\xFF";
    fuzz_seed_text(
        "\5v 0 0 0\nv 1.5e-3 +.5 -2.\nvt 0 1\nvn 0 0 1\nf 1/1/1 -1//1 2\\\n\ng a\nusemtl b\n");
    fuzz_seed_text(
        "\6; FBX 7.4.0\nFBXVersion: 7400\nObjects: {\n Geometry: 1 {\n  Vertices: *6 {\n   a: "
        "0,0,0,1,1,1\n }\n PolygonVertexIndex: *3 {\n  a: 0,1,-1\n } } }\n");
    fuzz_seed(binary, sizeof binary - 1);
    fuzz_seed_text("\2{\"asset\":{\"version\":\"2.0\"},\"byteOffset\": 12,\"a\":[[{}]]}");
    fuzz_seed("\3glTF\2\0\0\0\x16\0\0\0\2\0\0\0JSON{}", 23);
    fuzz_seed_text("\4ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\n"
                   "property float z\nelement face 1\nproperty list uchar int vertex_index\n"
                   "end_header\n0 .5 -1e3\n1 0\n");
    fuzz_seed_text("\4ply\nformat binary_big_endian 1.0\nelement tag 2\nproperty short a\n"
                   "property list uchar ushort b\nend_header\nab\1cdef\2ghij");
}
