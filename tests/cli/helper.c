/* SPDX-License-Identifier: MIT */
/**
 * What the shell tests cannot do themselves:
 *
 *     helper get FILE a.b.0      the value at a path of a JSON file; "null", "true", numbers, text
 *     helper sql FILE STATEMENTS runs them on a result store
 *     helper run FILE            checks a run.json against the contract, key by key
 *     helper pixels FILE         the pixels of a picture as plain bytes on stdout
 *     helper video FILE PNG..    "h264 yuv420p 512x512 30/1 41 38.2": the video, its frames, and
 *                                the lowest PSNR against the pictures; fails when a frame is
 *                                nearer to another picture, or the file is not as it should be
 */
#include "io/image.h"

#include "video_probe.h"

#include <jansson.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static json_t *load(const char *path) {
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
    return root;
}

static const json_t *find(const json_t *at, const char *path) {
    char part[64];
    while (at != NULL && path[0] != '\0') {
        size_t n = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part)) : json_object_get(at, part);
        path += n + (path[n] == '.');
    }
    return at;
}

static int get(const char *file, const char *path) {
    json_t *root = load(file);
    const json_t *value = find(root, path);
    if (json_is_string(value))
        printf("%s\n", json_string_value(value));
    else if (value != NULL)
        json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT), printf("\n");
    else
        fprintf(stderr, "%s: no %s\n", file, path);
    json_decref(root);
    return value != NULL ? 0 : 1;
}

/* Letters: s string, i integer >= 0, n number, o object, a array, 0 null. */
static bool has_type(const json_t *value, const char *types) {
    for (; *types != '\0'; types++) {
        if ((*types == 's' && json_is_string(value)) ||
            (*types == 'i' && json_is_integer(value) && json_integer_value(value) >= 0) ||
            (*types == 'n' && json_is_number(value)) || (*types == 'o' && json_is_object(value)) ||
            (*types == 'a' && json_is_array(value)) || (*types == '0' && json_is_null(value)))
            return true;
    }
    return false;
}

static const struct {
    const char *path, *types;
} keys[] = {
    {"schema", "s"},
    {"version", "s"},
    {"started", "s"},
    {"device.name", "s"},
    {"device.platform", "s"},
    {"device.driver", "s"},
    {"device.id", "s"},
    {"inputs.a.path", "s"},
    {"inputs.a.positions", "i"},
    {"inputs.a.vertices", "i"},
    {"inputs.a.uvs", "i"},
    {"inputs.a.triangles", "i"},
    {"inputs.a.texture", "a0"},
    {"inputs.a.reason", "s0"},
    {"inputs.b.path", "s"},
    {"inputs.b.positions", "i"},
    {"inputs.b.vertices", "i"},
    {"inputs.b.uvs", "i"},
    {"inputs.b.triangles", "i"},
    {"inputs.b.texture", "a0"},
    {"inputs.b.reason", "s0"},
    {"align", "s"},
    {"level", "s"},
    {"precision", "s"},
    {"frames", "i"},
    {"size.0", "i"},
    {"size.1", "i"},
    {"specialisation", "s"},
    {"applied", "a"},
    {"covered_fraction", "n0"},
    {"filled_texels", "i"},
    {"clipped_pixels", "i0"},
    {"plan.batch", "i"},
    {"plan.bytes_fixed", "i"},
    {"plan.bytes_per_frame", "i"},
    {"plan.budget_bytes", "i"},
    {"plan.limited_by", "s"},
    {"memory.planned_bytes", "i"},
    {"memory.peak_bytes", "i"},
    {"memory.parts.0.name", "s"},
    {"memory.parts.0.bytes", "i"},
    {"recoveries", "a"},
    {"batches", "a"},
    {"transfers.to_device.count", "i"},
    {"transfers.to_device.bytes", "i"},
    {"transfers.from_device.count", "i"},
    {"transfers.from_device.bytes", "i"},
    {"transfers.in_frame_loop.to_device_bytes", "i"},
    {"transfers.ahead.for_next_pair.bytes", "i"},
    {"transfers.ahead.by_previous_pair.bytes", "i"},
    {"seconds.total", "n"},
    {"seconds.unattributed", "n"},
    {"seconds.first_launch", "n0"},
    {"seconds.stages.0.name", "s"},
    {"seconds.stages.0.start", "n"},
    {"seconds.stages.0.wall", "n"},
    {"seconds.stages.0.exclusive", "n"},
    {"seconds.stages.0.device", "n0"},
    {"statistics", "o0"},
    {"outputs", "a"},
};

