/* SPDX-License-Identifier: MIT */
#include "confine_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(FM_HAVE_LANDLOCK)
#include <linux/landlock.h>

#define READ_FILES LANDLOCK_ACCESS_FS_READ_FILE
#define READ_ALL (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* The ruleset's head in Landlock's sixth version: the kernel may be newer than the headers here. */
typedef struct ruleset_head {
    uint64_t files, network, scopes;
} ruleset_head;

static uint64_t bits(int count) {
    return (UINT64_C(1) << count) - 1;
}

/* All that a version of Landlock knows is forbidden but where it is allowed. An older kernel takes
 * the longer head as long as what it does not know is 0. */
static ruleset_head all_of(long version) {
    return (ruleset_head){.files = version < 2   ? bits(13)
                                   : version < 3 ? bits(14)  /* moves between folders */
                                   : version < 5 ? bits(15)  /* cutting files */
                                                 : bits(16), /* ioctls of devices */
                          .network = version < 4 ? 0 : bits(2),
                          .scopes = version < 6 ? 0 : bits(2)};
}

static bool allow_path(int ruleset, const char *path, uint64_t folder_rights) {
    struct stat info;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) {
        if (fd >= 0)
            close(fd);
        return errno == ENOENT; /* what is not there needs no permission */
    }
    struct landlock_path_beneath_attr rule = {
        .allowed_access = S_ISDIR(info.st_mode) ? folder_rights : READ_FILES, .parent_fd = fd};
    bool ok = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(fd);
    return ok;
}

bool fmi_confine_paths(const fmi_confine *confine) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return false;
    const ruleset_head head = all_of(version);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &head, sizeof head, 0);
    if (ruleset < 0)
        return false;
    bool ok = true;
    for (size_t i = 0; i < sizeof confine->readable / sizeof confine->readable[0]; i++)
        if (confine->readable[i])
            ok = allow_path(ruleset, confine->readable[i], READ_ALL) && ok;
    if (confine->writable)
        ok = allow_path(ruleset, confine->writable, head.files) && ok;
    ok = ok && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return ok;
}
#else
bool fmi_confine_paths(const fmi_confine *confine) {
    (void)confine;
    return false;
}
#endif
