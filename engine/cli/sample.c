/* SPDX-License-Identifier: MIT */
/* fmorph sample: made-up heads as files, so that a bare machine has something to morph. */
#include "sample.h"

#include "commands.h"
#include "interrupt.h"
#include "values.h"

#include "error.h"
#include "io/image.h"
#include "io/mesh_write.h"
#include "io/output.h"
#include "io/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PAIRS 1000
#define PATH_BYTES 1024

static const char help[] =
    "usage: fmorph sample -o DIR [options]\n"
    "\n"
    "Makes two heads of one topology with skins: DIR/head_a and DIR/head_b as .fbx, .obj, .png.\n"
    "Files of these names are replaced.\n"
    "\n"
    "  -o, --output DIR      where to (made when missing)\n"
    "      --vertices N      positions of a head, 500 to 2000000 (default 18024)\n"
    "      --texture N       edge of a skin in pixels, 64 to 8192 (default 2048)\n"
    "      --pairs N         more heads: head_a2, head_b2, ... up to N (default 1)\n"
    "      --seed N          other heads (default 1)\n" FMI_HELP_COMMON;

enum { ROW_OUTPUT = FMI_ARG_COMMON, ROW_VERTICES, ROW_TEXTURE, ROW_PAIRS, ROW_SEED };
static const fmi_option table[] = {{"output", 'o', FMI_OPTION_VALUE},
                                   {"vertices", 0, FMI_OPTION_VALUE},
                                   {"texture", 0, FMI_OPTION_VALUE},
                                   {"pairs", 0, FMI_OPTION_VALUE},
                                   {"seed", 0, FMI_OPTION_VALUE}};
static const char *const extensions[] = {"fbx", "obj", "mtl", "png"};
#define FILES 4

typedef struct sample_job {
    fmi_sample_params params;
    uint32_t pairs;
    const char *folder;
    fmi_output_dir work; /* everything is made here and moved when all of it is there */
} sample_job;

static fm_status read_job(sample_job *job, const fmi_args *args, fm_error *err) {
    job->pairs = 1;
    job->folder = args->value[ROW_OUTPUT];
    if (args->operands > 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "'%.60s': sample takes no arguments; see --help", args->operand[0]);
    if (job->folder == NULL || job->folder[0] == '\0' || strlen(job->folder) > PATH_BYTES - 128)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "sample: needs -o DIR, a folder for the heads; give one");
    fm_status status = fmi_args_uint(args, ROW_VERTICES, 500, 2000000, &job->params.vertices, err);
    if (status == FM_OK)
        status = fmi_args_uint(args, ROW_TEXTURE, 64, 8192, &job->params.texture, err);
    if (status == FM_OK)
        status = fmi_args_uint(args, ROW_PAIRS, 1, MAX_PAIRS, &job->pairs, err);
    if (status == FM_OK)
        status = fmi_args_uint(args, ROW_SEED, 1, UINT32_MAX, &job->params.seed, err);
    return status;
}

static void head_name(uint32_t identity, char out[24]) {
    char letter = identity % 2 == 0 ? 'a' : 'b';
    if (identity < 2)
        snprintf(out, 24, "head_%c", letter);
    else
        snprintf(out, 24, "head_%c%u", letter, identity / 2 + 1);
}

static fm_status write_skin(const fmi_sample_head *head, const char *path, fm_error *err) {
    fmi_bytes png = {0};
    const fm_image image = {.pixels = head->texture,
                            .width = head->texture_edge,
                            .height = head->texture_edge,
                            .channels = 3,
                            .row_bytes = head->texture_edge * 3};
    fm_status status = fmi_png_encode(&png, &image, err);
    if (status == FM_OK)
        status = fmi_output_write(path, png.data, png.size, err);
    fmi_bytes_free(&png);
    return status;
}

static fm_status write_head(const sample_job *job, const fmi_sample_head *head, const char *name,
                            fm_error *err) {
    char texture[32];
    char path[FILES][PATH_BYTES + 64];
    for (size_t i = 0; i < FILES; i++)
        snprintf(path[i], sizeof path[i], "%s/%s.%s", job->work.work_path, name, extensions[i]);
    snprintf(texture, sizeof texture, "%s.png", name);
    const fmi_mesh_out mesh = {.name = name,
                               .positions = head->positions,
                               .uvs = head->uvs,
                               .polygon_sizes = head->polygon_sizes,
                               .position_index = head->position_index,
                               .uv_index = head->uv_index,
                               .position_count = head->position_count,
                               .uv_count = head->uv_count,
                               .polygon_count = head->polygon_count,
                               .corner_count = head->corner_count,
                               .texture = texture};
    fm_status status = fmi_fbx_write(&mesh, path[0], err);
    if (status == FM_OK)
        status = fmi_obj_write(&mesh, path[1], err);
    if (status == FM_OK)
        status = write_skin(head, path[3], err);
    return status;
}