static int check_keys(const json_t *root) {
    int bad = 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = find(root, keys[i].path);
        if (value != NULL && has_type(value, keys[i].types))
            continue;
        printf("%s: %s\n", keys[i].path, value == NULL ? "missing" : "wrong type");
        bad++;
    }
    return bad;
}

/* exclusive + unattributed = total, and unattributed stays below 5 %. */
static int check_seconds(const json_t *root) {
    double total = json_number_value(find(root, "seconds.total"));
    double rest = json_number_value(find(root, "seconds.unattributed"));
    double sum = rest;
    size_t i = 0;
    const json_t *stage = NULL;
    const json_t *stages = find(root, "seconds.stages");
    json_array_foreach(stages, i, stage) {
        double exclusive = json_number_value(find(stage, "exclusive"));
        double start = json_number_value(find(stage, "start"));
        double wall = json_number_value(find(stage, "wall"));
        sum += exclusive;
        if (exclusive < 0.0 || start < 0.0 || start + wall > total + 1e-6) {
            printf("stage %zu lies outside the run\n", i);
            return 1;
        }
    }
    if (sum - total > 1e-6 || total - sum > 1e-6) {
        printf("stages and the rest make %.6f s of %.6f s\n", sum, total);
        return 1;
    }
    if (rest > 0.05 * total)
        printf("%.6f s of %.6f s are not attributed\n", rest, total);
    return rest > 0.05 * total;
}

static int check_frames(const json_t *root) {
    json_int_t frames = 0;
    size_t i = 0;
    const json_t *batch = NULL;
    const json_t *batches = find(root, "batches");
    json_array_foreach(batches, i, batch) frames += json_integer_value(find(batch, "frames"));
    if (frames == json_integer_value(find(root, "frames")))
        return 0;
    printf("the batches hold %lld frames\n", (long long)frames);
    return 1;
}

/* The parts of the memory make what was planned. */
static int check_memory(const json_t *root) {
    json_int_t sum = 0;
    size_t i = 0;
    const json_t *part = NULL;
    const json_t *parts = find(root, "memory.parts");
    json_array_foreach(parts, i, part) sum += json_integer_value(find(part, "bytes"));
    if (sum == json_integer_value(find(root, "memory.planned_bytes")))
        return 0;
    printf("the parts of the memory make %lld bytes\n", (long long)sum);
    return 1;
}

static int check_run(const char *file) {
    json_t *root = load(file);
    if (root == NULL)
        return 1;
    int bad = check_keys(root);
    if (bad == 0)
        bad = check_seconds(root) + check_frames(root) + check_memory(root);
    json_decref(root);
    return bad != 0;
}

static int pixels(const char *file) {
    fmi_image image = {0};
    fm_error err;
    if (fmi_image_load(&image, file, &err) != FM_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    size_t row = (size_t)image.view.width * image.view.channels;
    for (uint32_t y = 0; y < image.view.height; y++)
        fwrite(image.view.pixels + (size_t)y * image.view.row_bytes, 1, row, stdout);
    fmi_image_free(&image);
    return fflush(stdout) == 0 ? 0 : 1;
}

#ifdef FM_TEST_VIDEO
/* PSNR of a frame against a picture, both from the top left corner of the smaller one. */
static double against(const video_probe *probe, uint32_t frame, const fm_image *image) {
    size_t bytes = (size_t)probe->width * (size_t)probe->height * 3;
    const uint8_t *rgb = probe->rgb + frame * bytes;
    double mse = 0.0;
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *a = rgb + (size_t)y * (size_t)probe->width * 3;
        const uint8_t *b = image->pixels + (size_t)y * image->row_bytes;
        double psnr = video_psnr(a, b, (uint64_t)image->width * 3);
        mse += psnr >= 99.0 ? 0.0 : pow(10.0, -psnr / 10.0);
    }
    return mse > 0.0 ? -10.0 * log10(mse / image->height) : 99.0;
}

