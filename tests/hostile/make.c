/* SPDX-License-Identifier: MIT */
/* Files of every row: the good ones, and the bytes of pictures and arrays. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

FILE *hostile_open(const char *name) {
    FILE *f = fopen(name, "wbe");
    cr_assert_not_null(f, "%s cannot be made", name);
    return f;
}

void hostile_write(const char *name, const void *bytes, size_t count) {
    FILE *f = hostile_open(name);
    cr_assert_eq(fwrite(bytes, 1, count, f), count);
    cr_assert_eq(fclose(f), 0);
}

void hostile_text(const char *name, const char *text) {
    hostile_write(name, text, strlen(text));
}

void hostile_number(FILE *f, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        fputc((int)(value >> (8 * i) & 255), f);
}

void hostile_big(FILE *f, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(value >> shift & 255), f);
}

/* ---- PNG ---- */

void hostile_png_chunk(FILE *f, const char *type, const void *bytes, size_t count) {
    uLong crc = crc32(0, (const Bytef *)type, 4);
    if (count > 0)
        crc = crc32(crc, bytes, (uInt)count);
    hostile_big(f, (uint32_t)count);
    fwrite(type, 1, 4, f);
    fwrite(bytes, 1, count, f);
    hostile_big(f, (uint32_t)crc);
}

void hostile_png_begin(FILE *f, uint32_t width, uint32_t height, int depth, int colour,
                       int interlace) {
    const unsigned char head[13] = {(unsigned char)(width >> 24),
                                    (unsigned char)(width >> 16),
                                    (unsigned char)(width >> 8),
                                    (unsigned char)width,
                                    (unsigned char)(height >> 24),
                                    (unsigned char)(height >> 16),
                                    (unsigned char)(height >> 8),
                                    (unsigned char)height,
                                    (unsigned char)depth,
                                    (unsigned char)colour,
                                    0,
                                    0,
                                    (unsigned char)interlace};
    fwrite("\x89PNG\r\n\x1A\n", 1, 8, f);
    hostile_png_chunk(f, "IHDR", head, sizeof head);
}

void hostile_png_pixels(FILE *f, const void *raw, size_t count) {
    uLongf bytes = compressBound((uLong)count);
    unsigned char *deflated = malloc(bytes);
    cr_assert_eq(compress2(deflated, &bytes, raw, (uLong)count, 9), Z_OK);
    hostile_png_chunk(f, "IDAT", deflated, bytes);
    free(deflated);
}

void hostile_png(const char *name, uint32_t width, uint32_t height, int depth, int colour,
                 int interlace, const void *raw, size_t count) {
    FILE *f = hostile_open(name);
    hostile_png_begin(f, width, height, depth, colour, interlace);
    hostile_png_pixels(f, raw, count);
    hostile_png_chunk(f, "IEND", "", 0);
    fclose(f);
}

/* ---- NPY ---- */

void hostile_npy(const char *name, const char *dictionary, size_t count) {
    FILE *f = hostile_open(name);
    size_t length = strlen(dictionary);
    fwrite("\x93NUMPY\x01\x00", 1, 8, f);
    hostile_number(f, length, 2);
    fwrite(dictionary, 1, length, f);
    for (size_t i = 0; i < count; i++)
        fputc("\0\0\x80\x3F"[i % 4], f);
    fclose(f);
}

/* ---- what every row finds ---- */

static const char head_format[] = "mtllib skin.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 %d\nv 0 1 0\n"
                                  "vt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nusemtl skin\n"
                                  "f 1/1 2/2 3/3\nf 1/1 3/3 4/4\n";

void hostile_good_files(void) {
    static const unsigned char pixels[] = {0, 200, 150, 120, 90,  60,  50,
                                           0, 10,  20,  30,  250, 240, 230};
    const float ones[] = {2, 0, 0, 3}, right[] = {1, 1};
    for (int i = 0; i < 2; i++) {
        FILE *f = hostile_open(i == 0 ? "a.obj" : "b.obj");
        fprintf(f, head_format, i);
        fclose(f);
    }
    hostile_text("skin.mtl", "newmtl skin\nmap_Kd skin.png\n");
    hostile_png("skin.png", 2, 2, 8, 2, 0, pixels, sizeof pixels);
    hostile_text("s.csv", "frame,kp,x,y,j00,j01,j10,j11\n0,0,1,2,1,0,0,1\n0,1,3,2,1,0,0,1\n"
                          "0,2,3,5,1,0,0,1\n");
    hostile_text("w.csv", "b\n0\n0.5\n1\n");
    hostile_npy("m.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 2), }\n",
                sizeof ones);
    hostile_npy("r.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 1), }\n",
                sizeof right);
}

void hostile_copy_tree(const char *from, const char *to) {
    struct dirent **entries = NULL;
    cr_assert(mkdir(to, 0700) == 0, "%s", to);
    int count = scandir(from, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        char source[PATH_MAX], target[PATH_MAX];
        struct stat info;
        snprintf(source, sizeof source, "%s/%s", from, entries[i]->d_name);
        snprintf(target, sizeof target, "%s/%s", to, entries[i]->d_name);
        bool real = strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0;
        if (real && stat(source, &info) == 0 && S_ISDIR(info.st_mode))
            hostile_copy_tree(source, target);
        else if (real && link(source, target) != 0)
            continue; /* gone meanwhile */
        free(entries[i]);
    }
    free(entries);
}
