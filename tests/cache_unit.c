/* SPDX-License-Identifier: MIT */
#include "cache_unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

bool find_entry(const char *dir, char path[PATH_ROOM]) {
    int found = 0;
    DIR *folder = opendir(dir);
    if (!folder)
        return false;
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        cr_assert_null(strstr(e->d_name, ".tmp"), "%s was left behind", e->d_name);
        if (strstr(e->d_name, ".fmbin")) {
            snprintf(path, PATH_ROOM, "%s/%s", dir, e->d_name);
            found++;
        }
    }
    closedir(folder);
    cr_assert_leq(found, 1, "%d entries", found);
    return found == 1;
}

static void write_at(const char *path, off_t at, const void *data, size_t bytes) {
    int fd = open(path, O_WRONLY);
    cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
    cr_assert_eq(pwrite(fd, data, bytes, at), (ssize_t)bytes);
    close(fd);
}

void flip_at(const char *path, off_t at) {
    unsigned char byte = 0;
    int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

off_t size_of(const char *path) {
    struct stat info;
    cr_assert_eq(stat(path, &info), 0, "%s", path);
    return info.st_size;
}

static void empty_file(const char *path) {
    cr_assert_eq(truncate(path, 0), 0);
}
static void cut_in_header(const char *path) {
    cr_assert_eq(truncate(path, HEADER_BYTES - 1), 0);
}
static void cut_after_header(const char *path) {
    cr_assert_eq(truncate(path, HEADER_BYTES), 0);
}
static void cut_last_byte(const char *path) {
    cr_assert_eq(truncate(path, size_of(path) - 1), 0);
}
static void one_byte_more(const char *path) {
    write_at(path, size_of(path), "x", 1);
}
static void first_payload_byte(const char *path) {
    flip_at(path, HEADER_BYTES);
}
static void last_payload_byte(const char *path) {
    flip_at(path, size_of(path) - 1);
}
static void wrong_magic(const char *path) {
    flip_at(path, 0);
}
static void old_version(const char *path) {
    const uint32_t version = 0;
    write_at(path, 8, &version, sizeof version);
}
static void other_device(const char *path) {
    flip_at(path, 16); /* key digest: what a renamed entry of another device looks like */
}
static void huge_length(const char *path) {
    const uint64_t bytes = UINT64_MAX - HEADER_BYTES + 1;
    write_at(path, 32, &bytes, sizeof bytes);
}
static void zeroed(const char *path) {
    off_t bytes = size_of(path);
    cr_assert_eq(truncate(path, 0), 0);
    cr_assert_eq(truncate(path, bytes), 0);
}
static void symbolic_link(const char *path) {
    char target[PATH_ROOM + 8];
    snprintf(target, sizeof target, "%s.real", path);
    char *suffix = strstr(target, ".fmbin.real"); /* not to be found as an entry */
    memcpy(suffix, ".target", 8);
    (void)unlink(target);
    cr_assert_eq(rename(path, target), 0);
    cr_assert_eq(symlink(target, path), 0);
}
static void link_to_itself(const char *path) {
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(symlink(path, path), 0);
}
static void empty_folder(const char *path) {
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkdir(path, 0700), 0);
}
static void full_folder(const char *path) {
    char inside[PATH_ROOM + 8];
    empty_folder(path);
    snprintf(inside, sizeof inside, "%s/x", path);
    cr_assert_eq(mkdir(inside, 0700), 0);
}
static void named_pipe(const char *path) {
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
}
static void others_may_write(const char *path) {
    cr_assert_eq(chmod(path, 0666), 0);
}
static void other_owner(const char *path) {
    if (geteuid() != 0 || chown(path, 65534, (gid_t)-1) != 0)
        others_may_write(path); /* only root can give a file away */
}

const struct damage damages[] = {
    {"empty file", empty_file, "too short", false},
    {"cut in the header", cut_in_header, "too short", false},
    {"cut after the header", cut_after_header, "too short", false},
    {"last byte cut", cut_last_byte, "wrong length", false},
    {"one byte more", one_byte_more, "wrong length", false},
    {"first payload byte", first_payload_byte, "damaged", false},
    {"last payload byte", last_payload_byte, "damaged", false},
    {"wrong magic", wrong_magic, "not a kernel binary", false},
    {"old version", old_version, "another format version", false},
    {"other device", other_device, "another device", false},
    {"huge length", huge_length, "wrong length", false},
    {"zeroed", zeroed, "not a kernel binary", false},
    {"symbolic link", symbolic_link, "symbolic link", false},
    {"link to itself", link_to_itself, "symbolic link", false},
    {"empty folder", empty_folder, "not a regular file", false},
    {"full folder", full_folder, "not a regular file", true},
    {"named pipe", named_pipe, "not a regular file", false},
    {"others may write", others_may_write, "others may have written", false},
    {"other owner", other_owner, "others may have written", false},
};
const size_t damage_count = sizeof damages / sizeof damages[0];

const fmi_cache_key some_key = {.text = "text",
                                .options = "-O",
                                .device = "device",
                                .driver = "1.0",
                                .platform = "platform",
                                .version = "0"};

bool holds(const char *dir, const fmi_cache_key *key, const void *want, size_t want_bytes,
           const fm_log *log) {
    size_t bytes = 77;
    unsigned char *got = fmi_cache_load(dir, key, &bytes, log);
    bool same = got && bytes == want_bytes && memcmp(got, want, bytes) == 0;
    cr_assert(same || !got, "a wrong binary came back");
    cr_assert(got || bytes == 0);
    free(got);
    return same;
}
