/* SPDX-License-Identifier: MIT */
/* The importer's answer: what is sent arrives, and nothing that was tampered with does. */
#include "fm_test.h"
#include "import_files.h"

#include "io/side_wire.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

TestSuite(wire, .timeout = 60);

/* A triangle with a texture of 3 x 2 whose rows have room behind them. */
static fmi_side made_side(void) {
    enum { WIDTH = 3, HEIGHT = 2, ROW = 16 };
    static const char text[] = "v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\n"
                               "f 1/1 2/2 3/3\n";
    char folder[FM_TEST_PATH], path[FM_TEST_PATH];
    fmi_side side = {0};
    fm_error err;
    fm_test_dir(folder, "wire");
    put_text(path, folder, "one.obj", text);
    fm_assert_ok(fmi_side_load(&side, path, NULL, NULL, &err), err);
    side.texture.storage = calloc(HEIGHT, ROW);
    cr_assert_not_null(side.texture.storage);
    unsigned char *pixels = side.texture.storage;
    for (int i = 0; i < HEIGHT * ROW; i++)
        pixels[i] = (unsigned char)(i + 1);
    side.texture.view = (fm_image){
        .pixels = pixels, .width = WIDTH, .height = HEIGHT, .channels = 3, .row_bytes = ROW};
    strcpy(side.texture_path, "one.png");
    strcpy(side.reason, "because");
    return side;
}

static int answer_file(void) {
    const int fd = memfd_create("answer", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    return fd;
}

static void expect_same_mesh(const fmi_side *got, const fmi_side *sent) {
    cr_assert_eq(got->blob->total_bytes, sent->blob->total_bytes);
    cr_assert_arr_eq(got->blob, sent->blob, sent->blob->total_bytes);
    cr_assert_eq(got->mesh.polygon_count, 1U);
    cr_assert_str_eq(got->texture_path, sent->texture_path);
    cr_assert_str_eq(got->reason, sent->reason);
}

Test(wire, a_side_arrives_as_it_was_with_its_rows_packed) {
    fmi_side sent = made_side(), got;
    fm_error err;
    const int fd = answer_file();
    cr_assert(fmi_wire_write(fd, &sent, FM_OK, NULL));
    fm_assert_ok(fmi_wire_read(fd, &got, "one.obj", &err), err);
    expect_same_mesh(&got, &sent);
    const fm_image *image = &got.texture.view;
    cr_assert_eq(image->width, 3U);
    cr_assert_eq(image->height, 2U);
    cr_assert_eq(image->row_bytes, 9U);
    for (uint32_t y = 0; y < 2; y++)
        cr_assert_arr_eq(image->pixels + 9 * y, sent.texture.view.pixels + 16 * y, 9U, "row %u", y);
    fmi_side_free(&got);
    fmi_side_free(&sent);
    close(fd);
}

Test(wire, a_side_without_a_texture_has_none) {
    fmi_side sent = made_side(), got;
    fm_error err;
    fmi_image_free(&sent.texture);
    const int fd = answer_file();
    cr_assert(fmi_wire_write(fd, &sent, FM_OK, NULL));
    fm_assert_ok(fmi_wire_read(fd, &got, "one.obj", &err), err);
    expect_same_mesh(&got, &sent);
    cr_assert_null(got.texture.view.pixels);
    fmi_side_free(&got);
    fmi_side_free(&sent);
    close(fd);
}

Test(wire, a_failure_arrives_with_its_words_made_harmless) {
    fm_error sent = {.status = FM_ERROR_LIMIT}, err;
    fmi_side got;
    strcpy(sent.message, "one.obj: too much\033[2J");
    int fd = answer_file();
    cr_assert(fmi_wire_write(fd, NULL, FM_ERROR_LIMIT, &sent));
    fm_assert_fails(fmi_wire_read(fd, &got, "one.obj", &err), FM_ERROR_LIMIT, err,
                    "one.obj: too much\\x1B[2J");
    cr_assert_null(got.blob);
    close(fd);
    sent.message[0] = '\0';
    fd = answer_file();
    cr_assert(fmi_wire_write(fd, NULL, FM_ERROR_LIMIT, &sent));
    fm_assert_fails(fmi_wire_read(fd, &got, "one.obj", &err), FM_ERROR_BAD_INPUT, err,
                    "one.obj: the importer failed without a word");
    close(fd);
}

Test(wire, an_answer_that_cannot_be_written_is_told) {
    fmi_side sent = made_side();
    fm_error story = {.status = FM_ERROR_LIMIT};
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    cr_assert_geq(full, 0);
    cr_assert_not(fmi_wire_write(full, &sent, FM_OK, NULL));
    cr_assert_not(fmi_wire_write(full, &sent, FM_ERROR_LIMIT, &story));
    close(full);
    fmi_side_free(&sent);
}

/* ---- answers that nobody honest gives ---- */

typedef struct damage {
    const char *said; /* what the message has to hold */
    size_t offset, bytes;
    uint64_t value;
} damage;

#define AT(member, value) offsetof(fmi_wire, member), sizeof((fmi_wire *)0)->member, value

static const damage damages[] = {
    {"no header", AT(magic, 7)},
    {"no header", AT(header_bytes, sizeof(fmi_wire) - 8)},
    {"an unknown status", AT(status, FM_ERROR_INTERNAL + 1U)},
    {"sizes that do not fit", AT(blob_bytes, UINT64_MAX)},
    {"sizes that do not fit", AT(blob_bytes, UINT64_MAX - sizeof(fmi_wire) + 1)},
    {"sizes that do not fit", AT(blob_bytes, 0)},
    {"sizes that do not fit", AT(pixel_bytes, UINT64_MAX)},
    {"sizes that do not fit", AT(pixel_bytes, 17)},
    {"a picture of impossible size", AT(width, 0)},
    {"a picture of impossible size", AT(width, FMI_IMAGE_MAX_EDGE + 1)},
    {"a picture of impossible size", AT(height, 0)},
    {"a picture of impossible size", AT(height, UINT32_MAX)},
    {"a picture of impossible size", AT(channels, 2)},
    {"a picture of impossible size", AT(channels, 5)},
    {"a picture of impossible size", AT(width, 4)},
    {"a text without an end", AT(error.frame_count, FM_ERROR_FRAMES + 1)},
};

/* The answer of made_side, with one member changed. */
static int damaged_answer(const fmi_side *side, const damage *d) {
    const int fd = answer_file();
    cr_assert(fmi_wire_write(fd, side, FM_OK, NULL));
    cr_assert_eq(pwrite(fd, &d->value, d->bytes, (off_t)d->offset), (ssize_t)d->bytes);
    return fd;
}

static void expect_refused(int fd, const char *said) {
    fmi_side got;
    fm_error err;
    fm_assert_fails(fmi_wire_read(fd, &got, "one.obj", &err), FM_ERROR_BAD_INPUT, err, said);
    cr_assert_null(got.blob);
    cr_assert_null(got.texture.storage);
    close(fd);
}

Test(wire, a_lying_header_is_refused) {
    fmi_side sent = made_side();
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        expect_refused(damaged_answer(&sent, &damages[i]), damages[i].said);
    fmi_side_free(&sent);
}

Test(wire, a_text_without_an_end_is_refused) {
    static const struct {
        size_t offset, bytes;
    } texts[] = {{offsetof(fmi_wire, texture_path), sizeof((fmi_wire *)0)->texture_path},
                 {offsetof(fmi_wire, reason), sizeof((fmi_wire *)0)->reason},
                 {offsetof(fmi_wire, error.message), FM_ERROR_MESSAGE_BYTES},
                 {offsetof(fmi_wire, error.frames), FM_ERROR_FRAME_BYTES}};
    static const damage one_frame = {"", AT(error.frame_count, 1)};
    fmi_side sent = made_side();
    char word[FM_ERROR_MESSAGE_BYTES > 1024 ? FM_ERROR_MESSAGE_BYTES : 1024];
    memset(word, 'x', sizeof word);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const int fd = damaged_answer(&sent, &one_frame);
        cr_assert_eq(pwrite(fd, word, texts[i].bytes, (off_t)texts[i].offset),
                     (ssize_t)texts[i].bytes);
        expect_refused(fd, "a text without an end");
    }
    fmi_side_free(&sent);
}