static fm_status make_head(const sample_job *job, uint32_t identity, fm_error *err) {
    fmi_sample_head head = {0};
    char name[24];
    head_name(identity, name);
    fm_status status = fmi_interrupt_check(err);
    if (status == FM_OK)
        status = fmi_sample_shape(&head, &job->params, identity, err);
    if (status == FM_OK)
        status = fmi_sample_texture(&head, &job->params, identity, err);
    if (status == FM_OK)
        status = write_head(job, &head, name, err);
    fmi_sample_free(&head);
    return status;
}

/* Where the i-th file of a head is made, and where it belongs. */
static void file_paths(const sample_job *job, uint32_t identity, size_t i,
                       char from[PATH_BYTES + 64], char to[PATH_BYTES + 64]) {
    char name[24];
    head_name(identity, name);
    snprintf(from, PATH_BYTES + 64, "%s/%s.%s", job->work.work_path, name, extensions[i]);
    snprintf(to, PATH_BYTES + 64, "%s/%s.%s", job->folder, name, extensions[i]);
}

/* Old files are replaced; a folder of that name is somebody else's work. */
static fm_status check_place(const char *to, fm_error *err) {
    struct stat st;
    if (lstat(to, &st) != 0 || S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
        return FM_OK;
    return fmi_fail(err, FM_ERROR_IO, "%s: is in the way and not a file; choose another -o", to);
}

/* Puts the files where they belong, up to the first that cannot be; moved: how many. Old files of
 * the same names change places with them. */
static fm_status move_files(const sample_job *job, uint32_t *moved, fm_error *err) {
    char from[PATH_BYTES + 64], to[PATH_BYTES + 64];
    for (*moved = 0; *moved < 2 * job->pairs * FILES; ++*moved) {
        file_paths(job, *moved / FILES, *moved % FILES, from, to);
        fm_status status = check_place(to, err);
        if (status != FM_OK)
            return status;
        if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) != 0 && rename(from, to) != 0)
            return fmi_fail(err, FM_ERROR_IO, "%s: cannot be put there: %s; choose another -o", to,
                            strerror(errno));
    }
    return FM_OK;
}

/* Old files come back, new ones go. */
static void move_back(const sample_job *job, uint32_t moved) {
    char from[PATH_BYTES + 64], to[PATH_BYTES + 64];
    for (uint32_t n = 0; n < moved; n++) {
        file_paths(job, n / FILES, n % FILES, from, to);
        if (rename(from, to) != 0)
            (void)unlink(to);
    }
}

static void print_files(const sample_job *job) {
    char from[PATH_BYTES + 64], to[PATH_BYTES + 64];
    for (uint32_t n = 0; n < 2 * job->pairs * FILES; n++) {
        file_paths(job, n / FILES, n % FILES, from, to);
        if (n % FILES != 2) /* the .mtl belongs to the .obj */
            printf("%s\n", to);
    }
}

static fm_status make_sample(sample_job *job, fm_error *err) {
    char work[PATH_BYTES];
    snprintf(work, sizeof work, "%s/.fmorph-sample", job->folder);
    fm_status status = fmi_output_dir_begin(&job->work, work, false, err);
    for (uint32_t i = 0; i < 2 * job->pairs && status == FM_OK; i++)
        status = make_head(job, i, err);
    uint32_t moved = 0;
    if (status == FM_OK)
        status = move_files(job, &moved, err);
    if (status != FM_OK)
        move_back(job, moved);
    fmi_output_dir_abort(&job->work); /* with old files; the folder of the heads stays with them */
    if (status != FM_OK)
        return status;
    print_files(job);
    return fmi_text_flush(err);
}

int fmi_cmd_sample(int argc, char **argv) {
    fmi_command command;
    sample_job job = {0};
    int code = 0;
    if (!fmi_command_begin(&command, table, sizeof table / sizeof table[0], help, argc, argv,
                           &code))
        return code;
    fmi_interrupt_install();
    fm_status status = read_job(&job, &command.args, &command.err);
    if (status == FM_OK)
        status = make_sample(&job, &command.err);
    if (status != FM_OK)
        code = fmi_console_fail(&command.console, &command.err);
    if (status == FM_ERROR_CANCELLED && fmi_interrupt_exit_code() != 0)
        code = fmi_interrupt_exit_code();
    fmi_command_end(&command);
    return code;
}
