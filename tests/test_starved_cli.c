/* SPDX-License-Identifier: MIT */
/* Without memory at any one place of ours: whole commands of fmorph, in this process, where models
 * are read as well. A failed one leaves nothing. */
#include "cli/commands.h"
#include "error.h"
#include "starve.h"

#include "io/npy.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

TestSuite(starved_cli, .timeout = 240);

#define WORDS 40

typedef struct job {
    int (*run)(int argc, char **argv);
    const char *output; /* below the folder: is there exactly when the command succeeded */
    int argc;
    char *argv[WORDS];
} job;

static char folder[FM_TEST_PATH];
static int null_fd = -1, own_stderr = -1;

static uint32_t entries(const char *path) {
    uint32_t count = 0;
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

static void erase(const char *path) {
    nftw(path, fm_test_unlink_, 16, FTW_DEPTH | FTW_PHYS);
}

static fm_status run_job(void *user, fm_error *err) {
    const job *j = user;
    char *argv[WORDS + 1], out[FM_TEST_PATH + 80], made[FM_TEST_PATH + 8];
    snprintf(made, sizeof made, "%s/made", folder);
    snprintf(out, sizeof out, "%s/%s", made, j->output ? j->output : "nothing");
    erase(made);
    cr_assert_eq(mkdirat(AT_FDCWD, made, 0777), 0); /* mkdir may fail here */
    for (int i = 0; i < j->argc; i++)
        argv[i] = j->argv[i];
    argv[j->argc] = NULL;
    fflush(NULL);
    dup2(null_fd, 1);
    dup2(null_fd, 2);
    const int code = j->run(j->argc, argv);
    fflush(NULL);
    dup2(own_stderr, 2);
    const bool there = access(out, F_OK) == 0;
    snprintf(err->message, sizeof err->message, "exit code %d", code);
    cr_assert_eq(entries(made), there ? 1U : 0U, "%s, code %d: something is left in %s", j->argv[0],
                 code, made);
    if (j->output)
        cr_assert_eq(there, code == 0, "%s, code %d: %s", j->argv[0], code, out);
    if (code == 0)
        return FM_OK;
    if (code == fmi_exit_code(FM_ERROR_HOST_MEMORY))
        return FM_ERROR_HOST_MEMORY;
    return code >= 3 && code <= 6 ? FM_ERROR_IO : FM_ERROR_INTERNAL; /* of a file or a device */
}

/* The words of a line; @ in a word is the folder. */
static void starve_line(int (*run)(int argc, char **argv), const char *line, const char *output,
                        uint32_t least) {
    static char text[WORDS][FM_TEST_PATH + 64], words[1024];
    job j = {.run = run, .output = output};
    snprintf(words, sizeof words, "%s --quiet", line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "), j.argc++) {
        if (word[0] == '@')
            snprintf(text[j.argc], sizeof text[0], "%s%s", folder, word + 1);
        else
            snprintf(text[j.argc], sizeof text[0], "%s", word);
        j.argv[j.argc] = text[j.argc];
    }
    null_fd = open("/dev/null", O_WRONLY);
    own_stderr = dup(2);
    uint32_t places = 0;
    for (int kind = STARVE_MEMORY; kind <= STARVE_OPENCL; kind++)
        places += starve_of((starve_kind)kind, run_job, &j);
    cr_assert_geq(places, least, "%s: only %u places", line, places);
}

Test(starved_cli, what_there_is) {
    fm_test_dir(folder, "facts");
    starve_line(fmi_cmd_devices, "devices --json", NULL, 2);
    starve_line(fmi_cmd_mem, "mem --json", NULL, 2);
}

Test(starved_cli, sample) {
    fm_test_dir(folder, "sample");
    starve_line(fmi_cmd_sample, "sample -o @/made/heads --vertices 500 --texture 64", "heads", 10);
}

Test(starved_cli, solve) {
    static const float a[2 * 4] = {1, 0, 0, 1, 2, 0, 0, 2};
    const fmi_npy_shape shape = {.kind = FMI_NPY_F4, .dims = 3, .size = {2, 2, 2}, .count = 8};
    char path[FM_TEST_PATH + 16];
    fm_error err;
    fm_test_dir(folder, "solve");
    snprintf(path, sizeof path, "%s/a.npy", folder);
    fm_assert_ok(fmi_npy_write(path, &shape, a, &err), err);
    starve_line(fmi_cmd_solve, "solve @/a.npy @/a.npy -o @/made/x.npy", "x.npy", 5);
}

static void write_clip(const char *name, int frames) {
    char path[FM_TEST_PATH + 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs("frame,kp,x,y,j00,j01,j10,j11\n", file);
    for (int f = 0; f < frames; f++)
        for (int k = 0; k < 10; k++)
            fprintf(file, "%d,%d,%.3f,%.3f,1,0.1,0.05,1.1\n", f, k, sin(k) + 0.01 * f,
                    cos(3.0 * k));
    cr_assert_eq(fclose(file), 0);
}

Test(starved_cli, keypoints) {
    fm_test_dir(folder, "keypoints");
    write_clip("source.csv", 1);
    write_clip("driving.csv", 3);
    starve_line(fmi_cmd_keypoints,
                "keypoints --model fomm --source @/source.csv --driving @/driving.csv -o "
                "@/made/out.npz",
                "out.npz", 10);
}

Test(starved_cli, morph) {
    fm_test_dir(folder, "morph");
    char words[][FM_TEST_PATH + 16] = {"sample", "-o",        "",   "--vertices",
                                       "500",    "--texture", "64", "--quiet"};
    char *argv[9] = {NULL};
    snprintf(words[2], sizeof words[2], "%s/heads", folder);
    for (int i = 0; i < 8; i++)
        argv[i] = words[i];
    cr_assert_eq(fmi_cmd_sample(8, argv), 0);
    starve_line(fmi_cmd_morph,
                "morph @/heads/head_a.obj @/heads/head_b.obj --minimal --frames 2 --size 32 -o "
                "@/made/out",
                "out", 40);
}