Test(wire, a_mesh_that_was_changed_on_the_way_is_refused) {
    fmi_side sent = made_side();
    const int fd = answer_file();
    const unsigned char other = 0x5A;
    cr_assert(fmi_wire_write(fd, &sent, FM_OK, NULL));
    cr_assert_eq(pwrite(fd, &other, 1, sizeof(fmi_wire) + sizeof(fmi_blob) + 2), 1);
    expect_refused(fd, "one.obj");
    fmi_side_free(&sent);
}

Test(wire, answers_that_end_anywhere_are_refused) {
    fmi_side sent = made_side();
    const int fd = answer_file();
    fmi_side got;
    fm_error err;
    cr_assert(fmi_wire_write(fd, &sent, FM_OK, NULL));
    for (off_t bytes = lseek(fd, 0, SEEK_CUR) - 1; bytes >= 0; bytes -= 37) {
        cr_assert_eq(ftruncate(fd, bytes), 0);
        fm_assert_fails(fmi_wire_read(fd, &got, "one.obj", &err), FM_ERROR_BAD_INPUT, err,
                        bytes < (off_t)sizeof(fmi_wire) ? "gave no answer" : "do not fit");
    }
    close(fd);
    fm_assert_fails(fmi_wire_read(fd, &got, "one.obj", &err), FM_ERROR_BAD_INPUT, err,
                    "gave no answer");
    fmi_side_free(&sent);
}
