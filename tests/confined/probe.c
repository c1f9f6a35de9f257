/* SPDX-License-Identifier: MIT */
/* What a confined process can still do: one line "name yes|no" for each try. The folder to read is
 * the first argument, a file outside it the second. */
#include "io/confine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, int can) {
    printf("%s %s\n", what, can ? "yes" : "no");
}

static int can_open(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int can_fork(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return pid > 0;
}

int main(int argc, char **argv) {
    char text[96], inside[1200], written[1200];
    if (argc != 3)
        return 2;
    fmi_confine confine = {
        .memory_bytes = UINT64_C(256) << 20, .cpu_seconds = 2, .readable = {argv[1]}};
    snprintf(inside, sizeof inside, "%s/inside.txt", argv[1]);
    snprintf(written, sizeof written, "%s/written.txt", argv[1]);
    printf("force %s\n", fmi_confine_self(&confine, text));
    say("read-inside", can_open(inside, O_RDONLY));
    say("read-outside", can_open(argv[2], O_RDONLY));
    say("read-passwd", can_open("/etc/passwd", O_RDONLY));
    say("write", can_open(written, O_WRONLY | O_CREAT));
    say("append", can_open(inside, O_RDWR));
    say("remove", unlink(inside) == 0);
    say("socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    say("fork", can_fork());
    void *large =
        mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("memory", large != MAP_FAILED);
    fflush(stdout);
    char *const arguments[] = {(char *)"true", NULL};
    execv("/bin/true", arguments);
    say("exec", 0);
    fflush(stdout);
    for (volatile unsigned long i = 0;; i++) { /* until the time is up */
    }
}