/* Frame i must be picture i: nearer to it than to the pictures beside it. */
static bool in_order(const video_probe *probe, char *const *files, double *lowest) {
    bool ok = true;
    *lowest = 99.0;
    for (uint32_t i = 0; i < probe->frames && ok; i++) {
        double psnr[3] = {0.0, 0.0, 0.0};
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t at = i + k - 1;
            fmi_image image = {0};
            if (at >= probe->frames || fmi_image_load(&image, files[at], NULL) != FM_OK)
                continue;
            psnr[k] = against(probe, i, &image.view);
            fmi_image_free(&image);
        }
        *lowest = psnr[1] < *lowest ? psnr[1] : *lowest;
        ok = psnr[1] > psnr[0] && psnr[1] > psnr[2];
        if (!ok)
            fprintf(stderr, "frame %u: %.2f dB to its picture, %.2f and %.2f to those beside it\n",
                    i, psnr[1], psnr[0], psnr[2]);
    }
    return ok;
}

static int video(const char *file, char *const *files, uint32_t count) {
    video_probe probe;
    double lowest = 0.0;
    if (!video_probe_read(&probe, file, count)) {
        fprintf(stderr, "%s: cannot be decoded\n", file);
        return 1;
    }
    bool ok = probe.frames == count && probe.even_times && probe.faststart &&
              strcmp(probe.tags, "tv bt709 bt709 bt709") == 0 && in_order(&probe, files, &lowest);
    printf("%s %s %dx%d %d/%d %u %.1f\n", probe.codec, probe.format, probe.width, probe.height,
           probe.rate_num, probe.rate_den, probe.frames, lowest);
    free(probe.rgb);
    return ok ? 0 : 1;
}
#else
static int video(const char *file, char *const *files, uint32_t count) {
    fprintf(stderr, "%s, %s, %u: no video in this build\n", file, files[0], count);
    return 77;
}
#endif

/* Runs statements on a store, which are to make it one that no fmbench has written. */
static int sql(const char *path, const char *statements) {
    sqlite3 *db = NULL;
    char *message = NULL;
    bool done = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
                sqlite3_exec(db, statements, NULL, NULL, &message) == SQLITE_OK;
    if (!done)
        fprintf(stderr, "%s: %s\n", path, message ? message : sqlite3_errmsg(db));
    sqlite3_free(message);
    (void)sqlite3_close(db);
    return done ? 0 : 1;
}

/* The command's stdout is a pipe whose other owner set it to return at once when it is full; it is
 * read after a while. Prints the bytes that came; the command's exit code. */
static int nonblock(char **words) {
    char block[1 << 14];
    size_t bytes = 0;
    int ends[2], result = 0;
    if (pipe2(ends, O_CLOEXEC) != 0 ||
        fcntl(ends[1], F_SETFL, fcntl(ends[1], F_GETFL) | O_NONBLOCK) != 0)
        return 125;
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execv(words[0], words);
        _exit(125);
    }
    (void)close(ends[1]);
    sleep(1);
    for (ssize_t n = 1; n > 0; bytes += n > 0 ? (size_t)n : 0)
        n = read(ends[0], block, sizeof block);
    if (child < 0 || waitpid(child, &result, 0) != child)
        return 125;
    printf("%zu\n", bytes);
    return WIFEXITED(result) ? WEXITSTATUS(result) : 126;
}

int main(int argc, char **argv) {
    if (argc >= 4 && strcmp(argv[1], "video") == 0)
        return video(argv[2], argv + 3, (uint32_t)argc - 3);
    if (argc == 4 && strcmp(argv[1], "get") == 0)
        return get(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "sql") == 0)
        return sql(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "run") == 0)
        return check_run(argv[2]);
    if (argc >= 3 && strcmp(argv[1], "nonblock") == 0)
        return nonblock(argv + 2);
    if (argc == 3 && strcmp(argv[1], "pixels") == 0)
        return pixels(argv[2]);
    fprintf(stderr, "usage: helper get FILE PATH | sql FILE STATEMENTS | run FILE | pixels FILE | "
                    "nonblock PROGRAM WORDS..\n");
    return 2;
}
